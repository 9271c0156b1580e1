// Weights fitted anew to inputs that have changed: those of a product behind others that were quantised.
#ifndef RIVULET_PREPARE_SQUEEZE_REFIT_H_
#define RIVULET_PREPARE_SQUEEZE_REFIT_H_

#include <cstdint>
#include <vector>

#include "prepare/squeeze/second_moments.h"
#include "prepare/squeeze/weights.h"

namespace rivulet::prepare {

// Windows of a product's input in the network as it was, in the order in which they are met; each counts `times`.
struct SeenWindows {
  std::vector<float> values;
  std::vector<float> times;

  // Of more rows nothing is fitted: there are not windows enough.
  static constexpr int64_t kMostRows = 1024;
  static int64_t Wanted(const Weight& weight) { return 2000 + 4 * weight.rows(); }

  void Add(const Weight& weight, const float* window, double counts);
};

// The same windows as they are now.
class Refit {
 public:
  // Both outlive it.
  Refit(const Weight& weight, const SeenWindows& before);

  void Add(const float* window);

  // Whether all windows were seen again.
  bool IsWhole() const { return seen_ == before_.times.size() && seen_ > 0; }
  // W + E[x xᵀ]^-1 E[x dᵀ] W for inputs x that were x + d: what makes the product what it was, as far as x tells. With
  // a bias, which makes up for the means, of what x and d are about theirs.
  std::vector<float> Values() const;
  // By how much the mean of a row's input fell.
  double Fall(int64_t group, int64_t row) const {
    return falls_[static_cast<size_t>(group * rows_ + row)] / now_.windows();
  }

 private:
  const Weight& weight_;
  const SeenWindows& before_;
  int64_t rows_;
  size_t seen_ = 0;
  SecondMoments now_;
  std::vector<double> falls_;
  std::vector<float> cross_;  // sums of x dᵀ, of each group
  std::vector<float> fall_;   // of one window
};

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_REFIT_H_
