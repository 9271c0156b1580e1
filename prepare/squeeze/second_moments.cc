#include "prepare/squeeze/second_moments.h"

#include <algorithm>
#include <cmath>

#include "prepare/squeeze/product_inputs.h"

namespace rivulet::prepare {

SecondMoments::SecondMoments(const Weight& weight)
    : rows_(weight.rows()), block_(weight.rows() <= kMostRows ? weight.rows() : kBlockRows) {
  weight_ = weight;
  weight_.values.clear();
  const auto rows = static_cast<size_t>(rows_), groups = static_cast<size_t>(weight_.groups());
  sum_.resize(groups * rows);
  diagonal_.resize(groups * rows);
  totals_.resize(groups);
  if (weight_.is_product) upper_.resize(groups * rows * static_cast<size_t>(block_));
}

void SecondMoments::AddGroup(int64_t group, const float* window, double times) {
  const auto rows = static_cast<size_t>(rows_), first = static_cast<size_t>(group) * rows;
  for (size_t i = 0; i < rows; ++i) {
    sum_[first + i] += times * static_cast<double>(window[i]);
    const double square = times * static_cast<double>(window[i]) * static_cast<double>(window[i]);
    diagonal_[first + i] += square;
    totals_[static_cast<size_t>(group)] += square;
  }
  const auto block = static_cast<size_t>(block_);
  for (size_t i = 0; i < rows; ++i) {
    const float x = static_cast<float>(times) * window[i];
    if (x == 0) continue;
    const size_t begin = i / block * block, count = std::min(block, rows - begin);
    float* row = upper_.data() + (first + i) * block;
    for (size_t j = i - begin; j < count; ++j) row[j] += x * window[begin + j];
  }
}

void SecondMoments::Add(const Tensor& input, int64_t most, double times) {
  ForWindows(weight_, input, most, [&](const float* window) { AddWindow(window, times); });
}

void SecondMoments::AddWindow(const float* window, double times) {
  for (int64_t g = 0; g < weight_.groups(); ++g) AddGroup(g, window + g * rows_, times);
  windows_ += times;
  squares_ += times * times;
}

double SecondMoments::of(int64_t group, int64_t row) const {
  constexpr double kAverageWindows = 8;
  const double average = totals_[static_cast<size_t>(group)] / windows_ / static_cast<double>(rows_);
  return (diagonal_[static_cast<size_t>(group * rows_ + row)] + kAverageWindows * average) /
         (windows_ + kAverageWindows);
}

std::vector<double> SecondMoments::InverseRoot(int64_t group) const {
  if (!weight_.is_product || windows_ == 0) return {};
  double mean = 0;
  for (int64_t i = 0; i < rows_; ++i) mean += of(group, i) / static_cast<double>(rows_);
  std::vector<double> u(static_cast<size_t>(rows_ * block_));
  for (int64_t begin = 0; begin < rows_; begin += block_) {
    InvertBlock(group, begin, 0.002 * mean + 1e-12, u.data() + begin * block_);
  }
  return u;
}

void SecondMoments::InvertBlock(int64_t group, int64_t begin, double damp, double* u) const {
  const auto n = static_cast<size_t>(std::min(block_, rows_ - begin)), stride = static_cast<size_t>(block_);
  // H = M Mᵀ with M upper, from the last row up; then U = M^-1, since H^-1 = M^-ᵀ M^-1.
  const float* upper = upper_.data() + static_cast<size_t>(group * rows_ + begin) * stride;
  std::vector<double> m(n * n);
  const double kept = alike() / (alike() + static_cast<double>(n)) / windows_;
  for (size_t i = 0; i < n; ++i) {
    m[i * n + i] = of(group, begin + static_cast<int64_t>(i)) + damp;
    for (size_t j = i + 1; j < n; ++j) m[i * n + j] = static_cast<double>(upper[i * stride + j]) * kept;
  }
  std::vector<double> column(n);
  for (size_t k = n; k-- > 0;) {
    const double pivot = std::sqrt(std::max(m[k * n + k], 1e-30));
    m[k * n + k] = pivot;
    for (size_t i = 0; i < k; ++i) column[i] = m[i * n + k] /= pivot;
    for (size_t i = 0; i < k; ++i) {
      const double factor = column[i];
      if (factor == 0) continue;
      for (size_t j = i; j < k; ++j) m[i * n + j] -= factor * column[j];
    }
  }
  for (size_t i = n; i-- > 0;) {
    u[i * stride + i] = 1 / m[i * n + i];
    for (size_t k = i + 1; k < n; ++k) {
      const double factor = m[k + i * n] * u[i * stride + i];
      if (factor == 0) continue;
      for (size_t j = k; j < n; ++j) u[i * stride + j] -= factor * u[k * stride + j];
    }
  }
}

}  // namespace rivulet::prepare
