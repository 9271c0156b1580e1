#include "prepare/squeeze/refit.h"

namespace rivulet::prepare {

void SeenWindows::Add(const Weight& weight, const float* window, double counts) {
  values.insert(values.end(), window, window + weight.groups() * weight.rows());
  times.push_back(static_cast<float>(counts));
}

Refit::Refit(const Weight& weight, const SeenWindows& before)
    : weight_(weight), before_(before), rows_(weight.rows()), now_(weight) {
  const auto all = static_cast<size_t>(weight.groups() * rows_);
  falls_.resize(all);
  fall_.resize(all);
  cross_.resize(all * static_cast<size_t>(rows_));
}

void Refit::Add(const float* window) {
  if (seen_ >= before_.times.size()) {
    seen_ = before_.times.size() + 1;
    return;
  }
  const float* was = before_.values.data() + seen_ * fall_.size();
  const float times = before_.times[seen_++];
  now_.AddWindow(window, static_cast<double>(times));
  for (size_t i = 0; i < fall_.size(); ++i) {
    fall_[i] = times * (was[i] - window[i]);
    falls_[i] += static_cast<double>(fall_[i]);
  }
  const auto rows = static_cast<size_t>(rows_);
  for (size_t i = 0; i < fall_.size(); ++i) {
    const float x = window[i];
    if (x == 0) continue;
    const float* fall = fall_.data() + i / rows * rows;
    float* sums = cross_.data() + i * rows;
    for (size_t j = 0; j < rows; ++j) sums[j] += x * fall[j];
  }
}

std::vector<float> Refit::Values() const {
  std::vector<float> values = weight_.values;
  const int64_t columns = weight_.columns;
  // Few windows tell little of many rows.
  const double kept = now_.alike() / (now_.alike() + static_cast<double>(rows_)) / now_.windows();
  const bool is_centred = !weight_.bias.empty();
  std::vector<double> sums(static_cast<size_t>(rows_)), rotated(sums.size());
  std::vector<double> root;
  int64_t group = -1;
  for (int64_t j = 0; j < columns; ++j) {
    if (weight_.group_of(j) != group) {
      group = weight_.group_of(j);
      root = now_.InverseRoot(group);
    }
    const auto value = [&](int64_t k) {
      return static_cast<double>(weight_.values[static_cast<size_t>(k * columns + j)]);
    };
    double fall = 0;  // of the product's mean
    for (int64_t k = 0; k < rows_; ++k) fall += Fall(group, k) * value(k);
    for (int64_t i = 0; i < rows_; ++i) {
      const float* cross = cross_.data() + (group * rows_ + i) * rows_;
      double sum = 0;
      for (int64_t k = 0; k < rows_; ++k) sum += static_cast<double>(cross[k]) * value(k);
      sums[static_cast<size_t>(i)] = kept * (sum - (is_centred ? fall * now_.mean(group, i) * now_.windows() : 0));
    }
    // Uᵀ U times it.
    for (int64_t i = 0; i < rows_; ++i) {
      double sum = 0;
      for (int64_t k = i; k < rows_; ++k)
        sum += root[static_cast<size_t>(i * rows_ + k)] * sums[static_cast<size_t>(k)];
      rotated[static_cast<size_t>(i)] = sum;
    }
    for (int64_t k = 0; k < rows_; ++k) {
      double sum = 0;
      for (int64_t i = 0; i <= k; ++i) {
        sum += root[static_cast<size_t>(i * rows_ + k)] * rotated[static_cast<size_t>(i)];
      }
      values[static_cast<size_t>(k * columns + j)] += static_cast<float>(sum);
    }
  }
  return values;
}

}  // namespace rivulet::prepare
