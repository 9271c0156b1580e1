#include "cli/one_answer.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace rivulet::cli {
namespace {

constexpr double kMoves = 1e-3;

// Rows that are probabilities of several classes.
bool AreProbabilities(const Tensor& tensor) {
  if (tensor.dtype() != DType::kFloat || tensor.rank() < 1 || tensor.rank() > 2 || tensor.num_elements() == 0) {
    return false;
  }
  const int64_t width = tensor.dim(tensor.rank() - 1);
  for (int64_t row = 0; row < tensor.num_elements(); row += width) {
    double sum = 0;
    for (int64_t i = row; i < row + width; ++i) {
      const float value = tensor.data<float>()[i];
      if (!(value >= 0)) return false;
      sum += static_cast<double>(value);
    }
    if (std::abs(sum - 1) > 1e-3) return false;
  }
  return width > 1;
}

void AddBest(const Tensor& tensor, std::set<int64_t>* best) {
  const int64_t width = tensor.dim(tensor.rank() - 1);
  for (int64_t row = 0; row < tensor.num_elements(); row += width) {
    const float* start = tensor.data<float>() + row;
    best->insert(std::max_element(start, start + width) - start);
  }
}

bool IsSame(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (a.dtype() == DType::kInt32) return std::ranges::equal(a.values<int32_t>(), b.values<int32_t>());
  if (a.dtype() == DType::kInt64) return std::ranges::equal(a.values<int64_t>(), b.values<int64_t>());
  if (a.dtype() != DType::kFloat) return false;
  double largest = 0, moved = 0;
  for (int64_t i = 0; i < a.num_elements(); ++i) {
    const auto x = static_cast<double>(a.data<float>()[i]), y = static_cast<double>(b.data<float>()[i]);
    largest = std::max(largest, std::abs(x));
    moved = std::max(moved, std::abs(x - y));
  }
  return moved <= kMoves * largest;
}

}  // namespace

bool AllGetOneAnswer(const std::vector<std::vector<Tensor>>& results) {
  if (results.size() < 2) return false;
  for (size_t k = 0; k < results[0].size(); ++k) {
    std::set<int64_t> best;
    bool are_scores = true, are_same = true;
    for (const std::vector<Tensor>& result : results) {
      are_scores = are_scores && AreProbabilities(result[k]);
      if (are_scores) AddBest(result[k], &best);
      are_same = are_same && IsSame(results[0][k], result[k]);
    }
    if (are_scores ? best.size() > 1 : !are_same) return false;
  }
  return true;
}

}  // namespace rivulet::cli
