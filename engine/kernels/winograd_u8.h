// Sums of products of bytes under a 3x3 filter in a transformed domain, F(2x2, 3x3): sixteen products for four pixels
// in place of thirty-six, and the same sums, exactly. With g the filter, d the input (both less their zeros), all
// whole:
//
//   2 G = [2 0 0; 1 1 1; 1 -1 1; 0 0 2],  B' = [1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1],  A' = [1 1 1 0; 0 1 -1 -1]
//   4 y = A' ((2 G) g (2 G)' * B' d B) A
//
// Of the factors, the first is within 9 * 255, the second within 4 * 255: both have 16 bits, and pairs of them are
// multiplied as those of gemm_int8_pairs-inl.h are. Four times a sum has 32 bits, since in_c is at most 256.
#ifndef RIVULET_ENGINE_KERNELS_WINOGRAD_U8_H_
#define RIVULET_ENGINE_KERNELS_WINOGRAD_U8_H_

#include <cstdint>
#include <memory>

#include "engine/base/checked.h"
#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/conv.h"
#include "rivulet/allocator.h"
#include "rivulet/status.h"

namespace rivulet {

class WinogradFilterU8 {
 public:
  // Whether such filters are worth it here: processors that have dot products of bytes do better without.
  static bool Pays(int64_t in_c, int64_t out_c);
  // Of a filter [3, 3, in_c, out_c] whose code of 0 is `zero`, a byte.
  static Result<WinogradFilterU8> Pack(const uint8_t* filter, int64_t in_c, int64_t out_c, int32_t zero,
                                       Allocator& allocator);

  int64_t in_c() const { return in_c_; }
  int64_t out_c() const { return out_c_; }
  int32_t zero() const { return zero_; }
  // Columns that lie together: for each of them, place by place, its pairs of channels.
  int64_t tile() const { return tile_; }
  const int16_t* data() const { return static_cast<const int16_t*>(memory_.get()); }

 private:
  int64_t in_c_ = 0;
  int64_t out_c_ = 0;
  int32_t zero_ = 0;
  int64_t tile_ = 0;
  std::shared_ptr<void> memory_;
};

// Whether a convolution under a filter of that size is done so: stride 1, no dilation, enough whole tiles.
bool TakesWinogradU8(const ConvGeometry& geometry, const WinogradFilterU8& filter);

// As SumsU8 (gemm_int8.h), with an a_offset that is a byte. `scratch`: WinogradU8ScratchBytes, aligned to 64.
CheckedSize WinogradU8ScratchBytes(int64_t in_c, int threads);
void WinogradSumsU8(const uint8_t* input, int32_t a_offset, const WinogradFilterU8& filter,
                    const ConvGeometry& geometry, int32_t* output, void* scratch, ThreadPool& pool,
                    const StopToken& stop, int32_t* extremes, int64_t extremes_stride);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_WINOGRAD_U8_H_
