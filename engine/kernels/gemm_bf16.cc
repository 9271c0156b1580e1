// As gemm.cc, with rows of the left operand rounded to bfloat16 into a buffer, a block of k at a time.
#include "engine/kernels/gemm_bf16.h"

#include <algorithm>
#include <cstring>

// This file's own targets: those with the dot product, and one that stands for all others. A build for one processor
// has that one's.
#ifndef HWY_COMPILE_ONLY_STATIC
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSE2 | HWY_SSSE3 | HWY_AVX2 | HWY_AVX3 | HWY_AVX3_DL | HWY_AVX3_SPR)
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/gemm_bf16.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/epilogue-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_AVX3_ZEN4 || HWY_TARGET == HWY_NEON_BF16
constexpr bool kHasProducts = true;
#else
constexpr bool kHasProducts = false;
#endif
bool HasProducts() { return kHasProducts; }

#if HWY_TARGET == HWY_AVX3_ZEN4 || HWY_TARGET == HWY_NEON_BF16
#if HWY_TARGET == HWY_AVX3_ZEN4
constexpr int64_t kMaxRows = 14;
#else
constexpr int64_t kMaxRows = 8;
#endif
constexpr int64_t kPanel = 16;
constexpr int64_t kPairColumns = 2 * kLanes;
constexpr int64_t kBlockK = 512;
// An odd number of cache lines apart, so that rows do not fall into the same sets.
constexpr int64_t kRowStride = kBlockK + 32;

using D16 = hn::Repartition<hwy::bfloat16_t, D>;
using V16 = hn::Vec<D16>;

struct Out {
  float* c;
  int64_t ldc;
  const float* bias;
  const float* addend;
  float lo;
  float hi;
  int64_t width;  // columns that are there, up to kPairColumns
};

