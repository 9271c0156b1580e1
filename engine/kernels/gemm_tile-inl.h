// The matrix micro-kernel. Per-target: included once for each target by the files that use it.
//
// A tile of the output, some rows of one or two vectors, stays in registers while a block of k is summed up.
#include <cstdint>

#if defined(RIVULET_ENGINE_KERNELS_GEMM_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_GEMM_TILE_INL_H_
#undef RIVULET_ENGINE_KERNELS_GEMM_TILE_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_GEMM_TILE_INL_H_
#endif

#include "engine/kernels/epilogue-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
// A tile is kMaxRows rows of two vectors; the sums, two vectors of the right operand and one element of the left must
// fit the registers.
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
constexpr int64_t kMaxRows = 14;
#elif HWY_ARCH_ARM
constexpr int64_t kMaxRows = 8;
#elif HWY_ARCH_WASM
// Its compilers keep some of sixteen registers for themselves.
constexpr int64_t kMaxRows = 4;
#else
constexpr int64_t kMaxRows = 6;
#endif
constexpr int64_t kPanel = 16;
constexpr int64_t kPairColumns = 2 * kLanes;

// Where a tile's sums go. Columns past the output's last are not stored.
struct TileOut {
  float* c;
  int64_t ldc;
  const float* bias;    // at the tile's first column, or null
  const float* addend;  // at the tile's first element, rows ldc apart; may be c; or null
  float lo;
  float hi;
  // Columns of the tile's last vector that are there. Less than all of them only where kMasks.
  int64_t last = kLanes;
};

// A tile's rows of the left operand, lda floats apart. Along k they may lie in several runs: run i of row r begins at
// runs[i] + r * lda.
struct TileLeft {
  const float* const* runs;
  int64_t num_runs;
  int64_t length;  // of a run
  int64_t lda;
  // Of the next tile, what b0 and b1 are of this one: it is asked to come near meanwhile. Null where it is there
  // already.
  const float* soon0 = nullptr;
  const float* soon1 = nullptr;
};

// Whether part of a vector is read and written as fast as the whole of it.
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
constexpr bool kMasks = true;
#define RIVULET_FETCHES 1
#else
constexpr bool kMasks = false;
#define RIVULET_FETCHES 0
#endif

template <class M>
HWY_INLINE V LoadLast(M mask, const float* from) {
  const D d;
  if constexpr (kMasks) return hn::MaskedLoad(mask, d, from);
  return hn::LoadU(d, from);
}
template <class M>
HWY_INLINE void StoreLast(M mask, V v, float* to) {
  const D d;
  if constexpr (kMasks) {
    hn::BlendedStore(v, mask, d, to);
  } else {
    hn::StoreU(v, d, to);
  }
}

#if HWY_TARGET & (HWY_ALL_NEON | HWY_ALL_SVE)
// sum + lane kLane of `a` times `b`.
template <int kLane>
HWY_INLINE V MulAddLane(V a, V b, V sum) {
#if HWY_TARGET & HWY_ALL_SVE
  return svmla_lane_f32(sum, b, a, kLane);
#else
  return hn::MulAdd(hn::Broadcast<kLane>(a), b, sum);
#endif
}
#endif

#define RIVULET_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13)

