// The tile is eight rows of two vectors of eight columns: 16 sums, two vectors of the right operand, and one of a step
// of k of all rows, by whose lanes is multiplied.
//
// Highway's targets have this only where bfloat16 is, too, so the functions that use it name their target themselves.
#include "engine/kernels/gemm_f16.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/kernels/arm_feature.h"
#include "engine/kernels/epilogue-inl.h"

#if defined(__aarch64__) && (defined(__linux__) || defined(__APPLE__))
#define RIVULET_F16_BUILT 1
#include <arm_neon.h>
#if defined(__clang__)
#define RIVULET_F16 __attribute__((target("fullfp16")))
#else
#define RIVULET_F16 __attribute__((target("arch=armv8.2-a+fp16")))
#endif
#endif

namespace rivulet {
#if RIVULET_F16_BUILT
namespace {

constexpr int64_t kRows = 8;
constexpr int64_t kColumns = 16;
constexpr int64_t kBlockK = 512;
// Products that are summed up before the sum becomes a float.
constexpr int64_t kShortSum = 64;
// A block of the left operand in float16, the rows' values of each step of k beside one another, and what undoes the
// rows' scales.
struct Left {
  float16_t values[kRows * kBlockK];
  float scales[kRows];
};

// The products are written out because GCC copies each lane into a register of its own first.
//
// sums[row][column] += products over `depth` of kCount rows.
template <int kCount>
RIVULET_F16 __attribute__((noinline)) void Tile(const Left& left, const float16_t* b, int64_t depth, float* sums) {
  const float16_t* a = left.values;
  while (depth > 0) {
    float16x8_t r[kCount], s[kCount];
#pragma GCC unroll 8
    for (int i = 0; i < kCount; ++i) r[i] = s[i] = vdupq_n_f16(0);
    for (int64_t k = std::min(kShortSum, depth); k > 0; --k, a += kRows, b += kColumns) {
      const float16x8_t rows = vld1q_f16(a), b0 = vld1q_f16(b), b1 = vld1q_f16(b + 8);
#define RIVULET_ROW(i)                                                                         \
  if constexpr (i < kCount) {                                                                  \
    asm("fmla %0.8h, %1.8h, %2.h[" #i "]" : "+w"(r[i < kCount ? i : 0]) : "w"(b0), "x"(rows)); \
    asm("fmla %0.8h, %1.8h, %2.h[" #i "]" : "+w"(s[i < kCount ? i : 0]) : "w"(b1), "x"(rows)); \
  }
      RIVULET_ROW(0)
      RIVULET_ROW(1)
      RIVULET_ROW(2)
      RIVULET_ROW(3)
      RIVULET_ROW(4)
      RIVULET_ROW(5)
      RIVULET_ROW(6)
      RIVULET_ROW(7)
#undef RIVULET_ROW
    }
    depth -= kShortSum;
#pragma GCC unroll 8
    for (int i = 0; i < kCount; ++i) {
      float* to = sums + i * kColumns;
      const float scale = left.scales[i];
      vst1q_f32(to, vfmaq_n_f32(vld1q_f32(to), vcvt_f32_f16(vget_low_f16(r[i])), scale));
      vst1q_f32(to + 4, vfmaq_n_f32(vld1q_f32(to + 4), vcvt_high_f32_f16(r[i]), scale));
      vst1q_f32(to + 8, vfmaq_n_f32(vld1q_f32(to + 8), vcvt_f32_f16(vget_low_f16(s[i])), scale));
      vst1q_f32(to + 12, vfmaq_n_f32(vld1q_f32(to + 12), vcvt_high_f32_f16(s[i]), scale));
    }
  }
}

using TileFunction = void (*)(const Left&, const float16_t*, int64_t, float*);
template <int... kCounts>
TileFunction TileFor(int64_t rows, std::integer_sequence<int, kCounts...>) {
  static constexpr TileFunction kTiles[] = {&Tile<kCounts + 1>...};
  return kTiles[rows - 1];
}

float LargestOf(const float* from, int64_t count) {
  float32x4_t largest = vdupq_n_f32(0);
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) largest = vmaxq_f32(largest, vabsq_f32(vld1q_f32(from + i)));
  float rest = vmaxvq_f32(largest);
  for (; i < count; ++i) rest = std::max(rest, std::fabs(from[i]));
  return rest;
}

inline uint16x8_t Rounded(const float* from, float scale) {
  const float32x4_t low = vmulq_n_f32(vld1q_f32(from), scale), high = vmulq_n_f32(vld1q_f32(from + 4), scale);
  return vreinterpretq_u16_f16(vcombine_f16(vcvt_f16_f32(low), vcvt_f16_f32(high)));
}

inline uint16x8_t FirstOf32(uint16x8_t a, uint16x8_t b) {
  return vreinterpretq_u16_u32(vtrn1q_u32(vreinterpretq_u32_u16(a), vreinterpretq_u32_u16(b)));
}
inline uint16x8_t SecondOf32(uint16x8_t a, uint16x8_t b) {
  return vreinterpretq_u16_u32(vtrn2q_u32(vreinterpretq_u32_u16(a), vreinterpretq_u32_u16(b)));
}
inline uint16x8_t FirstOf64(uint16x8_t a, uint16x8_t b) {
  return vreinterpretq_u16_u64(vtrn1q_u64(vreinterpretq_u64_u16(a), vreinterpretq_u64_u16(b)));
}
inline uint16x8_t SecondOf64(uint16x8_t a, uint16x8_t b) {
  return vreinterpretq_u16_u64(vtrn2q_u64(vreinterpretq_u64_u16(a), vreinterpretq_u64_u16(b)));
}

// Eight rows of eight values, turned: lane j of row i goes to `to`, place j of eight, lane i.
void StoreTurned(const uint16x8_t (&rows)[8], float16_t* to) {
  uint16x8_t pairs[8], fours[8];
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = vtrn1q_u16(rows[i], rows[i + 1]);
    pairs[i + 1] = vtrn2q_u16(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
    fours[i] = FirstOf32(pairs[i], pairs[i + 2]);
    fours[i + 1] = FirstOf32(pairs[i + 1], pairs[i + 3]);
    fours[i + 2] = SecondOf32(pairs[i], pairs[i + 2]);
    fours[i + 3] = SecondOf32(pairs[i + 1], pairs[i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    vst1q_f16(to + i * kRows, vreinterpretq_f16_u16(FirstOf64(fours[i], fours[i + 4])));
    vst1q_f16(to + (i + 4) * kRows, vreinterpretq_f16_u16(SecondOf64(fours[i], fours[i + 4])));
  }
}

// The block of `rows` rows, `stride` apart, of `count` values, scaled and rounded.
void RoundBlock(const float* from, int64_t stride, int64_t rows, int64_t count, Left& left) {
  float scales[kRows] = {};
  for (int64_t i = 0; i < rows; ++i) {
    scales[i] = F16Scale(LargestOf(from + i * stride, count));
    left.scales[i] = 1 / scales[i];
  }
  int64_t k = 0;
  for (; k + 8 <= count; k += 8) {
    uint16x8_t eight[8];
    for (int64_t i = 0; i < kRows; ++i) {
      eight[i] = i < rows ? Rounded(from + i * stride + k, scales[i]) : vdupq_n_u16(0);
    }
    StoreTurned(eight, left.values + k * kRows);
  }
  for (; k < count; ++k) {
    for (int64_t i = 0; i < rows; ++i) {
      left.values[k * kRows + i] = static_cast<float16_t>(from[i * stride + k] * scales[i]);
    }
  }
}

// Where a block of k's sums go, and what is done to them.
struct Outputs {
  float* c;
  const float* addend;  // may be c; or null
  const float* bias;    // or null
  const float* scales;  // of the columns
  int64_t ldc;
  ActivationBounds bounds;
};

void Put(const float* sums, int64_t rows, int64_t columns, const Outputs& out) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      const int64_t at = i * out.ldc + j;
      float v = sums[i * kColumns + j] * out.scales[j];
      if (out.addend != nullptr) v += out.addend[at];
      if (out.bias != nullptr) v += out.bias[j];
      v = v < out.bounds.lo ? out.bounds.lo : v;
      out.c[at] = v > out.bounds.hi ? out.bounds.hi : v;
    }
  }
}

// What a piece multiplies of k: [begin, end), of blocks the first or the last.
struct Depth {
  int64_t begin;
  int64_t end;
  bool first;
  bool last;
};

Outputs OutputsAt(const GemmTask& task, const float* scales, const Depth& depth, int64_t row, int64_t column) {
  const int64_t at = row * task.ldc + column;
  Outputs out{task.c + at, nullptr, nullptr, scales + column, task.ldc, ActivationBounds()};
  if (!depth.first) {
    out.addend = out.c;
  } else if (task.epilogue.addend != nullptr) {
    out.addend = task.epilogue.addend + at;
  }
  if (depth.last) {
    if (task.epilogue.bias != nullptr) out.bias = task.epilogue.bias + column;
    out.bounds = ActivationBounds(task.epilogue.activation);
  }
  return out;
}

void CollectAndRound(const GemmTask& task, int64_t row, int64_t rows, const Depth& depth, Left& left) {
  alignas(64) float collected[kRows * (kBlockK + kCollectSlack) + kCollectSlack];
  const float* from = static_cast<const float*>(task.source) + row * task.lda + depth.begin;
  int64_t stride = task.lda;
  if (task.collect != nullptr) {
    stride = kBlockK + kCollectSlack;
    task.collect(task.source, row, rows, depth.begin, depth.end, collected, stride);
    from = collected;
  }
  RoundBlock(from, stride, rows, depth.end - depth.begin, left);
}

}  // namespace

bool HasF16Arithmetic() {
  constexpr unsigned long kVectorsOfHalf = 1 << 10;  // HWCAP_ASIMDHP
  static const bool has = HasArmFeature("hw.optional.arm.FEAT_FP16", AT_HWCAP, kVectorsOfHalf) ||
                          HasArmFeature("hw.optional.neon_fp16", AT_HWCAP, kVectorsOfHalf);  // until iOS 15
  return has;
}

void RunF16Piece(const GemmTask& task, const uint16_t* packed, const float* scales, int64_t row_begin, int64_t row_end,
                 int64_t column_begin, int64_t column_end) {
  alignas(64) Left left;
  const int64_t panel = task.k * kColumns;
  const auto* const b = reinterpret_cast<const float16_t*>(packed);
  const int64_t tiles = (row_end - row_begin + kRows - 1) / kRows;
  for (int64_t k = 0; k < std::max<int64_t>(task.k, 1); k += kBlockK) {
    const Depth depth{k, std::min(k + kBlockK, task.k), k == 0, k + kBlockK >= task.k};
    for (int64_t tile = 0; tile < tiles; ++tile) {
      const int64_t row = row_begin + (row_end - row_begin) * tile / tiles;
      const int64_t rows = row_begin + (row_end - row_begin) * (tile + 1) / tiles - row;
      CollectAndRound(task, row, rows, depth, left);
      const TileFunction run = TileFor(rows, std::make_integer_sequence<int, kRows>());
      for (int64_t column = column_begin; column < column_end; column += kColumns) {
        alignas(64) float sums[kRows * kColumns] = {};
        run(left, b + column / kColumns * panel + k * kColumns, depth.end - depth.begin, sums);
        Put(sums, rows, std::min(kColumns, column_end - column), OutputsAt(task, scales, depth, row, column));
      }
      if (!depth.last || !task.epilogue.finish) continue;
      for (int64_t i = 0; i < rows; ++i) {
        task.epilogue.finish(task.c + (row + i) * task.ldc + column_begin, column_end - column_begin);
      }
    }
  }
}

#else

bool HasF16Arithmetic() { return false; }
void RunF16Piece(const GemmTask&, const uint16_t*, const float*, int64_t, int64_t, int64_t, int64_t) {}

#endif
}  // namespace rivulet
