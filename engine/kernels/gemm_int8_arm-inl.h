// What both kinds of tiles of gemm_int8_arm.h share.
#ifndef RIVULET_ENGINE_KERNELS_GEMM_INT8_ARM_INL_H_
#define RIVULET_ENGINE_KERNELS_GEMM_INT8_ARM_INL_H_

#if defined(__aarch64__) && (defined(__linux__) || defined(__APPLE__))
#define RIVULET_ARM_BYTES_BUILT 1

#include <arm_neon.h>

#include <cstdint>
#include <cstring>

#include "engine/kernels/arm_feature.h"
#include "engine/kernels/gemm_int8_tile.h"

namespace rivulet {

namespace {

constexpr int64_t kGroup = 4;        // values of k in a lane
constexpr int64_t kGroupBytes = 64;  // of a group of 16 columns
constexpr int64_t kTileColumns = 8;

// As codes that end at 0 and 255.
inline uint8x8_t Codes(int32x4_t low, int32x4_t high, const TileOutInt8& out, int64_t second) {
  const float32x4_t first = vfmaq_f32(vld1q_f32(out.add), vcvtq_f32_s32(low), vld1q_f32(out.multiply));
  const float32x4_t other =
      vfmaq_f32(vld1q_f32(out.add + second), vcvtq_f32_s32(high), vld1q_f32(out.multiply + second));
  return vqmovun_s16(vcombine_s16(vqmovn_s32(vcvtnq_s32_f32(first)), vqmovn_s32(vcvtnq_s32_f32(other))));
}

// Row `row` of a tile: the sums of one or two vectors of columns.
template <bool kTwo>
inline void PutRow(int32x4_t low, int32x4_t high, int64_t row, const TileOutInt8& out) {
  if (out.codes == nullptr) {
    vst1q_s32(out.tile + row * kTileColumns, low);
    if constexpr (kTwo) vst1q_s32(out.tile + row * kTileColumns + 4, high);
    return;
  }
  const uint8x8_t codes = Codes(low, kTwo ? high : low, out, kTwo ? 4 : 0);
  std::memcpy(out.codes + row * out.stride, &codes, kTwo ? 8 : 4);
}

}  // namespace
}  // namespace rivulet

#endif
#endif  // RIVULET_ENGINE_KERNELS_GEMM_INT8_ARM_INL_H_
