// What lies under a row of the filter is one run of the input. A tile is some neighbouring pixels of one output row:
// for each of them and each output channel a vector of sums goes along the runs, and its lanes are added at the end.
// Only at the borders a stretch of input rows is copied, with the zeros around them.
#include "engine/kernels/conv_dots.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/conv_dots.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/conv_border.h"
#include "engine/kernels/epilogue-inl.h"

#ifndef RIVULET_ENGINE_KERNELS_CONV_DOTS_ONCE
#define RIVULET_ENGINE_KERNELS_CONV_DOTS_ONCE
namespace rivulet {
namespace conv_dots {

constexpr int64_t kMostColumns = 4;
constexpr int64_t kMostPixels = 6;
constexpr int64_t kMostRows = 16;         // of the filter
constexpr int64_t kLeastRun = 32;         // floats: two of the widest vectors
constexpr int64_t kFilterFloats = 16384;  // of the filter in this kernel's order
constexpr int64_t kCopyFloats = 8192;     // of all copied stretches of a tile

}  // namespace conv_dots
}  // namespace rivulet
#endif

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// The sums, one pixel's input and the filter's vectors must fit the registers.
#if (HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86) || HWY_ARCH_ARM
constexpr int kPixels = 6;
#else
constexpr int kPixels = 3;
#endif
static_assert(kPixels <= conv_dots::kMostPixels);

int64_t TilesOfRow(const ConvGeometry& g) { return (g.out_w + kPixels - 1) / kPixels; }

int64_t VectorsOfRun(const ConvGeometry& g) { return (g.k_w * g.in_c + kLanes - 1) / kLanes; }

// The filter as the sums go through it: for each vector of each run one of every output channel, zeros behind a run's
// end.
void ArrangeFilter(const ConvGeometry& g, const float* packed, float* to) {
  constexpr int64_t kPanel = 16;
  const int64_t length = g.k_w * g.in_c;
  for (int64_t row = 0; row < g.k_h; ++row) {
    for (int64_t v = 0; v < VectorsOfRun(g); ++v) {
      for (int64_t column = 0; column < g.out_c; ++column, to += kLanes) {
        const int64_t count = std::min(kLanes, length - v * kLanes);
        std::fill_n(to, kLanes, 0.0f);
        for (int64_t i = 0; i < count; ++i) to[i] = packed[(row * length + v * kLanes + i) * kPanel + column];
      }
    }
  }
}

#define RIVULET_PIXELS(X) X(0) X(1) X(2) X(3) X(4) X(5)

