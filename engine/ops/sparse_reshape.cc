// SparseReshape: the coordinates of a sparse tensor's elements under another shape.
//
//   input_indices [n, rank], input_shape [rank], new_shape [new rank] with at most one -1, all int64 ->
//   output_indices [n, new rank], output_shape [new rank]
//
// The elements' places in row-major order stay. Coordinates outside the input shape are carried over as arithmetic
// modulo 2^64 has it, as in TensorFlow.
#include <algorithm>

#include "engine/base/checked.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

// The elements of a shape given as a tensor; -1 is left out, at most one.
Result<int64_t> Count(std::span<const int64_t> dims, std::string_view name, int* open_axis) {
  CheckedSize count = 1;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == -1 && open_axis != nullptr) {
      if (*open_axis >= 0) return InvalidArgument(name, ": only one dim may be -1");
      *open_axis = static_cast<int>(i);
      continue;
    }
    if (dims[i] < 0) return InvalidArgument(name, ": want dims >= 0, got ", dims[i]);
    count *= dims[i];
  }
  if (!count.valid()) return InvalidArgument(name, ": the product of the dims does not fit into 64 bits");
  return count.value();
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  const Shape& indices = c.shape(0);
  const int64_t rank = c.shape(1).has_rank() ? c.shape(1)[0] : Shape::kUnknownDim;
  const int64_t new_rank = c.shape(2).has_rank() ? c.shape(2)[0] : Shape::kUnknownDim;
  if (indices.has_rank() && indices[1] >= 0 && rank >= 0 && indices[1] != rank) {
    return InvalidArgument("input_shape: want one dim for each of ", indices[1], " coordinates, got ", rank);
  }
  c.set_output(0, {indices.has_rank() ? indices[0] : Shape::kUnknownDim, new_rank});
  c.set_output(1, {new_rank});
  return Status();
}

Status Run(RunContext& c) {
  const std::span<const int64_t> from = c.input(1).values<int64_t>();
  const std::span<const int64_t> wanted = c.input(2).values<int64_t>();
  int64_t* to = c.output(1).data<int64_t>();
  const auto rank = static_cast<int64_t>(from.size());
  const auto new_rank = static_cast<int64_t>(wanted.size());
  int open_axis = -1;
  RIVULET_ASSIGN_OR_RETURN(const int64_t count, Count(from, "input_shape", nullptr));
  RIVULET_ASSIGN_OR_RETURN(const int64_t known, Count(wanted, "new_shape", &open_axis));
  std::copy(wanted.begin(), wanted.end(), to);
  if (open_axis >= 0) {
    if (known == 0) return InvalidArgument("new_shape: a dim of -1 beside one of 0 has no answer");
    to[open_axis] = count / known;
    if (count % known != 0) {
      return InvalidArgument("new_shape: ", count, " elements do not divide into a multiple of ", known);
    }
  } else if (known != count) {
    return InvalidArgument("new_shape: want ", count, " elements, got ", known);
  }
  const int64_t n = c.input(0).dim(0);
  if (count == 0 && n > 0) return InvalidArgument("there are ", n, " indices into a tensor without elements");
  const int64_t* in = c.input(0).data<int64_t>();
  int64_t* out = c.output(0).data<int64_t>();
  if (std::equal(from.begin(), from.end(), to, to + new_rank)) {
    std::copy_n(in, n * rank, out);
    return Status();
  }
  if (new_rank == 0) return Status();
  for (int64_t i = 0; i < n; ++i) {
    uint64_t flat = 0;
    for (int64_t d = 0; d < rank; ++d) {
      flat = flat * static_cast<uint64_t>(from[static_cast<size_t>(d)]) + static_cast<uint64_t>(in[i * rank + d]);
    }
    // Quotients round to zero, and the first coordinate takes what is left.
    auto left = static_cast<int64_t>(flat);
    for (int64_t d = new_rank - 1; d > 0; --d) {
      out[i * new_rank + d] = left % to[d];
      left /= to[d];
    }
    out[i * new_rank] = left;
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "SparseReshape",
     .inputs = "input_indices:i64, input_shape:i64, new_shape:i64",
     .outputs = "output_indices:i64, output_shape:i64",
     .attrs = "",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(SparseReshape, kDefs);

}  // namespace rivulet
