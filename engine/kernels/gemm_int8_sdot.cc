// The left operand is unsigned: a b = (a - 128) b + 128 b. The bytes a - 128 are those of a with the upper bit turned
// over, and the second term is a sum over a column, which one more dot product a vector of columns adds up.
#include "engine/kernels/gemm_int8_sdot.h"

#include <cstring>

#if defined(__aarch64__) && (defined(__linux__) || defined(__APPLE__))
#define RIVULET_SDOT_BUILT 1
#include <arm_neon.h>
#if defined(__APPLE__)
#include <sys/sysctl.h>
#else
#include <sys/auxv.h>
#endif
#if defined(__clang__)
#define RIVULET_SDOT __attribute__((target("dotprod")))
#else
#define RIVULET_SDOT __attribute__((target("arch=armv8.2-a+dotprod")))
#endif
#endif

namespace rivulet {
#if RIVULET_SDOT_BUILT
namespace {

constexpr int64_t kGroup = 4;        // values of k in a lane
constexpr int64_t kGroupBytes = 64;  // of a group of 16 columns
constexpr int64_t kTileColumns = 8;

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

// As codes that end at 0 and 255.
inline uint8x8_t Codes(int32x4_t low, int32x4_t high, const TileOutInt8& out, int64_t second) {
  const float32x4_t first = vfmaq_f32(vld1q_f32(out.add), vcvtq_f32_s32(low), vld1q_f32(out.multiply));
  const float32x4_t other =
      vfmaq_f32(vld1q_f32(out.add + second), vcvtq_f32_s32(high), vld1q_f32(out.multiply + second));
  return vqmovun_s16(vcombine_s16(vqmovn_s32(vcvtnq_s32_f32(first)), vqmovn_s32(vcvtnq_s32_f32(other))));
}

template <int kRows, bool kTwo>
void Finish(Sums<kRows>& sums, const TileOutInt8& out) {
  constexpr int64_t kSecond = kTwo ? 4 : 0;
  const int32x4_t start0 = vaddq_s32(vld1q_s32(out.start), vshlq_n_s32(sums.r_columns, 7));
  const int32x4_t start1 = vaddq_s32(vld1q_s32(out.start + kSecond), vshlq_n_s32(sums.s_columns, 7));
  for (int i = 0; i < kRows; ++i) {
    const int32x4_t r = vaddq_s32(sums.r[i], start0);
    const int32x4_t s = kTwo ? vaddq_s32(sums.s[i], start1) : r;
    if (out.codes == nullptr) {
      vst1q_s32(out.tile + i * kTileColumns, r);
      if (kTwo) vst1q_s32(out.tile + i * kTileColumns + 4, s);
      continue;
    }
    const uint8x8_t codes = Codes(r, s, out, kSecond);
    std::memcpy(out.codes + i * out.stride, &codes, kTwo ? 8 : 4);
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

bool HasSdot() {
#if defined(__APPLE__)
  static const bool has = [] {
    int value = 0;
    size_t size = sizeof value;
    return sysctlbyname("hw.optional.arm.FEAT_DotProd", &value, &size, nullptr, 0) == 0 && value != 0;
  }();
#else
  constexpr unsigned long kDotProducts = 1 << 20;  // HWCAP_ASIMDDP
  static const bool has = (getauxval(AT_HWCAP) & kDotProducts) != 0;
#endif
  return has;
}

TileChoiceInt8 SdotTileFor(int64_t rows) {
  if (rows <= 1) return {1, &Tile<1, true>, &Tile<1, false>};
  if (rows <= 2) return {2, &Tile<2, true>, &Tile<2, false>};
  if (rows <= 4) return {4, &Tile<4, true>, &Tile<4, false>};
  return {8, &Tile<8, true>, &Tile<8, false>};
}

#else

bool HasSdot() { return false; }
TileChoiceInt8 SdotTileFor(int64_t) { return {}; }

#endif
}  // namespace rivulet
