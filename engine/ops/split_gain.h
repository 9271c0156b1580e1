// What a split of a tree's node is worth: the weights of its leaves and the loss that they save, of sums of gradients
// and hessians.
#ifndef RIVULET_ENGINE_OPS_SPLIT_GAIN_H_
#define RIVULET_ENGINE_OPS_SPLIT_GAIN_H_

#include <cmath>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/stop.h"

namespace rivulet {

// Gains that differ by less count as equal.
inline constexpr float kGainTolerance = 1e-15f;
inline bool GainsAreEqual(float a, float b) { return std::abs(a - b) < kGainTolerance; }
inline bool GainIsLarger(float a, float b) { return a - b >= kGainTolerance; }

// The names of where a split sends values, and missing ones.
inline constexpr std::string_view kInequalityDefaultLeft = "INEQUALITY_DEFAULT_LEFT";
inline constexpr std::string_view kInequalityDefaultRight = "INEQUALITY_DEFAULT_RIGHT";
inline constexpr std::string_view kEqualityDefaultRight = "EQUALITY_DEFAULT_RIGHT";

// The leaf weight w that makes (h + l2) w^2 / 2 + g w + l1 |w| least, and the gain -g w; for several logits g is a
// vector and h either its diagonal or the whole matrix, by columns, and l1 is not used, as in TensorFlow. A singular
// matrix is solved in the part that its largest columns span; one of zeros alone gives no numbers.
class LeafWeights {
 public:
  LeafWeights(int64_t logits, float l1, float l2, const StopToken& stop)
      : logits_(static_cast<size_t>(logits)), l1_(l1), l2_(l2), stop_(stop) {}

  // hessian.size() is 1 for one logit, else logits or logits^2. Gives the gain.
  float Solve(std::span<const float> gradient, std::span<const float> hessian, std::span<float> weight);

 private:
  float SolveOne(float gradient, float hessian, float* weight) const;
  // weight = the solution of matrix_ x = gradient; overwrites the matrix.
  void SolveMatrix(std::span<const float> gradient, std::span<float> weight);

  const size_t logits_;
  const float l1_, l2_;
  const StopToken& stop_;
  std::vector<float> matrix_;  // by columns
  std::vector<float> rest_;
  std::vector<size_t> order_;
};

// The best of the splits of one node that were offered.
class BestSplit {
 public:
  explicit BestSplit(int64_t logits);

  struct Where {
    int32_t dimension = 0;
    int32_t bucket = 0;
    std::string_view type = kInequalityDefaultLeft;
  };

  // `left` and `right` are what the leaves would have: sums of gradients and then hessians.
  void Offer(LeafWeights& weights, std::span<const float> left, std::span<const float> right, const Where& where);

  bool found() const { return gain_ != std::numeric_limits<float>::lowest(); }
  float gain() const { return gain_; }  // of both leaves
  const Where& where() const { return where_; }
  std::span<const float> left_weight() const { return left_weight_; }
  std::span<const float> right_weight() const { return right_weight_; }

 private:
  const size_t logits_;
  float gain_ = std::numeric_limits<float>::lowest();
  Where where_;
  std::vector<float> left_weight_, right_weight_;
  std::vector<float> new_left_weight_, new_right_weight_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_SPLIT_GAIN_H_
