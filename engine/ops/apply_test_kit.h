// For unit tests of the operators that apply gradients: runs one step on variables of its own.
//
//   EXPECT_TRUE(Same(Applied(OpTester("ApplyGradientDescent"), {F32({1}, {10})}, {F32({}, {0.5f}), F32({1}, {4})}),
//                    F32({1}, {8})));
#ifndef RIVULET_ENGINE_OPS_APPLY_TEST_KIT_H_
#define RIVULET_ENGINE_OPS_APPLY_TEST_KIT_H_

#include <memory>
#include <vector>

#include "engine/ops/op_test_kit.h"
#include "engine/ops/variable.h"

namespace rivulet {

// The values of all variables after the step, in the order of the operator's inputs, which begin with them.
inline Result<std::vector<Tensor>> Applied(OpTester op, const std::vector<Tensor>& variables,
                                           const std::vector<Tensor>& inputs) {
  std::vector<std::shared_ptr<Variable>> held;
  for (const Tensor& value : variables) {
    held.push_back(std::make_shared<Variable>(value.dtype(), value.shape()));
    EXPECT_TRUE(held.back()->Assign(value).ok());
    op.Input(ScalarOf(DType::kResource, held.back()));
  }
  for (const Tensor& input : inputs) op.Input(input);
  const auto done = op.Attr("T", variables[0].dtype()).Run();
  if (!done.ok()) return done.status();
  std::vector<Tensor> after;
  for (const auto& variable : held) {
    Result<Tensor> value = variable->Read();
    if (!value.ok()) return value.status();
    after.push_back(std::move(*value));
  }
  return after;
}

// A scalar of float32, and a vector of one.
inline Tensor Scalar(float value) { return F32({}, {value}); }
inline Tensor One(float value) { return F32({1}, {value}); }

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_APPLY_TEST_KIT_H_
