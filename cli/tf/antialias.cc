#include "cli/tf/antialias.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rivulet::tf {
namespace {

double Sinc(double x) { return x == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x); }
double Lanczos(double x) { return x > -3 && x < 3 ? Sinc(x) * Sinc(x / 3) : 0; }

// What an output pixel is made of: weights of the inputs from `first` on; they add up to one.
struct Window {
  int64_t first = 0;
  std::vector<double> weights;
};

std::vector<Window> Windows(int64_t from, int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to), stretch = std::max(scale, 1.0);
  const double reach = 3 * stretch;
  std::vector<Window> windows(static_cast<size_t>(to));
  for (int64_t i = 0; i < to; ++i) {
    Window& window = windows[static_cast<size_t>(i)];
    const double center = (static_cast<double>(i) + 0.5) * scale;
    window.first = std::max<int64_t>(static_cast<int64_t>(center - reach + 0.5), 0);
    const int64_t end = std::min(static_cast<int64_t>(center + reach + 0.5), from);
    double sum = 0;
    for (int64_t k = window.first; k < end; ++k) {
      window.weights.push_back(Lanczos((static_cast<double>(k) - center + 0.5) / stretch));
      sum += window.weights.back();
    }
    for (double& weight : window.weights) weight /= sum;
  }
  return windows;
}

uint8_t ToByte(double value) { return static_cast<uint8_t>(std::clamp(std::floor(value + 0.5), 0.0, 255.0)); }

}  // namespace

std::vector<uint8_t> ResizeAntialias(std::span<const uint8_t> pixels, int64_t height, int64_t width, int64_t to_height,
                                     int64_t to_width) {
  constexpr int64_t kChannels = 3;
  std::vector<uint8_t> rows(static_cast<size_t>(height * to_width * kChannels));
  const std::vector<Window> across = Windows(width, to_width), down = Windows(height, to_height);
  const auto sum = [](const Window& window, const uint8_t* at, int64_t stride) {
    double value = 0;
    for (const double weight : window.weights) {
      value += weight * *at;
      at += stride;
    }
    return value;
  };
  size_t out = 0;
  for (int64_t y = 0; y < height; ++y) {
    for (const Window& window : across) {
      for (int64_t c = 0; c < kChannels; ++c) {
        rows[out++] = ToByte(sum(window, pixels.data() + (y * width + window.first) * kChannels + c, kChannels));
      }
    }
  }
  std::vector<uint8_t> result(static_cast<size_t>(to_height * to_width * kChannels));
  out = 0;
  for (const Window& window : down) {
    for (int64_t x = 0; x < to_width * kChannels; ++x) {
      result[out++] = ToByte(sum(window, rows.data() + window.first * to_width * kChannels + x, to_width * kChannels));
    }
  }
  return result;
}

}  // namespace rivulet::tf
