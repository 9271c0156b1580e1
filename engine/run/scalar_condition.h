// A loop's condition that is no more than a few comparisons of integers: asked without running its plan.
#ifndef RIVULET_ENGINE_RUN_SCALAR_CONDITION_H_
#define RIVULET_ENGINE_RUN_SCALAR_CONDITION_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/run/plan.h"

namespace rivulet {

class ScalarCondition {
 public:
  // Of a plan whose one fetch is a comparison of int32 scalars, each an argument or a constant, or several of them with
  // LogicalAnd between; nullopt of any other.
  static std::optional<ScalarCondition> Read(const Plan& plan);

  // Nullopt where an argument is not what the plan was made for, which the plan then says.
  std::optional<bool> Holds(std::span<const Tensor> arguments) const;

 private:
  struct Operand {
    int32_t argument = -1;  // or the constant
    int32_t constant = 0;
  };
  struct Comparison {
    bool less, equal, greater;  // which of the three outcomes makes it true
    Operand operands[2];
  };

  bool Add(const Plan& plan, int32_t slot);
  static std::optional<Operand> OperandIn(const Plan& plan, int32_t slot);

  std::vector<Comparison> all_of_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_SCALAR_CONDITION_H_
