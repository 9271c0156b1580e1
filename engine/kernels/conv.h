// Two-dimensional convolution (cross-correlation), NHWC, single precision.
//
// The product is a matrix product whose left operand is never written out whole: each block of output pixels collects
// its input patches into a small buffer in a near cache, or where few channels come out (conv_rows.h), reads them where
// they lie. Where it is less work, a 3x3 filter is applied in a transformed domain instead. Same promises as matmul.h.
#ifndef RIVULET_ENGINE_KERNELS_CONV_H_
#define RIVULET_ENGINE_KERNELS_CONV_H_

#include <cstddef>
#include <cstdint>

#include "engine/base/checked.h"
#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/epilogue.h"
#include "engine/kernels/gemm_half.h"
#include "engine/kernels/matmul.h"
#include "rivulet/allocator.h"
#include "rivulet/status.h"

namespace rivulet {

// Output pixel (y, x) sees input rows y * stride_h - pad_top + i * dilation_h, i < k_h, and columns alike; what lies
// outside the input counts as zero. Any non-negative sizes; strides, dilations and groups at least 1; in_c and out_c
// are multiples of groups. Pads may be negative (the input is cropped).
struct ConvGeometry {
  int64_t batch = 1;
  int64_t in_h = 0, in_w = 0, in_c = 0;
  int64_t out_h = 0, out_w = 0, out_c = 0;
  int64_t k_h = 1, k_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t dilation_h = 1, dilation_w = 1;
  int64_t pad_top = 0, pad_left = 0;
  int64_t groups = 1;
};

enum class ConvAlgorithm : uint8_t {
  kDirect,        // patches times filter
  kWinograd,      // stride 1, no groups: 3x3, 5x5 and others, a third to a sixth of the multiplications
  kWinogradLine,  // a filter that moves by one pixel along x or y: about half of them
};

// What Conv2D does best with this geometry; depends on nothing else.
ConvAlgorithm ChooseConvAlgorithm(const ConvGeometry& geometry);

// The filter [k_h, k_w, in_c / groups, out_c] in the layout the kernels read; target-independent, and the same for
// every algorithm.
class PackedFilter {
 public:
  PackedFilter() = default;

  // Bytes of the packed form; invalid when they cannot be counted.
  static CheckedSize Bytes(const ConvGeometry& geometry);
  // Packs floats that may start at any address. Output channel i is multiplied by factors[i], if there are any.
  static Result<PackedFilter> Pack(const void* hwio, const ConvGeometry& geometry, const PackMemory& memory,
                                   const float* factors = nullptr);
  static Result<PackedFilter> Pack(const void* hwio, const ConvGeometry& geometry, Allocator& allocator) {
    return Pack(hwio, geometry, MemoryOf(allocator));
  }
  // A packed form that lies somewhere already, aligned for float; `owner` keeps it alive.
  static PackedFilter View(const float* packed, std::shared_ptr<void> owner);

  const float* data() const { return data_; }

 private:
  const float* data_ = nullptr;
  std::shared_ptr<void> owner_;
};

// Bytes of scratch Conv2D wants when the pool has so many threads, 64-byte aligned; may be 0.
CheckedSize ConvScratchBytes(const ConvGeometry& geometry, ConvAlgorithm algorithm, int threads);

// output [batch, out_h, out_w, out_c] = epilogue(input * filter). The filter was packed for a geometry that differs at
// most in batch, input and output height and width and pads.
void Conv2D(const float* input, const PackedFilter& filter, const ConvGeometry& geometry, ConvAlgorithm algorithm,
            const Epilogue& epilogue, float* output, void* scratch, ThreadPool& pool, const StopToken& stop);

// The same with operands rounded to 16 bits, of one group: `filter` is [k_h * k_w * in_c, out_c].
bool ConvHalfPays(const ConvGeometry& geometry);
void Conv2DHalf(const float* input, const PackedHalf& filter, const ConvGeometry& geometry, const Epilogue& epilogue,
                float* output, ThreadPool& pool, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_CONV_H_
