#include "prepare/squeeze/unseen_drop.h"

#include <algorithm>
#include <cmath>

namespace rivulet::prepare {
namespace {

// Of a normal distribution, what a tenth lies above.
constexpr double kTenthAbove = 1.2816;
// Errors that a margin is weighed against.
constexpr size_t kWindow = 32;

double ScoreOf(float value, bool is_probability) {
  const auto score = static_cast<double>(value);
  return is_probability ? std::log(std::max(score, 1e-30)) : score;
}

// Places of the largest values, the largest first; `count` of them, or as many as there are.
std::vector<int64_t> Largest(const float* values, int64_t width, size_t count) {
  std::vector<int64_t> places;
  for (int64_t i = 0; i < width; ++i) {
    const auto before = [&](int64_t place) { return !(values[i] > values[place]); };
    const auto at = std::partition_point(places.begin(), places.end(), before);
    if (at == places.end() && places.size() >= count) continue;
    places.insert(at, i);
    if (places.size() > count) places.pop_back();
  }
  return places;
}

}  // namespace

void AnswerMargins::AddRow(const float* was, int64_t width, bool are_probabilities) {
  const std::vector<int64_t> places = Largest(was, width, 1 + kOthers);
  std::vector<double> margins;
  for (size_t i = 1; i < places.size(); ++i) {
    margins.push_back(ScoreOf(was[places[0]], are_probabilities) - ScoreOf(was[places[i]], are_probabilities));
    if (std::isnan(margins.back())) return;  // no answer that could change
  }
  if (!margins.empty()) margins_.push_back(std::move(margins));
}

void AnswerMargins::AddMoved(const float* was, const float* is, int64_t width, bool are_probabilities) {
  const std::vector<int64_t> places = Largest(was, width, 2);
  if (places.size() < 2) return;
  const auto margin = [&](const float* row) {
    return ScoreOf(row[places[0]], are_probabilities) - ScoreOf(row[places[1]], are_probabilities);
  };
  const double before = margin(was), after = margin(is);
  if (std::isnan(before)) return;
  moved_.push_back({before, std::isfinite(after) ? after - before : HUGE_VAL});
}

std::optional<UnseenDrop> AnswerMargins::Estimate() const {
  if (margins_.size() < kFewestRows || moved_.size() < kFewestRows / 2) return std::nullopt;
  // How large errors are depends on how near the answers are: each margin meets the errors of those with about the
  // same.
  std::vector<Moved> moved = moved_;
  std::sort(moved.begin(), moved.end(), [](const Moved& a, const Moved& b) { return a.margin < b.margin; });
  const size_t window = std::min(kWindow, moved.size());
  std::vector<double> of_rows, of_errors(moved.size());  // what each makes of the share
  for (const std::vector<double>& margins : margins_) {
    const auto is_nearer = [&](const Moved& one) { return one.margin < margins[0]; };
    const auto place = static_cast<size_t>(std::partition_point(moved.begin(), moved.end(), is_nearer) - moved.begin());
    const size_t first = std::min(std::max(place, window / 2) - window / 2, moved.size() - window);
    double share = 0;
    for (size_t i = first; i < first + window; ++i) {
      const double size = std::abs(moved[i].by);
      const auto reached = std::count_if(margins.begin(), margins.end(), [&](double margin) { return size > margin; });
      // An error goes either way alike: half of those that are large enough change the answer.
      const double one = 0.5 * static_cast<double>(reached) / static_cast<double>(window);
      share += one;
      of_errors[i] += one / static_cast<double>(margins_.size());
    }
    of_rows.push_back(std::min(share, 1.0));
  }
  const auto rows = static_cast<double>(of_rows.size());
  UnseenDrop drop{.rows = of_rows.size()};
  for (const double share : of_rows) drop.expected += share / rows;
  double variance = 0;
  for (const double share : of_rows) variance += (share - drop.expected) * (share - drop.expected) / (rows * rows);
  // Errors that reach an answer are rare: the variance of a sum of such is that of their squares.
  for (const double share : of_errors) variance += share * share;
  drop.at_most = drop.expected + kTenthAbove * std::sqrt(variance) + drop.floor();
  return drop;
}

double AtMostDiffer(size_t differing, size_t rows, double confidence) {
  if (rows == 0 || differing >= rows) return 1;
  // The chance of so few, by the share: falls from 1 to 0.
  const auto chance = [&](double share) {
    double sum = 0;
    for (size_t k = 0; k <= differing; ++k) {
      const auto n = static_cast<double>(rows), of = static_cast<double>(k);
      sum += std::exp(std::lgamma(n + 1) - std::lgamma(of + 1) - std::lgamma(n - of + 1) + of * std::log(share) +
                      (n - of) * std::log1p(-share));
    }
    return sum;
  };
  double low = static_cast<double>(differing) / static_cast<double>(rows), high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (chance(middle) > 1 - confidence ? low : high) = middle;
  }
  return high;
}

}  // namespace rivulet::prepare
