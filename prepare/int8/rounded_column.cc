#include "prepare/int8/rounded_column.h"

#include <algorithm>
#include <cmath>

namespace rivulet::prepare {
namespace {

constexpr double kLastCode = 127;
// Smaller steps than these are no normal numbers.
constexpr float kLeastMax = 1e-30f;
constexpr int kLeastPercent = 70, kPercents = 2;
// With errors made up for, one try costs the square of the rows.
constexpr int kPercentsOfStudied = 5;

double Code(double value, double step) { return std::clamp(std::floor(value / step + 0.5), -kLastCode, kLastCode); }

// Writes codes for the step, gives their cost.
double RoundNearest(const std::vector<float>& column, double step, std::vector<int8_t>* codes) {
  double cost = 0;
  for (size_t k = 0; k < column.size(); ++k) {
    const auto value = static_cast<double>(column[k]);
    const double code = Code(value, step);
    (*codes)[k] = static_cast<int8_t>(code);
    cost += (value - code * step) * (value - code * step);
  }
  return cost;
}

double RoundMakingUp(const std::vector<float>& column, const ErrorMeasure& measure, int64_t group, double step,
                     std::vector<int8_t>* codes) {
  double cost = 0;
  std::vector<double> rest(column.begin(), column.end());
  for (size_t k = 0; k < rest.size(); ++k) {
    const double code = Code(rest[k], step);
    (*codes)[k] = static_cast<int8_t>(code);
    const double error = rest[k] - code * step;
    const double* root = measure.root_row(static_cast<int64_t>(k), group);
    if (root == nullptr) {
      cost += error * error * measure.cost(static_cast<int64_t>(k), group);
      continue;
    }
    const double off = error / root[0];
    cost += off * off;
    const auto end = static_cast<size_t>(measure.block_end(static_cast<int64_t>(k)));
    for (size_t i = k + 1; i < end; ++i) rest[i] -= off * root[i - k];
  }
  return cost;
}

}  // namespace

RoundedColumn RoundColumn(const std::vector<float>& column, const StudiedFilter* studied, int64_t at) {
  RoundedColumn best{std::vector<int8_t>(column.size()), 1};
  float largest = 0;
  for (const float weight : column) largest = std::max(largest, std::abs(weight));
  if (largest < kLeastMax) return best;  // zeros, for which any step will do
  std::vector<int8_t> codes(column.size());
  double least = -1;
  for (int percent = 100; percent >= kLeastPercent; percent -= studied ? kPercentsOfStudied : kPercents) {
    const float max = largest * static_cast<float>(percent) / 100;
    const double step = static_cast<double>(max / static_cast<float>(kLastCode));
    const double cost = studied ? RoundMakingUp(column, studied->measure, studied->weight.group_of(at), step, &codes)
                                : RoundNearest(column, step, &codes);
    if (least >= 0 && cost >= least) continue;
    least = cost;
    best.max = max;
    best.codes = codes;
  }
  return best;
}

}  // namespace rivulet::prepare
