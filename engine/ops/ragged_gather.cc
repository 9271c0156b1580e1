// RaggedGather: rows of a ragged tensor, picked by indices.
//
//   params_nested_splits: R row splits, outermost first; params_dense_values [n, ..]; indices of any shape ->
//   output_nested_splits: R + rank(indices) - 1 of them, the first ones for the leading dims of indices;
//   output_dense_values [m, ..]
#include "engine/base/checked.h"
#include "engine/ops/ragged_splits.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  const int ragged = c.num_inputs() - 2;
  for (int i = 0; i < ragged; ++i) RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(ragged, 1));
  const int splits = c.num_outputs() - 1;
  const Shape& indices = c.shape(ragged + 1);
  if (indices.has_rank() && indices.rank() + ragged - 1 != splits) {
    return InvalidArgument("OUTPUT_RAGGED_RANK: want ", indices.rank() + ragged - 1, " for indices of shape ", indices,
                           " and ", ragged, " splits, got ", splits);
  }
  for (int i = 0; i < splits; ++i) c.set_output(i, {Shape::kUnknownDim});
  Shape values = c.shape(ragged);
  if (values.has_rank()) values.set_dim(0, Shape::kUnknownDim);
  c.set_output(splits, std::move(values));
  return Status();
}

Status CheckSplits(const std::vector<int64_t>& splits, int64_t last) {
  if (splits.empty()) return InvalidArgument("params_nested_splits: want at least one split, got none");
  if (splits.front() < 0) return InvalidArgument("params_nested_splits: want splits >= 0, got ", splits.front());
  if (splits.back() > last) {
    return InvalidArgument("params_nested_splits: ", splits.back(), " points past the ", last, " values");
  }
  const auto drop = std::is_sorted_until(splits.begin(), splits.end());
  if (drop != splits.end()) {
    return InvalidArgument("params_nested_splits: want splits that do not decrease, got ", *drop, " after ",
                           *(drop - 1));
  }
  return Status();
}

Status Run(RunContext& c) {
  const int ragged = c.num_inputs() - 2;
  const Tensor& values = c.input(ragged);
  const Tensor& picks = c.input(ragged + 1);
  const Indices indices(picks);
  std::vector<std::vector<int64_t>> in;
  for (int i = 0; i < ragged; ++i) in.push_back(ReadIndices(c.input(i)));
  const int64_t rows = static_cast<int64_t>(in[0].size()) - 1;
  for (int64_t i = 0; i < picks.num_elements(); ++i) {
    if (indices[i] < 0 || indices[i] >= rows) {
      return InvalidArgument("indices", Place(picks.shape(), picks.rank(), i), " = ", indices[i], " is not in [0, ",
                             rows, ")");
    }
  }
  for (int i = 0; i < ragged; ++i) {
    const int64_t last =
        i + 1 == ragged ? values.dim(0) : static_cast<int64_t>(in[static_cast<size_t>(i) + 1].size()) - 1;
    RIVULET_RETURN_IF_ERROR(CheckSplits(in[static_cast<size_t>(i)], last));
  }
  const int outer = picks.rank() - 1;
  std::vector<std::vector<int64_t>> out(static_cast<size_t>(std::max(outer + ragged, 0)), {0});
  CheckedSize nested = 1;
  for (int d = 0; d < outer; ++d) {
    nested *= picks.dim(d);
    if (!nested.valid() || nested.value() > picks.num_elements() + picks.dim(0)) {
      // Only where a later dim is 0, so that there are no values, is this more than the tensor has elements.
      const CheckedSize bytes = nested * int64_t{8};
      if (!bytes.valid()) return ResourceExhausted("indices: too many rows in ", picks.shape());
    }
    RIVULET_ASSIGN_OR_RETURN(Tensor room, Tensor::Allocate(DType::kInt64, {nested.value()}, c.allocator()));
    for (int64_t i = 1; i <= nested.value(); ++i) out[static_cast<size_t>(d)].push_back(i * picks.dim(d + 1));
  }
  std::vector<std::pair<int64_t, int64_t>> spans;
  CheckedSize total = 0;
  for (int64_t i = 0; i < picks.num_elements(); ++i) {
    if ((i & 0xff) == 0xff && c.stop().stopped()) return Status();
    int64_t begin = indices[i], end = begin + 1;
    for (int d = 0; d < ragged; ++d) {
      const std::vector<int64_t>& splits = in[static_cast<size_t>(d)];
      if (d + outer >= 0) {
        std::vector<int64_t>& to = out[static_cast<size_t>(d + outer)];
        const int64_t shift = to.back() - splits[static_cast<size_t>(begin)];
        for (int64_t k = begin; k < end; ++k) to.push_back(splits[static_cast<size_t>(k) + 1] + shift);
      }
      begin = splits[static_cast<size_t>(begin)];
      end = splits[static_cast<size_t>(end)];
    }
    if (begin == end) continue;
    spans.emplace_back(begin, end);
    total += end - begin;
  }
  if (!total.valid()) return ResourceExhausted("there are too many values");
  for (size_t i = 0; i < out.size(); ++i) RIVULET_RETURN_IF_ERROR(SetSplits(c, static_cast<int>(i), out[i]));
  Shape shape = values.shape();
  shape.set_dim(0, total.value());
  const int last = c.num_outputs() - 1;
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(last, shape));
  if (c.output(last).num_elements() == 0) return Status();
  const int64_t row = c.output(last).num_elements() / total.value();
  int64_t done = 0;
  for (const auto& [begin, end] : spans) {
    CopyElements(values.dtype(), ElementAt(c.output(last).raw(), values.dtype(), done * row),
                 ElementAt(values.raw(), values.dtype(), begin * row), (end - begin) * row);
    done += end - begin;
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "RaggedGather",
     .inputs = "params_nested_splits:PARAMS_RAGGED_RANK*Tsplits, params_dense_values:Tvalues, indices:Tindices",
     .outputs = "output_nested_splits:OUTPUT_RAGGED_RANK*Tsplits, output_dense_values:Tvalues",
     .attrs = "Tvalues:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi16,qu16,"
              "qi32}; Tindices:type in {i32,i64}; Tsplits:type=i64 in {i32,i64}; PARAMS_RAGGED_RANK:int >=1; "
              "OUTPUT_RAGGED_RANK:int >=0",
     .infer = Infer,
     .run = Run,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(RaggedGather, kDefs);

}  // namespace rivulet
