// Reductions over any axes: the shape rule and the walk over elements that Sum, Max, All and their like share.
#ifndef RIVULET_ENGINE_OPS_REDUCTION_H_
#define RIVULET_ENGINE_OPS_REDUCTION_H_

#include <algorithm>
#include <cstdint>

#include "engine/kernels/reduce.h"
#include "engine/ops/axis_copy.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"

namespace rivulet {

// Input 0 reduced over the axes in input 1, with attribute keep_dims.
Status InferReduction(InferContext& c);

// A dense tensor as alternating groups of neighbouring axes that are kept or reduced; axes of extent 1 belong to
// neither.
struct ReductionGroups {
  // A tensor with elements has at most 62 axes above 1.
  static constexpr int kMaxGroups = 64;

  int num_groups = 0;
  int64_t size[kMaxGroups];
  int64_t stride[kMaxGroups];  // in elements
  bool reduced[kMaxGroups];
  int64_t num_reduced = 1;  // elements that make one output
  int64_t num_outputs = 1;

  bool last_is_reduced() const { return num_groups > 0 && reduced[num_groups - 1]; }
};
// The groups of an input with elements.
Result<ReductionGroups> GroupAxes(const Tensor& input, const Tensor& axes);

// float32 through the kernels. kSumOfSquares gives its square root.
Status RunFloatReduction(RunContext& c, ReduceKind kind, const ReductionGroups& groups);

// One step of a fold: `width` outputs side by side, and `steps` elements for each, `stride` apart.
struct FoldStep {
  const void* in;
  void* acc;  // `width` of the fold's Acc; what earlier steps left there, unless is_first
  void* out;  // written when is_last
  int64_t width;
  int64_t steps;
  int64_t stride;  // 1 for one output, whose elements lie side by side
  int64_t share;
  bool is_first;
  bool is_last;
};

// Fold has types In, Acc and Out, and static functions
//   Acc Start();  Acc Step(Acc, In);  Out Finish(Acc, int64_t count);
// Finish is told how many elements make an output, or 1 where those do not count.
template <typename Fold>
void RunFoldStep(const FoldStep& f) {
  using In = typename Fold::In;
  using Acc = typename Fold::Acc;
  const In* __restrict x = static_cast<const In*>(f.in);
  Acc* __restrict acc = static_cast<Acc*>(f.acc);
  if (f.is_first) {
    for (int64_t j = 0; j < f.width; ++j) acc[j] = Fold::Start();
  }
  if (f.stride == 1) {
    Acc sum = acc[0];
    for (int64_t k = 0; k < f.steps; ++k) sum = Fold::Step(sum, x[k]);
    acc[0] = sum;
  } else {
    for (int64_t k = 0; k < f.steps; ++k, x += f.stride) {
      for (int64_t j = 0; j < f.width; ++j) acc[j] = Fold::Step(acc[j], x[j]);
    }
  }
  if (!f.is_last) return;
  auto* out = static_cast<typename Fold::Out*>(f.out);
  for (int64_t j = 0; j < f.width; ++j) out[j] = Fold::Finish(acc[j], f.share);
}

// A fold for the walk that all share.
struct FoldLoop {
  void (*run)(const FoldStep&);
  size_t in_bytes, out_bytes;
};
template <typename Fold>
constexpr FoldLoop LoopOf() {
  static_assert(sizeof(typename Fold::Acc) <= 16);
  return {RunFoldStep<Fold>, sizeof(typename Fold::In), sizeof(typename Fold::Out)};
}

// The reduction of an input without elements.
template <typename Fold>
Status RunFoldOfNothing(RunContext& c, bool counts = true) {
  const typename Fold::Out value = Fold::Finish(Fold::Start(), counts ? 0 : 1);
  return FillTensor(c, c.output(0), &value);
}

// Every output is folded by one thread in row-major order. The input is not empty.
Status RunFoldLoop(RunContext& c, const FoldLoop& loop, bool counts);

// The whole reduction for one fold, empty tensors included.
template <typename Fold>
Status RunFold(RunContext& c, bool counts) {
  if (c.input(0).num_elements() == 0) return RunFoldOfNothing<Fold>(c, counts);
  return RunFoldLoop(c, LoopOf<Fold>(), counts);
}
template <typename Fold>
Status RunFold(RunContext& c) {
  return RunFold<Fold>(c, true);
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_REDUCTION_H_
