// One instruction multiplies two rows of eight bytes with two columns of eight and adds up four sums, of unsigned bytes
// by signed ones. Two columns of eight are beside one another once a group of four steps of k is zipped with the next.
#include "engine/kernels/gemm_int8_arm.h"

#include "engine/kernels/gemm_int8_arm-inl.h"

#if defined(__clang__)
#define RIVULET_I8MM __attribute__((target("i8mm")))
#else
#define RIVULET_I8MM __attribute__((target("arch=armv8.2-a+i8mm")))
#endif

namespace rivulet {
#if RIVULET_ARM_BYTES_BUILT
namespace {

// Sums of two rows and two columns: of the first row, then of the second.
template <int kPairs, bool kTwo>
struct Blocks {
  int32x4_t sums[kPairs][kTwo ? 4 : 2];
};

// Adds the products of eight steps of k: `a` has two rows each, `now` and `next` the two groups of four columns.
template <int kPairs, bool kTwo, int kFirst>
RIVULET_I8MM inline __attribute__((always_inline)) void AddColumns(const uint8x16_t (&a)[kPairs], int8x16_t now,
                                                                   int8x16_t next, Blocks<kPairs, kTwo>& blocks) {
  const int32x4_t even = vreinterpretq_s32_s8(now), odd = vreinterpretq_s32_s8(next);
  const int8x16_t left = vreinterpretq_s8_s32(vzip1q_s32(even, odd));
  const int8x16_t right = vreinterpretq_s8_s32(vzip2q_s32(even, odd));
#pragma GCC unroll 4
  for (int i = 0; i < kPairs; ++i) {
    blocks.sums[i][kFirst] = vusmmlaq_s32(blocks.sums[i][kFirst], a[i], left);
    blocks.sums[i][kFirst + 1] = vusmmlaq_s32(blocks.sums[i][kFirst + 1], a[i], right);
  }
}

// Four or eight bytes of a row, and zeros.
inline uint8x8_t BytesOf(const uint8_t* from, bool eight) {
  if (eight) return vld1_u8(from);
  uint32_t four;
  std::memcpy(&four, from, sizeof four);
  return vcreate_u8(four);
}

template <int kPairs, bool kTwo>
RIVULET_I8MM inline __attribute__((always_inline)) void AddSteps(const uint8_t* from, int64_t stride, const int8_t* b0,
                                                                 const int8_t* b1, bool eight,
                                                                 Blocks<kPairs, kTwo>& blocks) {
  const int8x16_t none = vdupq_n_s8(0);
  uint8x16_t a[kPairs];
#pragma GCC unroll 4
  for (int i = 0; i < kPairs; ++i) {
    a[i] = vcombine_u8(BytesOf(from + 2 * i * stride, eight), BytesOf(from + (2 * i + 1) * stride, eight));
  }
  AddColumns<kPairs, kTwo, 0>(a, vld1q_s8(b0), eight ? vld1q_s8(b0 + kGroupBytes) : none, blocks);
  if constexpr (kTwo) {
    AddColumns<kPairs, kTwo, 2>(a, vld1q_s8(b1), eight ? vld1q_s8(b1 + kGroupBytes) : none, blocks);
  }
}

inline int32x4_t FirstRow(int32x4_t left, int32x4_t right) {
  return vreinterpretq_s32_s64(vzip1q_s64(vreinterpretq_s64_s32(left), vreinterpretq_s64_s32(right)));
}
inline int32x4_t SecondRow(int32x4_t left, int32x4_t right) {
  return vreinterpretq_s32_s64(vzip2q_s64(vreinterpretq_s64_s32(left), vreinterpretq_s64_s32(right)));
}

template <int kPairs, bool kTwo>
RIVULET_I8MM __attribute__((noinline)) void Tile(const TileRowsInt8& rows, const int8_t* b0, const int8_t* b1,
                                                 const TileOutInt8& out) {
  constexpr int kColumnPairs = kTwo ? 4 : 2;
  Blocks<kPairs, kTwo> blocks;
#pragma GCC unroll 4
  for (int i = 0; i < kPairs; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < kColumnPairs; ++j) blocks.sums[i][j] = vdupq_n_s32(0);
  }
  for (int64_t line = 0; line < rows.lines; ++line) {
    const uint8_t* from = rows.from[line];
    int64_t groups = rows.groups;
    for (; groups >= 2; groups -= 2, from += 2 * kGroup, b0 += 2 * kGroupBytes, b1 += 2 * kGroupBytes) {
      AddSteps<kPairs, kTwo>(from, rows.stride, b0, b1, true, blocks);
    }
    if (groups == 0) continue;
    AddSteps<kPairs, kTwo>(from, rows.stride, b0, b1, false, blocks);
    b0 += kGroupBytes;
    b1 += kGroupBytes;
  }
  const int32x4_t start0 = vld1q_s32(out.start), start1 = vld1q_s32(out.start + (kTwo ? 4 : 0));
#pragma GCC unroll 4
  for (int i = 0; i < kPairs; ++i) {
    const auto& sums = blocks.sums[i];
    constexpr int kLast = kColumnPairs - 2;
    PutRow<kTwo>(vaddq_s32(FirstRow(sums[0], sums[1]), start0),
                 vaddq_s32(FirstRow(sums[kLast], sums[kLast + 1]), start1), 2 * i, out);
    PutRow<kTwo>(vaddq_s32(SecondRow(sums[0], sums[1]), start0),
                 vaddq_s32(SecondRow(sums[kLast], sums[kLast + 1]), start1), 2 * i + 1, out);
  }
}

}  // namespace

bool HasI8mm() {
  static const bool has = HasArmFeature("hw.optional.arm.FEAT_I8MM", AT_HWCAP2, 1 << 13);  // HWCAP2_I8MM
  return has;
}

TileChoiceInt8 I8mmTileFor(int64_t rows) {
  if (rows <= 2) return {2, &Tile<1, true>, &Tile<1, false>};
  if (rows <= 4) return {4, &Tile<2, true>, &Tile<2, false>};
  return {8, &Tile<4, true>, &Tile<4, false>};
}

#endif
}  // namespace rivulet
