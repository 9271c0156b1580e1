#include "engine/ops/split_gain.h"

#include <algorithm>
#include <numeric>

namespace rivulet {

float LeafWeights::SolveOne(float gradient, float hessian, float* weight) const {
  // With l1 > 0 the weight has the sign that the gradient, made smaller by l1, still says, or is zero.
  float g = gradient;
  *weight = 0;
  if (l1_ > 0) {
    if (g > l1_) {
      g -= l1_;
    } else if (g < -l1_) {
      g += l1_;
    } else {
      return 0;
    }
  }
  if (hessian + l2_ <= kGainTolerance) return 0;  // nothing to divide by
  *weight = -g / (hessian + l2_);
  return -g * *weight;
}

float LeafWeights::Solve(std::span<const float> gradient, std::span<const float> hessian, std::span<float> weight) {
  if (logits_ == 1) return SolveOne(gradient[0], hessian[0], weight.data());
  const bool is_diagonal = hessian.size() == logits_;
  if (is_diagonal && std::none_of(hessian.begin(), hessian.end(), [&](float h) { return h + l2_ == 0; })) {
    for (size_t i = 0; i < logits_; ++i) weight[i] = -(1 / (hessian[i] + l2_)) * gradient[i];
  } else {
    matrix_.assign(logits_ * logits_, 0.0f);
    if (!is_diagonal) std::copy(hessian.begin(), hessian.end(), matrix_.begin());
    for (size_t i = 0; i < logits_; ++i) matrix_[i * logits_ + i] += l2_ + (is_diagonal ? hessian[i] : 0);
    SolveMatrix(gradient, weight);
    for (float& w : weight) w = -w;
  }
  float gain = 0;
  for (size_t i = 0; i < logits_; ++i) gain -= gradient[i] * weight[i];
  return gain;
}

// Householder reflections, always of the longest column that is left. Columns shorter than what rounding makes of the
// longest one count as zero, and so do their unknowns.
void LeafWeights::SolveMatrix(std::span<const float> gradient, std::span<float> weight) {
  const size_t n = logits_;
  const auto column = [&](size_t j) { return matrix_.data() + j * n; };
  const auto square_below = [&](size_t j, size_t from) {
    return std::inner_product(column(j) + from, column(j) + n, column(j) + from, 0.0f);
  };
  rest_.assign(gradient.begin(), gradient.end());
  order_.resize(n);
  std::iota(order_.begin(), order_.end(), size_t{0});
  std::fill(weight.begin(), weight.end(), 0.0f);
  float longest = 0;
  for (size_t j = 0; j < n; ++j) longest = std::max(longest, square_below(j, 0));
  const float smallest = longest * std::numeric_limits<float>::epsilon() * std::numeric_limits<float>::epsilon();
  size_t rank = 0;
  for (; rank < n && !stop_.stopped(); ++rank) {
    const size_t k = rank;
    size_t pivot = k;
    float square = square_below(k, k);
    for (size_t j = k + 1; j < n; ++j) {
      const float other = square_below(j, k);
      if (other > square) {
        pivot = j;
        square = other;
      }
    }
    if (square < smallest * static_cast<float>(n - k) / static_cast<float>(n)) break;
    if (pivot != k) {
      std::swap_ranges(column(k), column(k) + n, column(pivot));
      std::swap(order_[k], order_[pivot]);
    }
    float* const v = column(k);
    const float tail = square_below(k, k + 1);
    if (tail <= std::numeric_limits<float>::min()) continue;
    const float beta = v[k] >= 0 ? -std::sqrt(square) : std::sqrt(square);
    const float tau = (beta - v[k]) / beta, scale = v[k] - beta;
    for (size_t i = k + 1; i < n; ++i) v[i] /= scale;
    const auto reflect = [&](float* to) {
      float dot = to[k];
      for (size_t i = k + 1; i < n; ++i) dot += v[i] * to[i];
      dot *= tau;
      to[k] -= dot;
      for (size_t i = k + 1; i < n; ++i) to[i] -= v[i] * dot;
    };
    for (size_t j = k + 1; j < n; ++j) reflect(column(j));
    reflect(rest_.data());
    v[k] = beta;
  }
  for (size_t k = rank; k-- > 0;) {
    const float x = rest_[k] / column(k)[k];
    for (size_t i = 0; i < k; ++i) rest_[i] -= column(k)[i] * x;
    weight[order_[k]] = x;
  }
}

BestSplit::BestSplit(int64_t logits)
    : logits_(static_cast<size_t>(logits)),
      left_weight_(logits_),
      right_weight_(logits_),
      new_left_weight_(logits_),
      new_right_weight_(logits_) {}

void BestSplit::Offer(LeafWeights& weights, std::span<const float> left, std::span<const float> right,
                      const Where& where) {
  const float gain = weights.Solve(left.first(logits_), left.subspan(logits_), new_left_weight_) +
                     weights.Solve(right.first(logits_), right.subspan(logits_), new_right_weight_);
  if (!GainIsLarger(gain, gain_)) return;
  gain_ = gain;
  where_ = where;
  std::swap(left_weight_, new_left_weight_);
  std::swap(right_weight_, new_right_weight_);
}

}  // namespace rivulet
