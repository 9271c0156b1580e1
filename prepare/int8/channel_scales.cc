#include "prepare/int8/channel_scales.h"

#include <algorithm>
#include <cmath>

namespace rivulet::prepare {
namespace {

// What inputs that are no samples may reach beyond them.
constexpr double kMargin = 1.25;
// Channels that are next to nothing stay so.
constexpr double kMostGrowth = 1e3;
constexpr double kActivationSteps = 255, kWeightSteps = 127;
constexpr int kRounds = 12;

// Σ w² of each channel, and K Σ C² over all columns, both of all readers.
struct Loads {
  std::vector<double> squares;
  double columns = 0;
};

Loads LoadsOf(const std::vector<ReadingWeights>& readers, const std::vector<double>& scales) {
  const size_t channels = scales.size();
  Loads loads{std::vector<double>(channels, 0.0), 0};
  for (const ReadingWeights& reader : readers) {
    const auto columns = static_cast<size_t>(reader.columns);
    std::vector<double> largest(columns, 0.0);
    for (size_t row = 0; row < static_cast<size_t>(reader.places) * channels; ++row) {
      const size_t c = row % channels;
      for (size_t o = 0; o < columns; ++o) {
        const auto weight = static_cast<double>(reader.values[row * columns + o]);
        loads.squares[c] += weight * weight;
        largest[o] = std::max(largest[o], std::abs(weight) / scales[c]);
      }
    }
    for (const double column : largest) loads.columns += static_cast<double>(reader.places) * column * column;
  }
  return loads;
}

}  // namespace

void ChannelSizes::Add(std::span<const float> values, int64_t channels) {
  largest.resize(static_cast<size_t>(channels));
  squares.resize(static_cast<size_t>(channels));
  const size_t count = values.size() / static_cast<size_t>(channels);
  for (size_t i = 0; i < count; ++i) {
    for (size_t c = 0; c < largest.size(); ++c) {
      const auto value = static_cast<double>(values[i * largest.size() + c]);
      largest[c] = std::max(largest[c], std::abs(value));
      squares[c] += value * value;
    }
  }
  places += static_cast<int64_t>(count);
}

std::vector<float> ChannelScales(const ChannelSizes& sizes, const std::vector<ReadingWeights>& readers, double cap,
                                 double whole) {
  const size_t channels = sizes.largest.size();
  std::vector<double> scales(channels, 1.0);
  const double largest = *std::max_element(sizes.largest.begin(), sizes.largest.end());
  if (!(largest > 0) || sizes.places == 0) return std::vector<float>(channels, 1.0f);
  for (int round = 0; round < (readers.empty() ? 1 : kRounds); ++round) {
    const Loads loads = LoadsOf(readers, scales);
    double range = std::max(cap, whole);
    for (size_t c = 0; cap == 0 && whole == 0 && c < channels; ++c) {
      range = std::max(range, scales[c] * sizes.largest[c]);
    }
    for (size_t c = 0; c < channels; ++c) {
      if (!(sizes.largest[c] > largest / kMostGrowth)) continue;
      double scale = range / sizes.largest[c];  // the whole range
      if (!readers.empty()) {
        const double of_activation = range / kActivationSteps * std::sqrt(loads.squares[c]);
        const double of_weights = std::sqrt(loads.columns / kWeightSteps / kWeightSteps * sizes.squares[c] /
                                            static_cast<double>(sizes.places));
        if (!(of_activation > 0) || !(of_weights > 0)) continue;
        scale = std::sqrt(of_activation / of_weights);
      }
      if (cap > 0) {
        // One that is cut off at the cap would be cut off elsewhere.
        const double most = sizes.largest[c] > 0.999 * cap ? 1 : cap / (kMargin * sizes.largest[c]);
        scale = std::max(1.0, std::min(scale, most));
      }
      if (cap == 0 && whole > 0) scale = std::min(scale, whole / sizes.largest[c]);
      scales[c] = scale;
    }
    if (cap > 0 || whole > 0) continue;
    // Growth of all channels alike changes nothing.
    double grown = 0;
    for (size_t c = 0; c < channels; ++c) grown = std::max(grown, scales[c] * sizes.largest[c]);
    for (double& scale : scales) scale *= largest / grown;
  }
  std::vector<float> result;
  for (const double scale : scales) result.push_back(static_cast<float>(scale));
  return result;
}

}  // namespace rivulet::prepare