// Rows of bfloat16 pairs times two vectors of columns, whose pairs are kPanel apart.
template <int kRows>
HWY_NOINLINE void Tile(const uint16_t* HWY_RESTRICT a, int64_t pairs, const uint16_t* HWY_RESTRICT b0,
                       const uint16_t* HWY_RESTRICT b1, const uint16_t* HWY_RESTRICT soon, const Out& out) {
  const D d;
  const D16 d16;
  const hn::Repartition<uint32_t, D> d32;
  const V zero = hn::Zero(d);
#define RIVULET_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13)
#define RIVULET_DECLARE(i) V r##i = zero, s##i = zero;
  RIVULET_ROWS(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  V rest = zero;  // of the generic operation; the dot product leaves it alone
  for (int64_t p = 0; p < pairs; ++p) {
    if (soon != nullptr) {
      __builtin_prefetch(soon + p * 2 * kPanel, 0, 2);
      __builtin_prefetch(soon + (b1 - b0) + p * 2 * kPanel, 0, 2);
    }
    const V16 w0 = hn::BitCast(d16, hn::LoadU(d32, reinterpret_cast<const uint32_t*>(b0) + p * kPanel));
    const V16 w1 = hn::BitCast(d16, hn::LoadU(d32, reinterpret_cast<const uint32_t*>(b1) + p * kPanel));
#define RIVULET_MULTIPLY(i)                                      \
  if constexpr (i < kRows) {                                     \
    uint32_t pair;                                               \
    std::memcpy(&pair, a + i * kRowStride + 2 * p, sizeof pair); \
    const V16 x = hn::BitCast(d16, hn::Set(d32, pair));          \
    r##i = hn::ReorderWidenMulAccumulate(d, x, w0, r##i, rest);  \
    s##i = hn::ReorderWidenMulAccumulate(d, x, w1, s##i, rest);  \
  }
    RIVULET_ROWS(RIVULET_MULTIPLY)
#undef RIVULET_MULTIPLY
  }
  const auto first = hn::FirstN(d, static_cast<size_t>(std::min(out.width, kLanes)));
  const auto second = hn::FirstN(d, static_cast<size_t>(std::max<int64_t>(out.width - kLanes, 0)));
  const V bias0 = out.bias == nullptr ? zero : hn::MaskedLoad(first, d, out.bias);
  const V bias1 = out.bias == nullptr ? zero : hn::MaskedLoad(second, d, out.bias + kLanes);
  const V lo = hn::Set(d, out.lo);
  const V hi = hn::Set(d, out.hi);
  float* c = out.c;
  const float* addend = out.addend;
#define RIVULET_STORE(i)                                                          \
  if constexpr (i < kRows) {                                                      \
    if (addend != nullptr) {                                                      \
      r##i = hn::Add(r##i, hn::MaskedLoad(first, d, addend));                     \
      s##i = hn::Add(s##i, hn::MaskedLoad(second, d, addend + kLanes));           \
      addend += out.ldc;                                                          \
    }                                                                             \
    hn::BlendedStore(Clamp(hn::Add(r##i, bias0), lo, hi), first, d, c);           \
    hn::BlendedStore(Clamp(hn::Add(s##i, bias1), lo, hi), second, d, c + kLanes); \
    c += out.ldc;                                                                 \
  }
  RIVULET_ROWS(RIVULET_STORE)
#undef RIVULET_STORE
#undef RIVULET_ROWS
}

using TileFunction = void (*)(const uint16_t*, int64_t, const uint16_t*, const uint16_t*, const uint16_t*, const Out&);
template <int... kRows>
TileFunction TileFor(int64_t rows, std::integer_sequence<int, kRows...>) {
  static constexpr TileFunction kTiles[] = {&Tile<kRows + 1>...};
  return kTiles[rows - 1];
}

// `count` floats rounded, and a zero behind an odd number of them.
HWY_INLINE void Round(const float* from, int64_t count, uint16_t* to) {
  const D d;
  const hn::Rebind<hwy::bfloat16_t, D> half;
  const hn::RebindToUnsigned<decltype(half)> bits;
  for (int64_t i = 0; i < count; i += kLanes) {
    const V v = LoadSome(from + i, count - i);
    hn::StoreU(hn::BitCast(bits, hn::DemoteTo(half, v)), bits, to + i);
  }
}

int64_t Parts(int64_t size, int64_t part) { return (size + part - 1) / part; }

void Piece(const GemmTask& task, const uint16_t* packed, int64_t row_begin, int64_t row_end, int64_t column_begin,
           int64_t column_end) {
  HWY_ALIGN uint16_t rounded[static_cast<size_t>(kMaxRows * kRowStride)];
  HWY_ALIGN float collected[static_cast<size_t>(kMaxRows * (kBlockK + kCollectSlack) + kCollectSlack)];
  const ActivationBounds bounds(task.epilogue.activation);
  const ActivationBounds unbounded;
  const int64_t k_parts = std::max<int64_t>(Parts(task.k, kBlockK), 1);
  // Blocks of whole pairs, but for the last.
  const int64_t block = Parts(Parts(task.k, k_parts), 2) * 2;
  const int64_t panel = Parts(task.k, 2) * 2 * kPanel;
  const int64_t tiles = Parts(row_end - row_begin, kMaxRows);
  for (int64_t k_begin = 0; k_begin < std::max<int64_t>(task.k, 1); k_begin += std::max<int64_t>(block, 1)) {
    const int64_t kc = std::min(block, task.k - k_begin);
    const bool last = k_begin + block >= task.k;
    for (int64_t tile = 0; tile < tiles; ++tile) {
      const int64_t row = row_begin + (row_end - row_begin) * tile / tiles;
      const int64_t count = row_begin + (row_end - row_begin) * (tile + 1) / tiles - row;
      const float* from = collected;
      int64_t stride = kBlockK + kCollectSlack;
      if (task.collect != nullptr) {
        task.collect(task.source, row, count, k_begin, k_begin + kc, collected, stride);
      } else {
        from = static_cast<const float*>(task.source) + row * task.lda + k_begin;
        stride = task.lda;
      }
      for (int64_t i = 0; i < count; ++i) Round(from + i * stride, kc, rounded + i * kRowStride);
      const auto run = TileFor(count, std::make_integer_sequence<int, kMaxRows>());
      for (int64_t column = column_begin; column < column_end; column += kPairColumns) {
        const uint16_t* b0 = packed + column / kPanel * panel + k_begin * kPanel + column % kPanel * 2;
        const uint16_t* b1 = column % kPanel + kLanes < kPanel ? b0 + 2 * kLanes : b0 + panel;
        const int64_t width = std::min(kPairColumns, column_end - column);
        if (width <= kLanes) b1 = b0;  // whose sums are not stored
        const bool more = tile == 0 && column + kPairColumns < column_end && width == kPairColumns;
        const int64_t at = row * task.ldc + column;
        Out out{task.c + at, task.ldc, nullptr, nullptr, unbounded.lo, unbounded.hi, width};
        if (k_begin > 0) {
          out.addend = out.c;
        } else if (task.epilogue.addend != nullptr) {
          out.addend = task.epilogue.addend + at;
        }
        if (last) {
          if (task.epilogue.bias != nullptr) out.bias = task.epilogue.bias + column;
          out.lo = bounds.lo;
          out.hi = bounds.hi;
        }
        run(rounded, Parts(kc, 2), b0, b1, more ? b0 + kPairColumns / kPanel * panel : nullptr, out);
      }
      if (last && task.epilogue.finish) {
        for (int64_t i = 0; i < count; ++i) {
          task.epilogue.finish(task.c + (row + i) * task.ldc + column_begin, column_end - column_begin);
        }
      }
    }
  }
}
#else
void Piece(const GemmTask&, const uint16_t*, int64_t, int64_t, int64_t, int64_t) {}
#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {
namespace {

HWY_EXPORT(HasProducts);
HWY_EXPORT(Piece);

}  // namespace

bool HasBf16Products() { return HWY_DYNAMIC_DISPATCH(HasProducts)(); }

void RunBf16Piece(const GemmTask& task, const uint16_t* packed, int64_t row_begin, int64_t row_end,
                  int64_t column_begin, int64_t column_end) {
  HWY_DYNAMIC_DISPATCH(Piece)(task, packed, row_begin, row_end, column_begin, column_end);
}

}  // namespace rivulet
#endif  // HWY_ONCE
