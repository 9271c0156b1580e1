// What a constant's values look like.
#ifndef RIVULET_CLI_VIEW_WEIGHTS_H_
#define RIVULET_CLI_VIEW_WEIGHTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/graph/attr.h"

namespace rivulet::cli::view {

struct WeightFacts {
  static constexpr int kBins = 48;

  double min = 0;
  double max = 0;
  double mean = 0;
  double deviation = 0;
  int64_t count = 0;  // finite values
  int64_t zeros = 0;
  int64_t not_finite = 0;
  std::vector<int64_t> bins;  // of equal width from min to max; empty where all values are one
};

// Of numbers that are finite at least once; nothing for texts, complex numbers and broken literals.
std::optional<WeightFacts> LookAtWeights(const TensorLiteral& literal);

// The first values: "[1, 2, 3, …]", or "3" for a scalar. Texts are quoted and cut.
std::string FirstValues(const TensorLiteral& literal, int most);

// One sentence when the values are not the same; empty when they are.
std::string ValueDifference(const TensorLiteral& before, const TensorLiteral& after);

}  // namespace rivulet::cli::view

#endif  // RIVULET_CLI_VIEW_WEIGHTS_H_
