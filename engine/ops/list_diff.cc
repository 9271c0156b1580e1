// ListDiff: the elements of x that are not in y, in order, and their positions in x.
//
//   x [n] of T, y [m] -> out [k], idx [k]. NaN equals nothing; distinct.h tells what else equal means.
#include <algorithm>

#include "engine/ops/distinct.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"
#include "engine/ops/staging.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  c.set_output(0, {Shape::kUnknownDim});
  c.set_output(1, {Shape::kUnknownDim});
  return Status();
}

Status Run(RunContext& c) {
  const Tensor& x = c.input(0);
  const Tensor& y = c.input(1);
  const int64_t n = x.num_elements(), m = y.num_elements();
  ScratchPieces pieces;
  const int64_t order_at = pieces.Add(CheckedSize(m) * 8), kept_at = pieces.Add(CheckedSize(n) * 8);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  auto* order = pieces.At<int64_t>(order_at);
  auto* kept = pieces.At<int64_t>(kept_at);
  const Slices in(x.raw(), x.dtype(), 1, n, 1), out(y.raw(), y.dtype(), 1, m, 1);
  out.Sort(order);
  int64_t count = 0;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t* found = std::lower_bound(
        order, order + m, i, [&](int64_t place, int64_t element) { return in.Compare(element, out, place) > 0; });
    const bool equal = found != order + m && in.Compare(i, out, *found) == 0 && !in.HasNan(i);
    if (!equal) kept[count++] = i;
  }
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {count}));
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(1, {count}));
  GatherRows(x.dtype(), c.output(0).raw(), x.raw(), 1, 0, count, [&](int64_t i) { return kept[i]; });
  for (int64_t i = 0; i < count; ++i) {
    if (c.output(1).dtype() == DType::kInt32) {
      c.output(1).data<int32_t>()[i] = static_cast<int32_t>(kept[i]);
    } else {
      c.output(1).data<int64_t>()[i] = kept[i];
    }
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "ListDiff",
     .inputs = "x:T, y:T",
     .outputs = "out:T, idx:out_idx",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,str}; out_idx:type=i32 in {i32,i64}",
     .infer = Infer,
     .run = Run,
     .flags = kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(ListDiff, kDefs);

}  // namespace rivulet
