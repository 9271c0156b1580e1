// Reductions over any axes: the shape rule and the walk over elements that Sum, Max, All and their like share.
#ifndef RIVULET_ENGINE_OPS_REDUCTION_H_
#define RIVULET_ENGINE_OPS_REDUCTION_H_

#include <algorithm>
#include <cstdint>

#include "engine/kernels/reduce.h"
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

// Visits the offsets of all positions within the reduced groups (or the kept ones) before `limit`, in row-major order.
class GroupWalk {
 public:
  GroupWalk(const ReductionGroups& groups, bool reduced, int limit) {
    for (int i = 0; i < limit; ++i) {
      if (groups.reduced[i] != reduced) continue;
      size_[num_] = groups.size[i];
      stride_[num_] = groups.stride[i];
      at_[num_++] = 0;
    }
  }
  int64_t offset() const { return offset_; }
  // Starts at position `index`.
  void Seek(int64_t index) {
    offset_ = 0;
    for (int i = num_ - 1; i >= 0; --i) {
      at_[i] = index % size_[i];
      index /= size_[i];
      offset_ += at_[i] * stride_[i];
    }
  }
  // False after the last one; the walk is then at the first again.
  bool Next() {
    for (int i = num_ - 1; i >= 0; --i) {
      offset_ += stride_[i];
      if (++at_[i] < size_[i]) return true;
      offset_ -= size_[i] * stride_[i];
      at_[i] = 0;
    }
    return false;
  }

 private:
  int num_ = 0;
  int64_t offset_ = 0;
  int64_t size_[ReductionGroups::kMaxGroups];
  int64_t stride_[ReductionGroups::kMaxGroups];
  int64_t at_[ReductionGroups::kMaxGroups];
};

// Fold has types In, Acc and Out, and static functions
//   Acc Start();  Acc Step(Acc, In);  Out Finish(Acc, int64_t count);
// Every output is folded by one thread in row-major order.
// Finish is told how many elements make an output, or 1 where those do not count.
template <typename Fold>
void ReduceElements(RunContext& c, const ReductionGroups& groups, bool counts) {
  using In = typename Fold::In;
  using Acc = typename Fold::Acc;
  using Out = typename Fold::Out;
  constexpr int64_t kTile = 64;      // outputs folded side by side where neighbours are kept
  constexpr int64_t kRun = 1 << 16;  // elements between two looks at the stop token
  const In* in = static_cast<const In*>(c.input(0).raw());
  Out* out = static_cast<Out*>(c.output(0).raw());
  const StopToken& stop = c.stop();
  const int64_t count = groups.num_reduced, share = counts ? count : 1;

  if (groups.num_groups == 0 || groups.last_is_reduced()) {
    const int64_t run = groups.num_groups == 0 ? 1 : groups.size[groups.num_groups - 1];
    const int outer = std::max(groups.num_groups - 1, 0);
    c.ParallelFor(groups.num_outputs, std::max<int64_t>((1 << 15) / count, 1), [&](int64_t begin, int64_t end) {
      GroupWalk kept(groups, false, outer);
      GroupWalk reduced(groups, true, outer);
      kept.Seek(begin);
      for (int64_t i = begin; i < end; ++i, kept.Next()) {
        Acc acc = Fold::Start();
        do {
          const In* x = in + kept.offset() + reduced.offset();
          for (int64_t first = 0; first < run; first += kRun) {
            if (run > kRun && stop.stopped()) return;
            const int64_t last = std::min(run, first + kRun);
            for (int64_t k = first; k < last; ++k) acc = Fold::Step(acc, x[k]);
          }
        } while (reduced.Next());
        out[i] = Fold::Finish(acc, share);
      }
    });
    return;
  }

  const int64_t inner = groups.size[groups.num_groups - 1];
  const int64_t tiles = (inner + kTile - 1) / kTile;
  const int64_t work = count > (1 << 20) ? count : count * std::min(inner, kTile);
  c.ParallelFor(groups.num_outputs / inner * tiles, std::max<int64_t>((1 << 15) / work, 1),
                [&](int64_t begin, int64_t end) {
                  GroupWalk kept(groups, false, groups.num_groups - 1);
                  GroupWalk reduced(groups, true, groups.num_groups - 1);
                  for (int64_t item = begin; item < end; ++item) {
                    const int64_t column = item % tiles * kTile;
                    const int64_t width = std::min(kTile, inner - column);
                    kept.Seek(item / tiles);
                    Acc acc[kTile];
                    for (int64_t j = 0; j < kTile; ++j) acc[j] = Fold::Start();
                    const In* first = in + kept.offset() + column;
                    int64_t until_look = kRun;
                    do {
                      const In* x = first + reduced.offset();
                      for (int64_t j = 0; j < width; ++j) acc[j] = Fold::Step(acc[j], x[j]);
                      if (--until_look == 0) {
                        if (stop.stopped()) return;
                        until_look = kRun;
                      }
                    } while (reduced.Next());
                    Out* y = out + item / tiles * inner + column;
                    for (int64_t j = 0; j < width; ++j) y[j] = Fold::Finish(acc[j], share);
                  }
                });
}

// The reduction of an input without elements.
template <typename Fold>
Status RunFoldOfNothing(RunContext& c, bool counts = true) {
  Tensor& output = c.output(0);
  std::fill_n(static_cast<typename Fold::Out*>(output.raw()), output.num_elements(),
              Fold::Finish(Fold::Start(), counts ? 0 : 1));
  return Status();
}

// The whole reduction for one fold, empty tensors included.
template <typename Fold>
Status RunFold(RunContext& c, bool counts) {
  if (c.output(0).num_elements() == 0) return Status();
  if (c.input(0).num_elements() == 0) return RunFoldOfNothing<Fold>(c, counts);
  RIVULET_ASSIGN_OR_RETURN(const ReductionGroups groups, GroupAxes(c.input(0), c.input(1)));
  ReduceElements<Fold>(c, groups, counts);
  return Status();
}
template <typename Fold>
Status RunFold(RunContext& c) {
  return RunFold<Fold>(c, true);
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_REDUCTION_H_
