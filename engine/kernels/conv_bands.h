// Convolutions one after the other, a band of rows at a time: what lies between two of them stays in the second-level
// cache. NHWC, single precision; the same bits as one convolution after the other over the whole picture.
#ifndef RIVULET_ENGINE_KERNELS_CONV_BANDS_H_
#define RIVULET_ENGINE_KERNELS_CONV_BANDS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/checked.h"
#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/kernels/conv.h"
#include "engine/kernels/epilogue.h"

namespace rivulet {

inline constexpr size_t kMostBandStages = 8;  // of a chain

struct BandStage {
  ConvGeometry geometry;  // of the whole picture; its input is the output of the stage before
  bool depthwise = false;
  const float* filter = nullptr;  // of a depthwise one, [k_h, k_w, channels]
  PackedFilter packed;            // of any other
  Epilogue epilogue;              // an addend is as large as the whole output
};

// Whether a convolution may be a stage: by patches or depthwise, one filter a channel, of a size whose rows can be
// counted.
bool TakesBands(const ConvGeometry& geometry, bool depthwise);

// Whether what lies between two stages is too large to be found in a near cache again, and costs enough beside what is
// computed by so many threads, to be worth a chain.
bool BandsPay(const ConvGeometry& before, const ConvGeometry& after, int threads);

// Rows of the last output in a band of such a chain; 0 where what lies between its stages would not stay near.
int64_t BandRows(std::span<const ConvGeometry> stages);

// Bytes of scratch that ConvBands wants, aligned for float.
CheckedSize BandScratchBytes(std::span<const BandStage> stages, int threads);

void ConvBands(const float* input, std::span<const BandStage> stages, float* output, void* scratch, ThreadPool& pool,
               const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_CONV_BANDS_H_
