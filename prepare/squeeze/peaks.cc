#include "prepare/squeeze/peaks.h"

#include <algorithm>
#include <cstdlib>

namespace rivulet::prepare {
namespace {

constexpr int64_t kSmallestSide = 8;

// One channel of one picture.
class Map {
 public:
  Map(const Tensor& output, int64_t picture, int64_t channel)
      : height_(output.dim(1)),
        width_(output.dim(2)),
        channels_(output.dim(3)),
        values_(output.data<float>() + picture * height_ * width_ * channels_ + channel) {}

  float at(int64_t place) const { return values_[place * channels_]; }
  int64_t Peak() const {
    int64_t best = 0;
    for (int64_t i = 1; i < height_ * width_; ++i) best = at(i) > at(best) ? i : best;
    return best;
  }
  bool AreNear(int64_t a, int64_t b) const {
    const auto within = [](int64_t distance, int64_t side) {
      return std::abs(distance) <= std::max<int64_t>(1, side / 100);
    };
    return within(a / width_ - b / width_, height_) && within(a % width_ - b % width_, width_);
  }

 private:
  int64_t height_, width_, channels_;
  const float* values_;
};

}  // namespace

bool AreMaps(const Tensor& output) {
  return output.dtype() == DType::kFloat && output.rank() == 4 && output.num_elements() > 0 &&
         output.dim(1) >= kSmallestSide && output.dim(2) >= kSmallestSide;
}

float LargestOf(const Tensor& output) {
  const float* values = output.data<float>();
  return *std::max_element(values, values + output.num_elements());
}

ComparedPeaks ComparePeaks(const Tensor& was, const Tensor& is, float least) {
  ComparedPeaks compared;
  for (int64_t n = 0; n < was.dim(0); ++n) {
    for (int64_t c = 0; c < was.dim(3); ++c) {
      const Map map(was, n, c);
      const int64_t peak = map.Peak();
      if (!(map.at(peak) > 0 && map.at(peak) >= least)) continue;
      ++compared.peaks;
      compared.agreeing += map.AreNear(peak, Map(is, n, c).Peak()) ? 1 : 0;
    }
  }
  return compared;
}

}  // namespace rivulet::prepare
