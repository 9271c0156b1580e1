#include "engine/ops/reduction.h"

#include <cstring>

#include "engine/graph/shape_math.h"
#include "engine/ops/indices.h"
#include "engine/ops/staging.h"

namespace rivulet {
namespace {

Result<std::vector<bool>> ReducedAxes(const Tensor& axes, int rank) {
  // More axes than a tensor can have repeat one, so the list need not be read to its end.
  if (axes.num_elements() > Shape::kMaxRank) {
    return InvalidArgument("want at most ", rank, " axes, got ", axes.num_elements());
  }
  return NormalizeAxes(ReadIndices(axes), rank);
}

}  // namespace

Status InferReduction(InferContext& c) {
  const Shape& shape = c.shape(0);
  const bool keep_dims = c.attrs().Bool("keep_dims");
  if (c.shape(1).has_rank() && c.shape(1).rank() > 1) {
    return InvalidArgument("axes: want a scalar or a vector, got shape ", c.shape(1));
  }
  if (!shape.has_rank()) {
    c.set_output(0, Shape::UnknownRank());
    return Status();
  }
  const Tensor* axes = c.value(1);
  if (axes == nullptr) {
    c.set_output(0, keep_dims ? Shape::OfUnknownDims(shape.rank()) : Shape::UnknownRank());
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(const std::vector<bool> reduced, ReducedAxes(*axes, shape.rank()));
  Shape out;
  for (int i = 0; i < shape.rank(); ++i) {
    if (!reduced[static_cast<size_t>(i)]) {
      out.push_back(shape[i]);
    } else if (keep_dims) {
      out.push_back(1);
    }
  }
  c.set_output(0, std::move(out));
  return Status();
}

Result<ReductionGroups> GroupAxes(const Tensor& input, const Tensor& axes) {
  const Shape& shape = input.shape();
  RIVULET_ASSIGN_OR_RETURN(const std::vector<bool> is_reduced, ReducedAxes(axes, shape.rank()));
  ReductionGroups groups;
  for (int i = 0; i < shape.rank(); ++i) {
    const int64_t dim = shape[i];
    if (dim == 1) continue;
    const bool reduced = is_reduced[static_cast<size_t>(i)];
    (reduced ? groups.num_reduced : groups.num_outputs) *= dim;
    if (groups.num_groups > 0 && groups.reduced[groups.num_groups - 1] == reduced) {
      groups.size[groups.num_groups - 1] *= dim;
      continue;
    }
    if (groups.num_groups == ReductionGroups::kMaxGroups) return Internal("an empty tensor was reduced");
    groups.size[groups.num_groups] = dim;
    groups.reduced[groups.num_groups++] = reduced;
  }
  int64_t stride = 1;
  for (int i = groups.num_groups - 1; i >= 0; --i) {
    groups.stride[i] = stride;
    stride *= groups.size[i];
  }
  return groups;
}

Status RunFloatReduction(RunContext& c, ReduceKind kind, const ReductionGroups& groups) {
  // One kernel call per reduced group, the innermost first. Means are sums until the last call, squares only the first.
  struct Call {
    int64_t outer = 1, reduced = 1, inner = 1;
  };
  Call calls[ReductionGroups::kMaxGroups];
  int num_calls = 0;
  int64_t inner = 1;
  for (int i = groups.num_groups - 1; i >= 0; --i) {
    if (!groups.reduced[i]) {
      inner *= groups.size[i];
      continue;
    }
    Call call;
    call.reduced = groups.size[i];
    call.inner = inner;
    for (int k = 0; k < i; ++k) call.outer *= groups.size[k];
    calls[num_calls++] = call;
  }
  if (num_calls == 0) calls[num_calls++] = {1, 1, groups.num_outputs};

  ScratchPieces pieces;
  CheckedSize work = 0;
  for (int i = 0; i < num_calls; ++i) {
    const CheckedSize bytes = ReduceScratchBytes(calls[i].outer, calls[i].reduced, calls[i].inner);
    if (!bytes.valid() || (work.valid() && bytes.value() > work.value())) work = bytes;
  }
  const int64_t scratch = pieces.Add(work);
  int64_t between[2] = {0, 0};
  for (int i = 0; i < 2 && i + 1 < num_calls; ++i) {
    between[i] = pieces.Add(CheckedSize(calls[i].outer) * calls[i].inner * static_cast<int64_t>(sizeof(float)));
  }
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));

  float* out = c.output(0).data<float>();
  const float* from = c.input(0).data<float>();
  for (int i = 0; i < num_calls; ++i) {
    float* to = i + 1 == num_calls ? out : pieces.At<float>(between[i % 2]);
    ReduceKind step = kind;
    if (kind == ReduceKind::kMean && num_calls > 1) step = ReduceKind::kSum;
    if (kind == ReduceKind::kSumOfSquares && i > 0) step = ReduceKind::kSum;
    Reduce(step, from, calls[i].outer, calls[i].reduced, calls[i].inner, to, pieces.At<char>(scratch), c.pool(),
           c.stop());
    from = to;
  }
  if (kind == ReduceKind::kMean && num_calls > 1) {
    const auto count = static_cast<float>(groups.num_reduced);
    for (int64_t i = 0; i < groups.num_outputs; ++i) out[i] /= count;
  }
  if (kind == ReduceKind::kSumOfSquares) {
    for (int64_t i = 0; i < groups.num_outputs; ++i) out[i] = std::sqrt(out[i]);
  }
  return Status();
}

}  // namespace rivulet
