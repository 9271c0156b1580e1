// What depthwise kernels do to finished sums. Per-target: included once for each target by the files that use it.
#include <algorithm>
#include <cstdint>

#if defined(RIVULET_ENGINE_KERNELS_DEPTHWISE_FINISH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_DEPTHWISE_FINISH_INL_H_
#undef RIVULET_ENGINE_KERNELS_DEPTHWISE_FINISH_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_DEPTHWISE_FINISH_INL_H_
#endif

#include "engine/base/small.h"
#include "engine/kernels/epilogue-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
#undef RIVULET_INNER
// Inlined into each other, the instrumented functions take a compiler minutes.
#if HWY_IS_ASAN || HWY_IS_TSAN || HWY_IS_MSAN
#define RIVULET_INNER HWY_NOINLINE
#else
#define RIVULET_INNER HWY_INLINE
#endif

// Where a block's results go: bias from the first channel on, the rest at its first pixel.
struct Out {
  float* c;
  const float* bias;
  const float* addend;
  ActivationBounds bounds;
};

// Loading and storing a part of a vector is long code but for targets with masks, so it is there once.
#if HWY_HAVE_SCALABLE || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
#define RIVULET_PART RIVULET_INNER
#else
#define RIVULET_PART HWY_NOINLINE
#endif
RIVULET_PART void FinishPart(V sum, const Out& out, int64_t at, int64_t channel, int64_t count) {
  if (out.bias != nullptr) sum = hn::Add(sum, LoadSome(out.bias + channel, count));
  if (out.addend != nullptr) sum = hn::Add(sum, LoadSome(out.addend + at, count));
  StoreSome(Activate(sum, out.bounds), count, out.c + at);
}

#undef RIVULET_PART

RIVULET_INNER void Finish(V sum, const Out& out, int64_t at, int64_t channel, int64_t count) {
  if (count < kLanes) return FinishPart(sum, out, at, channel, count);
  const D d;
  if (out.bias != nullptr) sum = hn::Add(sum, hn::LoadU(d, out.bias + channel));
  if (out.addend != nullptr) sum = hn::Add(sum, hn::LoadU(d, out.addend + at));
  hn::StoreU(Activate(sum, out.bounds), d, out.c + at);
}

struct ColumnsOfBlock {
  int64_t first;
  int64_t count;
};

// The next of a row's `columns` output pixels, from the one at `next` on, that a block of at most `most` computes. An
// engine whose size counts has blocks of one and of `most` pixels alone: the last block of a row overlaps the one
// before, but for an addend, which may be the output and must not be added twice.
HWY_INLINE ColumnsOfBlock NextColumns(int64_t next, int64_t columns, int64_t most, const Epilogue& epilogue) {
  const int64_t count = std::min(columns - next, most);
  if (!kIsSmall || count == most) return {next, count};
  if (columns < most || epilogue.addend != nullptr) return {next, 1};
  return {columns - most, most};
}

}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
