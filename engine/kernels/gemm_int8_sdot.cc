// The left operand is unsigned: a b = (a - 128) b + 128 b. The bytes a - 128 are those of a with the upper bit turned
// over, and the second term is a sum over a column, which one more dot product a vector of columns adds up.
#include "engine/kernels/gemm_int8_arm.h"

#include <cstring>

#include "engine/kernels/gemm_int8_arm-inl.h"

#if defined(__clang__)
#define RIVULET_SDOT __attribute__((target("dotprod")))
#else
#define RIVULET_SDOT __attribute__((target("arch=armv8.2-a+dotprod")))
#endif

namespace rivulet {
#if RIVULET_ARM_BYTES_BUILT
namespace {

// Sums and what each column adds to them.
template <int kRows>
struct Sums {
  int32x4_t r[kRows];
  int32x4_t s[kRows];
  int32x4_t r_columns;
  int32x4_t s_columns;
};

// Adds the products of group kLane of `a`, four groups of each row.
template <int kLane, int kRows, bool kTwo>
RIVULET_SDOT inline __attribute__((always_inline)) void AddGroup(const int8x16_t (&a)[kRows], const int8_t* b0,
                                                                 const int8_t* b1, Sums<kRows>& sums) {
  const int8x16_t ones = vdupq_n_s8(1);
  const int8x16_t v0 = vld1q_s8(b0 + kLane * kGroupBytes);
  sums.r_columns = vdotq_s32(sums.r_columns, v0, ones);
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) sums.r[i] = vdotq_laneq_s32(sums.r[i], v0, a[i], kLane);
  if constexpr (kTwo) {
    const int8x16_t v1 = vld1q_s8(b1 + kLane * kGroupBytes);
    sums.s_columns = vdotq_s32(sums.s_columns, v1, ones);
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) sums.s[i] = vdotq_laneq_s32(sums.s[i], v1, a[i], kLane);
  }
}

template <int kRows, bool kTwo>
void Finish(const Sums<kRows>& sums, const TileOutInt8& out) {
  const int32x4_t start0 = vaddq_s32(vld1q_s32(out.start), vshlq_n_s32(sums.r_columns, 7));
  const int32x4_t start1 = vaddq_s32(vld1q_s32(out.start + (kTwo ? 4 : 0)), vshlq_n_s32(sums.s_columns, 7));
  for (int i = 0; i < kRows; ++i) {
    PutRow<kTwo>(vaddq_s32(sums.r[i], start0), vaddq_s32(sums.s[i], start1), i, out);
  }
}

template <int kRows, bool kTwo>
RIVULET_SDOT __attribute__((noinline)) void Tile(const TileRowsInt8& rows, const int8_t* b0, const int8_t* b1,
                                                 const TileOutInt8& out) {
  const int32x4_t zero = vdupq_n_s32(0);
  Sums<kRows> sums;
  sums.r_columns = sums.s_columns = zero;
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) sums.r[i] = sums.s[i] = zero;
  for (int64_t line = 0; line < rows.lines; ++line) {
    const uint8_t* from = rows.from[line];
    int64_t groups = rows.groups;
    for (; groups >= 4; groups -= 4, from += 4 * kGroup, b0 += 4 * kGroupBytes, b1 += 4 * kGroupBytes) {
      int8x16_t a[kRows];
#pragma GCC unroll 8
      for (int i = 0; i < kRows; ++i) {
        a[i] = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(from + i * rows.stride), vdupq_n_u8(0x80)));
      }
      AddGroup<0, kRows, kTwo>(a, b0, b1, sums);
      AddGroup<1, kRows, kTwo>(a, b0, b1, sums);
      AddGroup<2, kRows, kTwo>(a, b0, b1, sums);
      AddGroup<3, kRows, kTwo>(a, b0, b1, sums);
    }
    for (; groups > 0; --groups, from += kGroup, b0 += kGroupBytes, b1 += kGroupBytes) {
      int8x16_t a[kRows];
#pragma GCC unroll 8
      for (int i = 0; i < kRows; ++i) {
        uint32_t four;
        std::memcpy(&four, from + i * rows.stride, sizeof four);
        a[i] = vreinterpretq_s8_u8(veorq_u8(vreinterpretq_u8_u32(vdupq_n_u32(four)), vdupq_n_u8(0x80)));
      }
      AddGroup<0, kRows, kTwo>(a, b0, b1, sums);
    }
  }
  Finish<kRows, kTwo>(sums, out);
}

}  // namespace

TileChoiceInt8 SdotTileFor(int64_t rows) {
  if (rows <= 1) return {1, &Tile<1, true>, &Tile<1, false>};
  if (rows <= 2) return {2, &Tile<2, true>, &Tile<2, false>};
  if (rows <= 4) return {4, &Tile<4, true>, &Tile<4, false>};
  return {8, &Tile<8, true>, &Tile<8, false>};
}

TileChoiceInt8 ArmTileFor(int64_t rows) {
  static const bool has = HasArmFeature("hw.optional.arm.FEAT_DotProd", AT_HWCAP, 1 << 20);  // HWCAP_ASIMDDP
  if (!has) return {};
  return HasI8mm() && rows > 1 ? I8mmTileFor(rows) : SdotTileFor(rows);
}

#else

TileChoiceInt8 ArmTileFor(int64_t) { return {}; }

#endif
}  // namespace rivulet
