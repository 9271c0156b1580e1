// Sums of products of bytes that stay in registers for the whole of k. Per-target: included once for each target by
// gemm_int8.cc.
#include <cstdint>
#include <cstring>

#if defined(RIVULET_ENGINE_KERNELS_GEMM_INT8_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RIVULET_ENGINE_KERNELS_GEMM_INT8_TILE_INL_H_
#undef RIVULET_ENGINE_KERNELS_GEMM_INT8_TILE_INL_H_
#else
#define RIVULET_ENGINE_KERNELS_GEMM_INT8_TILE_INL_H_
#endif

#include "engine/kernels/dot_bytes-inl.h"
#include "engine/kernels/gemm_int8_arm.h"
#include "engine/kernels/gemm_int8_tile.h"
#include "engine/kernels/sums_tail-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

constexpr int64_t kPanel = 16;
constexpr int64_t kGroup = 4;  // values of k in a lane
constexpr int64_t kPairColumns = 2 * kTailLanes;
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
constexpr int64_t kMaxRows = 14;
#elif HWY_ARCH_ARM
constexpr int64_t kMaxRows = 8;
#else
constexpr int64_t kMaxRows = 4;
#endif

// Sums of kRows rows times one or two vectors of columns.
template <int kRows, bool kTwo>
HWY_NOINLINE void Tile(const TileRowsInt8& rows, const int8_t* HWY_RESTRICT b0, const int8_t* HWY_RESTRICT b1,
                       const TileOutInt8& out) {
  const TailDI d;
  const int32_t* start = out.start;
  const TailI start0 = hn::LoadU(d, start), start1 = hn::LoadU(d, start + (kTwo ? kTailLanes : 0));
  const int64_t stride = rows.stride;
#define RIVULET_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13)
#define RIVULET_DECLARE(i) TailI r##i = start0, s##i = start1;
  RIVULET_ROWS(RIVULET_DECLARE)
#undef RIVULET_DECLARE
  for (int64_t line = 0; line < rows.lines; ++line) {
    // A pointer for each five rows: with a stride for each row there would not be registers enough.
    const uint8_t* HWY_RESTRICT a0 = rows.from[line];
    const uint8_t* HWY_RESTRICT a5 = a0 + (kRows > 5 ? 5 * stride : 0);
    const uint8_t* HWY_RESTRICT a10 = a0 + (kRows > 10 ? 10 * stride : 0);
    for (int64_t g = 0; g < rows.groups; ++g) {
#define RIVULET_MULTIPLY(i)                                                              \
  if constexpr (i < kRows) {                                                             \
    int32_t four;                                                                        \
    std::memcpy(&four, (i < 5 ? a0 : i < 10 ? a5 : a10) + i % 5 * stride, sizeof(four)); \
    r##i = Dot(four, b0, r##i);                                                          \
    if constexpr (kTwo) s##i = Dot(four, b1, s##i);                                      \
  }
      RIVULET_ROWS(RIVULET_MULTIPLY)
#undef RIVULET_MULTIPLY
      a0 += kGroup;
      a5 += kGroup;
      a10 += kGroup;
      b0 += kPanel * kGroup;
      b1 += kPanel * kGroup;
    }
  }
  if (out.codes != nullptr) {
    const TailDF df;
    const hn::Rebind<uint8_t, TailDI> d8;
    constexpr int64_t kSecond = kTwo ? kTailLanes : 0;
    const TailF multiply0 = hn::LoadU(df, out.multiply), multiply1 = hn::LoadU(df, out.multiply + kSecond);
    const TailF add0 = hn::LoadU(df, out.add), add1 = hn::LoadU(df, out.add + kSecond);
    uint8_t* to = out.codes;
#define RIVULET_ROUND(sum, j) hn::DemoteTo(d8, hn::NearestInt(hn::MulAdd(hn::ConvertTo(df, sum), multiply##j, add##j)))
#define RIVULET_FINISH(i)                                                        \
  if constexpr (i < kRows) {                                                     \
    hn::StoreU(RIVULET_ROUND(r##i, 0), d8, to);                                  \
    if constexpr (kTwo) hn::StoreU(RIVULET_ROUND(s##i, 1), d8, to + kTailLanes); \
    to += out.stride;                                                            \
  }
    RIVULET_ROWS(RIVULET_FINISH)
#undef RIVULET_FINISH
#undef RIVULET_ROUND
    return;
  }
  int32_t* tile = out.tile;
#define RIVULET_STORE(i)                                                           \
  if constexpr (i < kRows) {                                                       \
    hn::StoreU(r##i, d, tile + i * kPairColumns);                                  \
    if constexpr (kTwo) hn::StoreU(s##i, d, tile + i * kPairColumns + kTailLanes); \
  }
  RIVULET_ROWS(RIVULET_STORE)
#undef RIVULET_STORE
#undef RIVULET_ROWS
}

#define RIVULET_TILE(rows) \
  { rows, &Tile<rows, true>, &Tile<rows, false> }
constexpr TileChoiceInt8 kTiles[] = {
    RIVULET_TILE(1), RIVULET_TILE(2),  RIVULET_TILE(4),
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
    RIVULET_TILE(7), RIVULET_TILE(10), RIVULET_TILE(14),
#elif HWY_ARCH_ARM
  RIVULET_TILE(8),
#endif
};
#undef RIVULET_TILE

TileChoiceInt8 TileFor(int64_t rows) {
#if HWY_ARCH_ARM
  if (const TileChoiceInt8 choice = ArmTileFor(rows); choice.rows > 0) return choice;
#endif
  for (const TileChoiceInt8& choice : kTiles) {
    if (choice.rows >= rows) return choice;
  }
  return kTiles[0];  // never
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
