// Outputs that are heat maps, one for each channel: the answer is where a map is largest.
#ifndef RIVULET_PREPARE_SQUEEZE_PEAKS_H_
#define RIVULET_PREPARE_SQUEEZE_PEAKS_H_

#include <cstddef>

#include "rivulet/tensor.h"

namespace rivulet::prepare {

// N, height, width, channels, larger than what has no places.
bool AreMaps(const Tensor& output);

// A map whose largest value is below this share of the largest of all shows nothing, and is no answer.
inline constexpr float kLeastPeak = 0.1f;

float LargestOf(const Tensor& output);

// A peak agrees that moved by a hundredth of the side at most, or by one place. Those below `least` are no answers.
struct ComparedPeaks {
  size_t peaks = 0;
  size_t agreeing = 0;
};
ComparedPeaks ComparePeaks(const Tensor& was, const Tensor& is, float least);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_PEAKS_H_
