// Unique, UniqueV2, UniqueWithCounts, UniqueWithCountsV2: the distinct elements, or slices along one axis, in the order
// of their first appearance.
//
//   x [n] of T -> y [distinct], idx [n] with x[i] = y[idx[i]], count [distinct]: how often each appears
//   V2: axis [1] names the axis of x whose slices are compared; axis [0] (empty) wants a vector x.
//
// NaN equals nothing, so each is distinct; distinct.h tells what else equal means.
#include <algorithm>

#include "engine/graph/shape_math.h"
#include "engine/ops/distinct.h"
#include "engine/ops/indices.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"
#include "engine/ops/staging.h"

namespace rivulet {
namespace {

Result<int> Axis(const Tensor& axis, int rank) {
  if (axis.rank() != 1 || axis.num_elements() > 1) {
    return InvalidArgument("axis: want a vector of at most 1 element, got shape ", axis.shape());
  }
  if (axis.num_elements() == 1) {
    auto normal = NormalizeAxis(Indices(axis)[0], rank);
    if (!normal.ok()) return std::move(normal).status().Framed("axis");
    return normal;
  }
  if (rank != 1) return InvalidArgument("x: want a vector where no axis is given, got rank ", rank);
  return 0;
}

void SetOutputs(InferContext& c, Shape y, int64_t n) {
  c.set_output(0, std::move(y));
  c.set_output(1, {n});
  if (c.num_outputs() > 2) c.set_output(2, {Shape::kUnknownDim});
}

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  SetOutputs(c, {Shape::kUnknownDim}, c.shape(0).has_rank() ? c.shape(0)[0] : Shape::kUnknownDim);
  return Status();
}

Status InferV2(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  const Shape& x = c.shape(0);
  if (!x.has_rank() || !c.known(1)) {
    SetOutputs(c, x.has_rank() ? Shape::OfUnknownDims(x.rank()) : Shape::UnknownRank(), Shape::kUnknownDim);
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(const int axis, Axis(*c.value(1), x.rank()));
  Shape y = x;
  y.set_dim(axis, Shape::kUnknownDim);
  SetOutputs(c, std::move(y), x[axis]);
  return Status();
}

template <typename Out>
void Store(const int64_t* from, int64_t n, Tensor& to) {
  for (int64_t i = 0; i < n; ++i) to.data<Out>()[i] = static_cast<Out>(from[i]);
}
void StoreIndices(const int64_t* from, int64_t n, Tensor& to) {
  to.dtype() == DType::kInt32 ? Store<int32_t>(from, n, to) : Store<int64_t>(from, n, to);
}

Status FindDistinct(RunContext& c, int axis) {
  const Tensor& x = c.input(0);
  const int64_t n = x.dim(axis);
  int64_t outer = 1, inner = 1;
  if (x.num_elements() > 0) {
    for (int i = 0; i < axis; ++i) outer *= x.dim(i);
    for (int i = axis + 1; i < x.rank(); ++i) inner *= x.dim(i);
  } else {
    outer = 0;  // slices of nothing are all alike
  }
  // order: positions sorted by content; group: of each position, first the position of the first equal one, then the
  // number of the distinct one; firsts: of each distinct one its first position; counts.
  ScratchPieces pieces;
  const CheckedSize bytes = CheckedSize(n) * 8;
  const int64_t order_at = pieces.Add(bytes), group_at = pieces.Add(bytes);
  const int64_t firsts_at = pieces.Add(bytes), counts_at = pieces.Add(bytes);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  auto* order = pieces.At<int64_t>(order_at);
  auto* group = pieces.At<int64_t>(group_at);
  auto* firsts = pieces.At<int64_t>(firsts_at);
  auto* counts = pieces.At<int64_t>(counts_at);

  const Slices slices(x.raw(), x.dtype(), outer, n, inner);
  slices.Sort(order);
  for (int64_t k = 0; k < n; ++k) {
    const bool again = k > 0 && slices.Compare(order[k - 1], order[k]) == 0 && !slices.HasNan(order[k]);
    group[order[k]] = again ? group[order[k - 1]] : order[k];
  }
  int64_t distinct = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (group[i] == i) {
      firsts[distinct] = i;
      counts[distinct] = 1;
      group[i] = distinct++;
    } else {
      group[i] = group[group[i]];  // the first equal one lies before and has its number
      ++counts[group[i]];
    }
  }

  Shape shape = x.shape();
  shape.set_dim(axis, distinct);
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, shape));
  Tensor& y = c.output(0);
  for (int64_t o = 0; o < outer; ++o) {
    GatherRows(x.dtype(), ElementAt(y.raw(), x.dtype(), o * distinct * inner),
               ElementAt(x.raw(), x.dtype(), o * n * inner), inner, 0, distinct, [&](int64_t i) { return firsts[i]; });
  }
  if (!c.output(1).shape().complete() || c.output(1).num_elements() != n) {
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {n}));
  }
  StoreIndices(group, n, c.output(1));
  if (c.num_outputs() > 2) {
    RIVULET_RETURN_IF_ERROR(c.AllocateOutput(2, {distinct}));
    StoreIndices(counts, distinct, c.output(2));
  }
  return Status();
}

Status Run(RunContext& c) { return FindDistinct(c, 0); }

Status RunV2(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const int axis, Axis(c.input(1), c.input(0).rank()));
  return FindDistinct(c, axis);
}

#define RIVULET_TYPES \
  "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str}; out_idx:type=i32 in {i32,i64}"

constexpr OpDef kDefs[] = {
    {.name = "Unique",
     .inputs = "x:T",
     .outputs = "y:T, idx:out_idx",
     .attrs = RIVULET_TYPES,
     .infer = Infer,
     .run = Run,
     .flags = kDataDependent},
    {.name = "UniqueWithCounts",
     .inputs = "x:T",
     .outputs = "y:T, idx:out_idx, count:out_idx",
     .attrs = RIVULET_TYPES,
     .infer = Infer,
     .run = Run,
     .flags = kDataDependent},
    {.name = "UniqueV2",
     .inputs = "x:T, axis:Taxis",
     .outputs = "y:T, idx:out_idx",
     .attrs = RIVULET_TYPES "; Taxis:type=i64 in {i32,i64}",
     .infer = InferV2,
     .run = RunV2,
     .flags = kDataDependent},
    {.name = "UniqueWithCountsV2",
     .inputs = "x:T, axis:Taxis",
     .outputs = "y:T, idx:out_idx, count:out_idx",
     .attrs = RIVULET_TYPES "; Taxis:type=i64 in {i32,i64}",
     .infer = InferV2,
     .run = RunV2,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(Unique, kDefs);

}  // namespace rivulet
