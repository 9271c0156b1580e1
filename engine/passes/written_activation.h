// Activations that a graph writes out in parts.
//
//   x * Sigmoid(x)                                                Swish
//   x * Relu6(x + 3) / 6                                          HardSwish
//   x * (1 + Erf(x / sqrt 2)) / 2, x * Erfc(-x / sqrt 2) / 2      GeluExact
//   x * (1 + Tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2           GeluApproximate
//
// Factors may come in any order, and what is constant among them anywhere, as a product or a quotient.
#ifndef RIVULET_ENGINE_PASSES_WRITTEN_ACTIVATION_H_
#define RIVULET_ENGINE_PASSES_WRITTEN_ACTIVATION_H_

#include <string_view>
#include <vector>

#include "engine/passes/match.h"

namespace rivulet {

class WrittenActivations {
 public:
  explicit WrittenActivations(const PassContext& context);

  struct Found {
    int32_t last = -1;      // the node that makes the activation's result
    std::string_view name;  // as fused_ops has it
  };
  // Of output 0 of `node`, where all of its readers are the parts of one activation; null otherwise.
  const Found* Of(int32_t node) const {
    const Found& found = found_[static_cast<size_t>(node)];
    return found.last >= 0 ? &found : nullptr;
  }

 private:
  std::vector<Found> found_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_PASSES_WRITTEN_ACTIVATION_H_
