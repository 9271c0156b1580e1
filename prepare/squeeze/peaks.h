// Outputs that are heat maps, one for each channel: the answer is where a map is largest.
#ifndef RIVULET_PREPARE_SQUEEZE_PEAKS_H_
#define RIVULET_PREPARE_SQUEEZE_PEAKS_H_

#include <cstddef>

#include "prepare/squeeze/unseen_drop.h"
#include "rivulet/tensor.h"

namespace rivulet::prepare {

// N, height, width, channels, larger than what has no places.
bool AreMaps(const Tensor& output);

// A map whose largest value is below this share of the output's largest shows nothing, and is no answer.
inline constexpr float kLeastPeak = 0.1f;

// The answers of an output as it was, with how far they are above the nearest other one.
void AddPeaks(const Tensor& was, AnswerMargins* margins);

// A peak agrees that moved by a hundredth of the side at most, or by one place.
struct ComparedPeaks {
  size_t peaks = 0;
  size_t agreeing = 0;
};
ComparedPeaks ComparePeaks(const Tensor& was, const Tensor& is, AnswerMargins* margins);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_PEAKS_H_
