// What a product's inputs are like: E[x xᵀ] over the windows that its filter meets, which tells what an error of the
// filter does to the product: an error e of a column costs eᵀ E[x xᵀ] e. A depthwise filter has such a matrix for each
// channel.
#ifndef RIVULET_PREPARE_SQUEEZE_SECOND_MOMENTS_H_
#define RIVULET_PREPARE_SQUEEZE_SECOND_MOMENTS_H_

#include <cstdint>
#include <vector>

#include "prepare/squeeze/weights.h"

namespace rivulet::prepare {

class SecondMoments {
 public:
  // Of more rows only blocks along the diagonal are kept: what lies far apart in a window goes together least.
  static constexpr int64_t kMostRows = 2560, kBlockRows = 256;

  explicit SecondMoments(const Weight& weight);

  // An activation of the weight's input, which counts `times`. At most `most` of its windows are looked at, spread
  // evenly.
  void Add(const Tensor& input, int64_t most, double times = 1);
  // One of them, as ForWindows gives it.
  void AddWindow(const float* window, double times = 1);

  // The rows that a row's block has: from `begin` to `begin` + block(), or to the last one.
  int64_t block() const { return block_; }
  double windows() const { return windows_; }
  // How many windows that count alike would tell as much.
  double alike() const { return squares_ > 0 ? windows_ * windows_ / squares_ : 0; }
  double mean(int64_t group, int64_t row) const { return sum_[static_cast<size_t>(group * rows_ + row)] / windows_; }
  // E[x²] of a row. A few windows as the group's average one are counted too: what was zero so far may not stay so.
  double of(int64_t group, int64_t row) const;

  // U with E[x xᵀ]^-1 = Uᵀ U, upper; rows × block(), each row's own block of it. What lies off the diagonal is made
  // smaller where there were few windows for so many rows, and a hundredth of the mean diagonal is added to it. Empty
  // where there was no window.
  std::vector<double> InverseRoot(int64_t group) const;

 private:
  void AddGroup(int64_t group, const float* window, double times);
  void InvertBlock(int64_t group, int64_t begin, double damp, double* u) const;

  Weight weight_;  // without its values
  int64_t rows_;
  int64_t block_;
  double windows_ = 0;
  double squares_ = 0;
  std::vector<double> sum_;
  std::vector<double> diagonal_;
  std::vector<double> totals_;  // of each group's diagonal
  std::vector<float> upper_;    // upper triangles of the blocks, the rest is zero; rows × block
};

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_SECOND_MOMENTS_H_
