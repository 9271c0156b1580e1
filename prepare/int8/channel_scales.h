// How much each channel of an activation should grow: the reckoning behind equalize_channels.h.
#ifndef RIVULET_PREPARE_INT8_CHANNEL_SCALES_H_
#define RIVULET_PREPARE_INT8_CHANNEL_SCALES_H_

#include <cstdint>
#include <span>
#include <vector>

namespace rivulet::prepare {

// What the channels of an activation are on samples.
struct ChannelSizes {
  std::vector<double> largest;  // absolute
  std::vector<double> squares;  // mean

  // `values` have the channels along their last axis.
  void Add(std::span<const float> values, int64_t channels);
  int64_t places = 0;
};

// The weights that read the activation: places × channels × columns; a depthwise one has a column of its own for each
// channel, so its weights are not looked at.
struct ReadingWeights {
  std::vector<float> values;
  int64_t places = 1, columns = 1;
};

// Scales, 1 where a channel is to stay. `cap`: the activation function ends there (6 for Relu6), 0 for none. `whole`:
// the largest value of what the activation is a part of and shares the range of, which it does not outgrow; 0 for none.
std::vector<float> ChannelScales(const ChannelSizes& sizes, const std::vector<ReadingWeights>& readers, double cap,
                                 double whole = 0);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_CHANNEL_SCALES_H_
