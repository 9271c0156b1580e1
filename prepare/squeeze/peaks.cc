#include "prepare/squeeze/peaks.h"

#include <algorithm>
#include <cmath>
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
  // How far the largest value near that place is above the largest elsewhere, where another answer would be.
  double MarginOf(int64_t place) const {
    float near = -HUGE_VALF, far = -HUGE_VALF;
    for (int64_t i = 0; i < height_ * width_; ++i) {
      float& largest = AreNear(i, place) ? near : far;
      largest = std::max(largest, at(i));
    }
    return static_cast<double>(near) - static_cast<double>(far);
  }

 private:
  int64_t height_, width_, channels_;
  const float* values_;
};

// see(picture, channel, map, its peak) for all that show something.
template <typename See>
void ForPeaks(const Tensor& was, const See& see) {
  const float* values = was.data<float>();
  const float least = kLeastPeak * *std::max_element(values, values + was.num_elements());
  for (int64_t n = 0; n < was.dim(0); ++n) {
    for (int64_t c = 0; c < was.dim(3); ++c) {
      const Map map(was, n, c);
      const int64_t peak = map.Peak();
      if (map.at(peak) >= least && map.at(peak) > 0) see(n, c, map, peak);
    }
  }
}

}  // namespace

bool AreMaps(const Tensor& output) {
  return output.dtype() == DType::kFloat && output.rank() == 4 && output.num_elements() > 0 &&
         output.dim(1) >= kSmallestSide && output.dim(2) >= kSmallestSide;
}

void AddPeaks(const Tensor& was, AnswerMargins* margins) {
  ForPeaks(was, [&](int64_t, int64_t, const Map& map, int64_t peak) { margins->Add({map.MarginOf(peak)}); });
}

ComparedPeaks ComparePeaks(const Tensor& was, const Tensor& is, AnswerMargins* margins) {
  ComparedPeaks compared;
  ForPeaks(was, [&](int64_t n, int64_t c, const Map& map, int64_t peak) {
    const Map now(is, n, c);
    const double margin = map.MarginOf(peak);
    margins->AddMoved(margin, now.MarginOf(peak) - margin);
    ++compared.peaks;
    compared.agreeing += map.AreNear(peak, now.Peak()) ? 1 : 0;
  });
  return compared;
}

}  // namespace rivulet::prepare
