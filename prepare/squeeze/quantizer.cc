#include "prepare/squeeze/quantizer.h"

#include <algorithm>
#include <cmath>

#include "prepare/squeeze/level_coder.h"

namespace rivulet::prepare {
namespace {

// Levels are no larger than this; steps are made wider where they would be.
constexpr double kLargest = 60000;

// A step with which the nearest levels of all weights are at most half as large; errors that are made up for may take
// some more.
float WideEnough(const Weight& weight, const QuantizedWeights& of_step_one, float step) {
  double largest = 0;
  for (size_t i = 0; i < weight.values.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    const auto wider = static_cast<double>(of_step_one.StepOf(at) * of_step_one.WiderOf(at));
    largest = std::max(largest, std::abs(static_cast<double>(weight.values[i])) / wider);
  }
  return std::max(step, static_cast<float>(largest / (kLargest / 2)));
}

int32_t Nearest(double value, float step) {
  const double level = std::clamp(value / static_cast<double>(step), -kLargest, kLargest);
  return static_cast<int32_t>(std::lround(level));
}

// The level that costs least: the nearest one, one less, or none.
int32_t Choose(double value, float step, double cost, double price, const LevelStatistics& statistics) {
  const int32_t nearest = Nearest(value, step);
  if (nearest == 0) return 0;
  const int32_t toward = nearest > 0 ? nearest - 1 : nearest + 1;
  const auto total = [&](int32_t level) {
    const double error = value - static_cast<double>(level) * static_cast<double>(step);
    return error * error * cost + price * static_cast<double>(statistics.Cost(level));
  };
  int32_t best = nearest;
  double least = total(nearest);
  for (const int32_t level : {toward, 0}) {
    if (std::abs(nearest) > 3 && level == 0) break;
    const double now = total(level);
    if (now < least) {
      least = now;
      best = level;
    }
  }
  return best;
}

// Rows whose errors are carried on to those far behind them at once: the weights would have to come from memory for
// each row otherwise.
constexpr int64_t kRowsAtOnce = 8;

struct Rows {
  int64_t begin, end;
};

// Takes from the rows `to` what the errors of the rows `of` are to be made up for, in the order of these.
void MakeUpFor(const Weight& weight, const ErrorMeasure& measure, Rows of, const double* errors, Rows to,
               double* rest) {
  const int64_t columns = weight.columns;
  for (int64_t i = to.begin; i < to.end; ++i) {
    double* row = rest + i * columns;
    int64_t k = of.begin;
    const auto share_of = [&](int64_t from) {
      return measure.root_row(from, 0)[i - from] / measure.root_row(from, 0)[0];
    };
    for (; !weight.is_depthwise && k + 4 <= of.end; k += 4) {
      const double *a = errors + (k - of.begin) * columns, *b = a + columns, *c = b + columns, *d = c + columns;
      const double p = share_of(k), q = share_of(k + 1), r = share_of(k + 2), s = share_of(k + 3);
      for (int64_t j = 0; j < columns; ++j) row[j] = row[j] - a[j] * p - b[j] * q - c[j] * r - d[j] * s;
    }
    for (; k < of.end; ++k) {
      const double* error = errors + (k - of.begin) * columns;
      if (!weight.is_depthwise) {
        const double share = share_of(k);
        for (int64_t j = 0; j < columns; ++j) row[j] -= error[j] * share;
        continue;
      }
      for (int64_t j = 0; j < columns; ++j) {
        const double* root = measure.root_row(k, weight.group_of(j));
        row[j] -= error[j] * root[i - k] / root[0];
      }
    }
  }
}

}  // namespace

ErrorMeasure::ErrorMeasure(const Weight& weight, const SecondMoments* moments) : rows_(weight.rows()) {
  if (moments == nullptr || moments->windows() == 0) return;
  const int64_t groups = weight.groups();
  block_ = std::max<int64_t>(1, moments->block());
  std::vector<double> typical;  // of each group
  for (int64_t g = 0; g < groups; ++g) {
    const std::vector<double> root = moments->InverseRoot(g);
    root_.insert(root_.end(), root.begin(), root.end());
    double mean = 0, logs = 0;
    for (int64_t k = 0; k < rows_; ++k) mean += moments->of(g, k) / static_cast<double>(rows_);
    for (int64_t k = 0; k < rows_; ++k) {
      const double pivot = root.empty() ? 0 : root[static_cast<size_t>(k * block_ + k % block_)];
      costs_.push_back(root.empty() ? moments->of(g, k) + 0.01 * mean + 1e-12 : 1 / (pivot * pivot));
      logs += std::log(costs_.back());
    }
    typical.push_back(std::exp(logs / static_cast<double>(rows_)));
  }
  // Channels that were always zero may not be always.
  constexpr double kLeastShare = 1e-4;
  double mean = 0, logs = 0;
  for (const double one : typical) mean += one / static_cast<double>(groups);
  for (double& one : typical) {
    one = std::max({one, kLeastShare * mean, 1e-12});
    logs += std::log(one);
  }
  typical_ = std::exp(logs / static_cast<double>(groups));
  if (rows_ > 1) SetRows(typical);
  if (groups == 1 && weight.importance.empty()) return;
  for (int64_t j = 0; j < weight.columns; ++j) {
    const double own = typical[static_cast<size_t>(weight.group_of(j))] * weight.importance_of(j);
    const double octaves = -0.5 * std::log2(own / typical_);
    quarters_.push_back(static_cast<int32_t>(std::lround(4 * octaves)));
  }
}

// The product of the costs is the determinant of the inputs' moments, in whatever order rows are taken; so the sum of
// what errors of a given number of bits cost is least where step² × cost is the same in all rows.
void ErrorMeasure::SetRows(const std::vector<double>& typical) {
  const auto groups = static_cast<int64_t>(typical.size());
  for (int64_t k = 0; k < rows_; ++k) {
    double octaves = 0;
    for (int64_t g = 0; g < groups; ++g) {
      octaves -= 0.5 * std::log2(cost(k, g) / typical[static_cast<size_t>(g)]) / static_cast<double>(groups);
    }
    row_quarters_.push_back(static_cast<int32_t>(std::lround(4 * octaves)));
  }
  if (std::all_of(row_quarters_.begin(), row_quarters_.end(), [](int32_t q) { return q == 0; })) row_quarters_.clear();
}

double ErrorMeasure::Of(const Weight& weight, const QuantizedWeights& quantized) const {
  const int64_t columns = weight.columns, rows = weight.rows();
  double sum = 0;
  std::vector<double> e(static_cast<size_t>(rows));
  for (int64_t j = 0; j < columns; ++j) {
    const int64_t group = weight.group_of(j);
    for (int64_t k = 0; k < rows; ++k) {
      const int64_t i = k * columns + j;
      e[static_cast<size_t>(k)] =
          static_cast<double>(weight.values[static_cast<size_t>(i)]) - static_cast<double>(quantized.ValueOf(i));
    }
    // Uᵀ z = e, forward; then eᵀ H e = |z|², since H = (Uᵀ U)^-1.
    for (int64_t k = 0; k < rows; ++k) {
      const double* row = root_row(k, group);
      if (row == nullptr) {
        sum += e[static_cast<size_t>(k)] * e[static_cast<size_t>(k)] * cost(k, group) * weight.importance_of(j);
        continue;
      }
      const double z = e[static_cast<size_t>(k)] / row[0];
      sum += z * z * weight.importance_of(j);
      for (int64_t i = k + 1; i < block_end(k); ++i) e[static_cast<size_t>(i)] -= z * row[i - k];
    }
  }
  return sum;
}

QuantizedWeights Quantize(const Weight& weight, const ErrorMeasure& measure, float step, double price,
                          RowSteps rows_as) {
  const int64_t columns = weight.columns, rows = weight.rows();
  QuantizedWeights out{.dtype = weight.dtype, .row = weight.shape.rank() > 1 ? columns : 0, .step = step};
  out.quarters = measure.quarters();
  if (rows_as == RowSteps::kOwn && out.row > 0 && out.row <= LevelContext::kLongestRow)
    out.row_quarters = measure.row_quarters();
  out.step = 1;
  out.step = WideEnough(weight, out, step);
  out.levels.resize(weight.values.size());
  std::vector<float> steps(static_cast<size_t>(columns));
  for (int64_t j = 0; j < columns; ++j) steps[static_cast<size_t>(j)] = out.StepOf(j);
  for (size_t i = 0; i < out.levels.size(); ++i) {
    out.levels[i] = Nearest(static_cast<double>(weight.values[i]),
                            steps[i % static_cast<size_t>(columns)] * out.WiderOf(static_cast<int64_t>(i)));
  }
  LevelStatistics statistics(CodingFor(out, !out.row_quarters.empty()), 0, out.row_quarters);
  std::vector<double> rest(weight.values.begin(), weight.values.end());
  std::vector<double> errors(static_cast<size_t>(kRowsAtOnce * columns));
  for (int64_t begin = 0; begin < rows;) {
    const bool has_root = measure.root_row(begin, 0) != nullptr;
    const int64_t end = std::min({rows, begin + kRowsAtOnce, has_root ? measure.block_end(begin) : rows});
    for (int64_t k = begin; k < end; ++k) {
      const float wider = out.WiderOf(k * columns);
      double* error = errors.data() + (k - begin) * columns;
      for (int64_t j = 0; j < columns; ++j) {
        const auto at = static_cast<size_t>(k * columns + j);
        const float own = steps[static_cast<size_t>(j)] * wider;
        const double cost = measure.cost(k, weight.group_of(j)) * weight.importance_of(j);
        const int32_t level = Choose(rest[at], own, cost, price, statistics);
        statistics.Push(level, nullptr);
        out.levels[at] = level;
        error[j] = rest[at] - static_cast<double>(level) * static_cast<double>(own);
      }
      if (has_root) MakeUpFor(weight, measure, {k, k + 1}, error, {k + 1, end}, rest.data());
    }
    if (has_root) MakeUpFor(weight, measure, {begin, end}, errors.data(), {end, measure.block_end(begin)}, rest.data());
    begin = end;
  }
  return out;
}

Result<Tensor> ValueOf(const Weight& weight, const QuantizedWeights& quantized) {
  RIVULET_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(weight.dtype, weight.shape, *Allocator::Create()));
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    const float value = quantized.ValueOf(i);
    switch (weight.dtype) {
      case DType::kHalf: tensor.data<Half>()[i] = Half(value); break;
      case DType::kBfloat16: tensor.data<BFloat16>()[i] = BFloat16(value); break;
      default: tensor.data<float>()[i] = value;
    }
  }
  return tensor;
}

}  // namespace rivulet::prepare
