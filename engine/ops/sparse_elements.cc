#include "engine/ops/sparse_elements.h"

#include "engine/ops/rows.h"

namespace rivulet {

Status CheckSparseElement(const SparseElement& element, DType dtype, int64_t i) {
  const auto want = [&](const Tensor& part, std::string_view name, DType part_dtype, int rank) -> Status {
    if (part.dtype() != part_dtype) {
      return InvalidArgument("sparse tensor ", i, ": ", name, ": want ", part_dtype, ", got ", part.dtype());
    }
    if (part.rank() == rank) return Status();
    return InvalidArgument("sparse tensor ", i, ": ", name, ": want rank ", rank, ", got shape ", part.shape());
  };
  RIVULET_RETURN_IF_ERROR(want(element.indices, "indices", DType::kInt64, 2));
  RIVULET_RETURN_IF_ERROR(want(element.values, "values", dtype, 1));
  RIVULET_RETURN_IF_ERROR(want(element.shape, "shape", DType::kInt64, 1));
  if (element.indices.dim(0) != element.values.dim(0)) {
    return InvalidArgument("sparse tensor ", i, ": want as many values as indices, got ", element.values.dim(0),
                           " and ", element.indices.dim(0));
  }
  if (element.indices.dim(1) != element.shape.dim(0)) {
    return InvalidArgument("sparse tensor ", i, ": shape: want one dim for each of ", element.indices.dim(1),
                           " coordinates, got ", element.shape.dim(0));
  }
  return Status();
}

Status JoinSparse(RunContext& c, std::span<const SparseElement> elements, std::span<const int64_t> leading,
                  DType dtype) {
  const int64_t inner = elements[0].shape.dim(0), outer = static_cast<int64_t>(leading.size());
  CheckedSize total = 0;
  for (size_t i = 0; i < elements.size(); ++i) {
    if (elements[i].shape.dim(0) != inner) {
      return InvalidArgument("sparse tensor ", i, ": want rank ", inner, " as before, got ", elements[i].shape.dim(0));
    }
    total += elements[i].values.dim(0);
  }
  if (!total.valid()) return ResourceExhausted("the sparse tensors have too many elements");
  RIVULET_ASSIGN_OR_RETURN(Tensor indices,
                           Tensor::Allocate(DType::kInt64, {total.value(), outer + inner}, c.allocator()));
  RIVULET_ASSIGN_OR_RETURN(Tensor values, Tensor::Allocate(dtype, {total.value()}, c.allocator()));
  RIVULET_ASSIGN_OR_RETURN(Tensor shape, Tensor::Allocate(DType::kInt64, {outer + inner}, c.allocator()));
  int64_t* dims = shape.data<int64_t>();
  std::copy(leading.begin(), leading.end(), dims);
  std::fill_n(dims + outer, inner, 0);
  int64_t* index = indices.data<int64_t>();
  int64_t done = 0;
  for (size_t i = 0; i < elements.size(); ++i) {
    if (c.stop().stopped()) return c.stop().Why();
    const SparseElement& element = elements[i];
    const int64_t count = element.values.dim(0);
    const int64_t* from = element.indices.data<int64_t>();
    for (int64_t k = 0; k < count; ++k, index += outer + inner, from += inner) {
      auto left = static_cast<int64_t>(i);
      for (int64_t d = outer - 1; d >= 0; --d) {
        index[d] = left % leading[static_cast<size_t>(d)];
        left /= leading[static_cast<size_t>(d)];
      }
      std::copy_n(from, inner, index + outer);
    }
    for (int64_t d = 0; d < inner; ++d) dims[outer + d] = std::max(dims[outer + d], element.shape.data<int64_t>()[d]);
    CopyElements(dtype, ElementAt(values.raw(), dtype, done), element.values.raw(), count);
    done += count;
  }
  c.SetOutput(0, indices);
  c.SetOutput(1, values);
  c.SetOutput(2, shape);
  return Status();
}

Status InferCut(InferContext& c, std::initializer_list<int64_t> more) {
  RIVULET_ASSIGN_OR_RETURN(const SparseFacts facts, InferSparse(c, 0, 1, 2));
  if (facts.rank == 0 || facts.rank == 1) {
    return InvalidArgument("sparse_shape: want rank 2 or more, got ", facts.rank);
  }
  Shape out({Shape::kUnknownDim});
  if (c.known(2)) {
    const std::vector<int64_t> dims = c.ints(2);
    RIVULET_RETURN_IF_ERROR(DenseCount(dims, "sparse_shape").status());
    out.set_dim(0, dims[0]);
  }
  for (const int64_t dim : more) out.push_back(dim);
  c.set_output(0, std::move(out));
  return Status();
}

Status CheckCut(const RunContext& c) {
  const SparseView sparse(c, 0);
  for (int64_t i = 0; i < sparse.count; ++i) {
    if (i % 4096 == 4095 && c.stop().stopped()) return c.stop().Why();
    if (!IsInside(sparse.index(i), sparse.shape)) {
      return InvalidArgument("sparse_indices[", i, "]: want an index inside of ",
                             IndexText(sparse.shape.data(), sparse.rank), ", got ",
                             IndexText(sparse.index(i), sparse.rank));
    }
    if (i > 0 && CompareIndices(sparse.index(i - 1), sparse.index(i), sparse.rank) >= 0) {
      return InvalidArgument("sparse_indices[", i, "]: want ascending indices, got ",
                             IndexText(sparse.index(i), sparse.rank), " after ",
                             IndexText(sparse.index(i - 1), sparse.rank));
    }
  }
  return Status();
}

Result<SparseElement> CutSparse(const RunContext& c, int64_t begin, int64_t end) {
  const SparseView sparse(c, 0);
  const int64_t count = end - begin, rank = sparse.rank - 1;
  const DType dtype = sparse.values->dtype();
  SparseElement element;
  RIVULET_ASSIGN_OR_RETURN(element.indices, Tensor::Allocate(DType::kInt64, {count, rank}, c.allocator()));
  RIVULET_ASSIGN_OR_RETURN(element.values, Tensor::Allocate(dtype, {count}, c.allocator()));
  RIVULET_ASSIGN_OR_RETURN(element.shape, Tensor::Allocate(DType::kInt64, {rank}, c.allocator()));
  for (int64_t i = 0; i < count; ++i) {
    std::copy_n(sparse.index(begin + i) + 1, rank, element.indices.data<int64_t>() + i * rank);
  }
  CopyElements(dtype, element.values.raw(), ElementAt(sparse.values->raw(), dtype, begin), count);
  std::copy_n(sparse.shape.data() + 1, rank, element.shape.data<int64_t>());
  return element;
}

}  // namespace rivulet
