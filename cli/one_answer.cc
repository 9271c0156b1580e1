#include "cli/one_answer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "engine/base/errors.h"

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

// How many rows have which best.
using Bests = std::map<int64_t, int64_t>;

void AddBest(const Tensor& tensor, Bests* best) {
  const int64_t width = tensor.dim(tensor.rank() - 1);
  for (int64_t row = 0; row < tensor.num_elements(); row += width) {
    const float* start = tensor.data<float>() + row;
    ++(*best)[std::max_element(start, start + width) - start];
  }
}

bool HasRows(const Tensor& tensor) {
  return tensor.dtype() == DType::kFloat && (tensor.rank() == 1 || tensor.rank() == 2) && tensor.num_elements() > 0 &&
         tensor.dim(tensor.rank() - 1) > 1;
}

bool IsSame(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (a.dtype() == DType::kInt32 || a.dtype() == DType::kInt64) {
    return a.bytes() == 0 || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
  }
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
    Bests best;
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

std::string FewAnswersNote(const std::vector<std::vector<Tensor>>& results) {
  constexpr double kTellsLittle = 0.9;
  std::string note;
  for (size_t k = 0; !results.empty() && k < results[0].size(); ++k) {
    Bests best;
    int64_t rows = 0, most = 0;
    for (const std::vector<Tensor>& result : results) {
      if (!HasRows(result[k])) return "";
      AddBest(result[k], &best);
    }
    for (const auto& [answer, count] : best) {
      rows += count;
      most = std::max(most, count);
    }
    if (rows < 2 || static_cast<double>(most) < kTellsLittle * static_cast<double>(rows)) return "";
    note = Cat(most, " of your ", rows, " inputs get the same best answer, so that it stays the same tells little; ",
               "better inputs are of many classes, and a trained network tells them apart");
  }
  return note;
}

}  // namespace rivulet::cli