// Sums over k of kRows rows times the vectors at b0 and b1, which are kPanel floats a step apart.
template <int kRows, bool kTwo>
HWY_NOINLINE void Tile(const TileLeft& left, const float* HWY_RESTRICT b0, const float* HWY_RESTRICT b1,
                       const TileOut& out) {
  const D d;
  const V zero = hn::Zero(d);
  const int64_t lda = left.lda;
  const int64_t kc = left.length;
  const auto last = hn::FirstN(d, static_cast<size_t>(out.last));
  V bias0 = zero, bias1 = zero;
  if (out.bias != nullptr) {
    bias0 = kTwo ? hn::LoadU(d, out.bias) : LoadLast(last, out.bias);
    if constexpr (kTwo) bias1 = LoadLast(last, out.bias + kLanes);
  }
#define RIVULET_DECLARE(i) V r##i = bias0, s##i = bias1;
  RIVULET_ROWS(RIVULET_DECLARE)
#undef RIVULET_DECLARE

  for (int64_t run = 0; run < left.num_runs; ++run, b0 += kc * kPanel, b1 += kc * kPanel) {
    const float* HWY_RESTRICT a = left.runs[run];
    int64_t k = 0;
#if HWY_TARGET & (HWY_ALL_NEON | HWY_ALL_SVE)
    // Multiplying by a lane of a register is free on Arm, and broadcasting from memory is not.
    for (; k + 4 <= kc; k += 4) {
#define RIVULET_LOAD(i) \
  V a##i = zero;        \
  if constexpr (i < kRows) a##i = hn::LoadU(d, a + i * lda + k);
      RIVULET_ROWS(RIVULET_LOAD)
#undef RIVULET_LOAD
#define RIVULET_LANE(i, lane)                                     \
  if constexpr (i < kRows) {                                      \
    r##i = MulAddLane<lane>(a##i, bk0, r##i);                     \
    if constexpr (kTwo) s##i = MulAddLane<lane>(a##i, bk1, s##i); \
  }
#define RIVULET_STEP(lane, LANE)                                        \
  {                                                                     \
    const V bk0 = hn::LoadU(d, b0 + (k + lane) * kPanel);               \
    const V bk1 = kTwo ? hn::LoadU(d, b1 + (k + lane) * kPanel) : zero; \
    RIVULET_ROWS(LANE)                                                  \
    (void)bk1;                                                          \
  }
#define RIVULET_LANE0(i) RIVULET_LANE(i, 0)
#define RIVULET_LANE1(i) RIVULET_LANE(i, 1)
#define RIVULET_LANE2(i) RIVULET_LANE(i, 2)
#define RIVULET_LANE3(i) RIVULET_LANE(i, 3)
      RIVULET_STEP(0, RIVULET_LANE0)
      RIVULET_STEP(1, RIVULET_LANE1)
      RIVULET_STEP(2, RIVULET_LANE2)
      RIVULET_STEP(3, RIVULET_LANE3)
#undef RIVULET_LANE0
#undef RIVULET_LANE1
#undef RIVULET_LANE2
#undef RIVULET_LANE3
#undef RIVULET_STEP
#undef RIVULET_LANE
    }
#elif HWY_ARCH_WASM
    // An address is a pointer and a constant there; what else is added is an instruction. One step a turn: within a
    // turn compilers put each sum's additions one after the other, to wait for one another, and have too few registers
    // for what they then keep.
    const float* HWY_RESTRICT c0 = b0;
    const float* HWY_RESTRICT c1 = b1;
#define RIVULET_POINT(i) const float* HWY_RESTRICT a##i = a + (i < kRows ? i : 0) * lda;
    RIVULET_ROWS(RIVULET_POINT)
#undef RIVULET_POINT
    for (const float* const end = b0 + kc * kPanel; c0 != end; c0 += kPanel, c1 += kPanel) {
      const V bk0 = hn::LoadU(d, c0);
      const V bk1 = kTwo ? hn::LoadU(d, c1) : zero;
#define RIVULET_MULTIPLY(i)                               \
  if constexpr (i < kRows) {                              \
    const V ai = hn::Set(d, *a##i++);                     \
    r##i = hn::MulAdd(ai, bk0, r##i);                     \
    if constexpr (kTwo) s##i = hn::MulAdd(ai, bk1, s##i); \
  }
      RIVULET_ROWS(RIVULET_MULTIPLY)
#undef RIVULET_MULTIPLY
      (void)bk1;
    }
    k = kc;
#endif
    for (; k < kc; ++k) {
#if RIVULET_FETCHES
      if (left.soon0 != nullptr) {
        __builtin_prefetch(left.soon0 + k * kPanel, 0, 2);
        if constexpr (kTwo) __builtin_prefetch(left.soon1 + k * kPanel, 0, 2);
      }
#endif
      const V bk0 = hn::LoadU(d, b0 + k * kPanel);
      const V bk1 = kTwo ? hn::LoadU(d, b1 + k * kPanel) : zero;
#define RIVULET_MULTIPLY(i)                               \
  if constexpr (i < kRows) {                              \
    const V ai = hn::Set(d, a[i * lda + k]);              \
    r##i = hn::MulAdd(ai, bk0, r##i);                     \
    if constexpr (kTwo) s##i = hn::MulAdd(ai, bk1, s##i); \
  }
      RIVULET_ROWS(RIVULET_MULTIPLY)
#undef RIVULET_MULTIPLY
      (void)bk1;
    }
  }

  if (out.addend != nullptr) {
    const float* from = out.addend;
#define RIVULET_ADD_ROWS(i)                                \
  if constexpr (i < kRows) {                               \
    if constexpr (kTwo) {                                  \
      r##i = hn::Add(r##i, hn::LoadU(d, from));            \
      s##i = hn::Add(s##i, LoadLast(last, from + kLanes)); \
    } else {                                               \
      r##i = hn::Add(r##i, LoadLast(last, from));          \
    }                                                      \
    from += out.ldc;                                       \
  }
    RIVULET_ROWS(RIVULET_ADD_ROWS)
#undef RIVULET_ADD_ROWS
  }
  float* c = out.c;
  const V lo = hn::Set(d, out.lo);
  const V hi = hn::Set(d, out.hi);
#define RIVULET_STORE(i)                                \
  if constexpr (i < kRows) {                            \
    if constexpr (kTwo) {                               \
      hn::StoreU(Clamp(r##i, lo, hi), d, c);            \
      StoreLast(last, Clamp(s##i, lo, hi), c + kLanes); \
    } else {                                            \
      StoreLast(last, Clamp(r##i, lo, hi), c);          \
    }                                                   \
    c += out.ldc;                                       \
  }
  RIVULET_ROWS(RIVULET_STORE)
#undef RIVULET_STORE
}
#undef RIVULET_ROWS
#undef RIVULET_FETCHES

using TileFunction = void (*)(const TileLeft&, const float*, const float*, const TileOut&);

template <bool kTwo>
HWY_INLINE TileFunction TileFor(int64_t rows) {
  static constexpr TileFunction kTiles[] = {
    &Tile<1, kTwo>,
    &Tile<2, kTwo>,
    &Tile<3, kTwo>,
    &Tile<4, kTwo>,
#if !HWY_ARCH_WASM
    &Tile<5, kTwo>,
    &Tile<6, kTwo>,
#endif
#if HWY_ARCH_ARM || (HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86)
    &Tile<7, kTwo>,
    &Tile<8, kTwo>,
#endif
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
    &Tile<9, kTwo>,
    &Tile<10, kTwo>,
    &Tile<11, kTwo>,
    &Tile<12, kTwo>,
    &Tile<13, kTwo>,
    &Tile<14, kTwo>,
#endif
  };
  static_assert(sizeof(kTiles) / sizeof(kTiles[0]) == kMaxRows);
  return kTiles[rows - 1];
}

// What the tile kernel leaves undone at the right edge, where a tile has fewer columns than its vectors, and for leaky
// activations.
HWY_INLINE void FinishTile(const float* tile, int64_t rows, int64_t columns, const TileOut& out,
                           const ActivationBounds& bounds) {
  const D d;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t j = 0; j < columns; j += kLanes) {
      const int64_t count = columns - j;
      V v = hn::Load(d, tile + row * kPairColumns + j);
      const int64_t at = row * out.ldc + j;
      if (out.addend != nullptr) v = hn::Add(v, LoadSome(out.addend + at, count));
      if (out.bias != nullptr) v = hn::Add(v, LoadSome(out.bias + j, count));
      StoreSome(Activate(v, bounds), count, out.c + at);
    }
  }
}

// A tile of `rows` and `width` columns, at most kPairColumns, whatever the activation. `bounds` are the whole
// activation where this is the last block of k, else none; so are out.lo and out.hi.
HWY_INLINE void AnyTile(const TileLeft& left, int64_t rows, const float* b0, const float* b1, int64_t width,
                        const TileOut& out, const ActivationBounds& bounds) {
  if (!bounds.leaky && width == kPairColumns) {
    TileFor<true>(rows)(left, b0, b1, out);
  } else if (!bounds.leaky && kMasks) {
    TileOut part = out;
    part.last = width > kLanes ? width - kLanes : width;
    if (width > kLanes) {
      TileFor<true>(rows)(left, b0, b1, part);
    } else {
      TileFor<false>(rows)(left, b0, b0, part);
    }
  } else if (!bounds.leaky && width == kLanes) {
    TileFor<false>(rows)(left, b0, b0, out);
  } else {
    HWY_ALIGN float tile[static_cast<size_t>(kMaxRows * kPairColumns)];
    const ActivationBounds none;
    const TileOut plain{tile, kPairColumns, nullptr, nullptr, none.lo, none.hi};
    if (width > kLanes) {
      TileFor<true>(rows)(left, b0, b1, plain);
    } else {
      TileFor<false>(rows)(left, b0, b0, plain);
    }
    FinishTile(tile, rows, width, out, bounds);
  }
}
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