// sums[pixel][column] over all runs; pixel p of run r starts at runs[r] + p * step.
template <int kColumns>
HWY_NOINLINE void Dots(const float* const* runs, int64_t num_runs, int64_t length, int64_t step,
                       const float* HWY_RESTRICT filter, float* HWY_RESTRICT sums) {
  const D d;
  const V zero = hn::Zero(d);
#define RIVULET_DECLARE(p) V t##p##0 = zero, t##p##1 = zero, t##p##2 = zero, t##p##3 = zero;
  RIVULET_PIXELS(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  V f0 = zero, f1 = zero, f2 = zero, f3 = zero;
  const auto load_filter = [&]() HWY_ATTR {
    f0 = hn::Load(d, filter);
    if constexpr (kColumns > 1) f1 = hn::Load(d, filter + kLanes);
    if constexpr (kColumns > 2) f2 = hn::Load(d, filter + 2 * kLanes);
    if constexpr (kColumns > 3) f3 = hn::Load(d, filter + 3 * kLanes);
    filter += kColumns * kLanes;
  };
#define RIVULET_ADD(p, value)                                         \
  if constexpr (p < kPixels) {                                        \
    const V v = value;                                                \
    t##p##0 = hn::MulAdd(v, f0, t##p##0);                             \
    if constexpr (kColumns > 1) t##p##1 = hn::MulAdd(v, f1, t##p##1); \
    if constexpr (kColumns > 2) t##p##2 = hn::MulAdd(v, f2, t##p##2); \
    if constexpr (kColumns > 3) t##p##3 = hn::MulAdd(v, f3, t##p##3); \
  }
  const int64_t whole = length / kLanes * kLanes;
  const auto rest = static_cast<size_t>(length - whole);
  for (int64_t run = 0; run < num_runs; ++run) {
    const float* HWY_RESTRICT a = runs[run];
    for (int64_t i = 0; i < whole; i += kLanes) {
      load_filter();
#define RIVULET_WHOLE(p) RIVULET_ADD(p, hn::LoadU(d, a + p * step + i))
      RIVULET_PIXELS(RIVULET_WHOLE)
#undef RIVULET_WHOLE
    }
    if (rest == 0) continue;
    load_filter();
#define RIVULET_REST(p) RIVULET_ADD(p, hn::LoadN(d, a + p * step + whole, rest))
    RIVULET_PIXELS(RIVULET_REST)
#undef RIVULET_REST
  }
#undef RIVULET_ADD
#define RIVULET_STORE(p)                                                            \
  if constexpr (p < kPixels) {                                                      \
    sums[p * kColumns] = hn::ReduceSum(d, t##p##0);                                 \
    if constexpr (kColumns > 1) sums[p * kColumns + 1] = hn::ReduceSum(d, t##p##1); \
    if constexpr (kColumns > 2) sums[p * kColumns + 2] = hn::ReduceSum(d, t##p##2); \
    if constexpr (kColumns > 3) sums[p * kColumns + 3] = hn::ReduceSum(d, t##p##3); \
  }
  RIVULET_PIXELS(RIVULET_STORE)
#undef RIVULET_STORE
}
#undef RIVULET_PIXELS

void AnyDots(const float* const* runs, const ConvGeometry& g, const float* filter, float* sums) {
  const int64_t length = g.k_w * g.in_c;
  const int64_t step = g.stride_w * g.in_c;
  switch (g.out_c) {
    case 1: return Dots<1>(runs, g.k_h, length, step, filter, sums);
    case 2: return Dots<2>(runs, g.k_h, length, step, filter, sums);
    case 3: return Dots<3>(runs, g.k_h, length, step, filter, sums);
    default: return Dots<4>(runs, g.k_h, length, step, filter, sums);
  }
}

// The sums of `count` outputs that lie one behind the other from `at` on.
void Finish(const Epilogue& epilogue, const ActivationBounds& bounds, const float* biases, const float* sums,
            int64_t at, int64_t count, float* output) {
  const D d;
  for (int64_t i = 0; i < count; i += kLanes) {
    V v = hn::Add(hn::LoadU(d, sums + i), hn::LoadU(d, biases + i));
    if (epilogue.addend != nullptr) v = hn::Add(v, LoadSome(epilogue.addend + at + i, count - i));
    StoreSome(Activate(v, bounds), count - i, output + at + i);
  }
}

void DoTiles(const ConvTask& task, int64_t begin, int64_t end) {
  constexpr int64_t kSums = conv_dots::kMostPixels * conv_dots::kMostColumns + 2 * kLanes;
  const ConvGeometry& g = *task.geometry;
  HWY_ALIGN float filter[conv_dots::kFilterFloats];
  float copies[conv_dots::kCopyFloats];
  float biases[kSums] = {}, sums[kSums] = {};
  ArrangeFilter(g, task.packed, filter);
  for (int64_t i = 0; i < kPixels * g.out_c && task.epilogue->bias != nullptr; ++i)
    biases[i] = task.epilogue->bias[i % g.out_c];
  const ActivationBounds bounds(task.epilogue->activation);
  const int64_t tiles = TilesOfRow(g);
  for (int64_t index = begin; index < end; ++index) {
    const int64_t row = index / tiles;
    const int64_t wanted = index % tiles * kPixels;
    // A row's last tile looks back so as to be whole; only what is its own is written.
    const int64_t first = std::max<int64_t>(std::min(wanted, g.out_w - kPixels), 0);
    const int64_t skipped = (wanted - first) * g.out_c;
    const float* rows[conv_dots::kMostRows];
    RowsUnder(g, task.input, row, first, kPixels, copies, rows);
    AnyDots(rows, g, filter, sums);
    Finish(*task.epilogue, bounds, biases, sums + skipped, (row * g.out_w + wanted) * g.out_c,
           std::min<int64_t>(kPixels, g.out_w - wanted) * g.out_c, task.output);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {

HWY_EXPORT(DoTiles);
HWY_EXPORT(TilesOfRow);

bool ConvByDotsPays(const ConvGeometry& g) {
  if (g.groups != 1 || g.out_c < 1 || g.out_c > conv_dots::kMostColumns || g.dilation_w != 1) return false;
  if (g.k_h < 1 || g.k_h > conv_dots::kMostRows || g.k_w > conv_dots::kCopyFloats || g.in_c > conv_dots::kCopyFloats) {
    return false;
  }
  const int64_t run = g.k_w * g.in_c;
  return run >= conv_dots::kLeastRun && g.k_h * (run + 15) * g.out_c <= conv_dots::kFilterFloats &&
         g.stride_w <= conv_dots::kCopyFloats &&
         g.k_h * PixelsUnder(g, conv_dots::kMostPixels) * g.in_c <= conv_dots::kCopyFloats;
}

void ConvByDots(const float* input, const float* packed, const ConvGeometry& g, const Epilogue& epilogue, float* output,
                ThreadPool& pool, const StopToken& stop) {
  const int64_t tiles = g.batch * g.out_h * HWY_DYNAMIC_DISPATCH(TilesOfRow)(g);
  const ConvTask task{&g, input, packed, &epilogue, output};
  // To arrange the filter costs as much as a few tiles.
  const int64_t work = g.k_h * g.k_w * g.in_c * g.out_c * conv_dots::kMostPixels;
  const int64_t grain = std::max<int64_t>((1 << 19) / std::max<int64_t>(work, 1), 16);
  pool.ParallelFor(tiles, grain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(DoTiles)(task, begin, end);
  });
}

}  // namespace rivulet
#endif  // HWY_ONCE
