#include <algorithm>
#include <cmath>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

constexpr int64_t kTime = 3, kBatch = 2, kInput = 2, kCell = 2;
// x, cs_prev, h_prev, w, wci, wcf, wco, b
constexpr size_t kOperands = 8;

// Numbers in [-0.5, 0.5] that repeat nothing.
Tensor Numbers(const Shape& shape, float seed) {
  Tensor tensor = Zeros(DType::kFloat, shape);
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    tensor.data<float>()[i] = 0.5f * std::sin(seed + 2.7f * static_cast<float>(i));
  }
  return tensor;
}

std::vector<Tensor> Operands() {
  const Shape shapes[kOperands] = {{kTime, kBatch, kInput},
                                   {kBatch, kCell},
                                   {kBatch, kCell},
                                   {kInput + kCell, 4 * kCell},
                                   {kCell},
                                   {kCell},
                                   {kCell},
                                   {4 * kCell}};
  std::vector<Tensor> operands;
  for (const Shape& shape : shapes) operands.push_back(Numbers(shape, static_cast<float>(operands.size())));
  return operands;
}

struct Form {
  const char* op;
  const char* grad;
  bool peephole;
  int64_t steps;
};

std::vector<Tensor> Forward(const Form& form, const std::vector<Tensor>& operands) {
  OpTester tester(form.op);
  tester.Attr("use_peephole", form.peephole).Input(I64({}, {form.steps}));
  for (const Tensor& operand : operands) tester.Input(operand);
  auto got = tester.Run();
  EXPECT_TRUE(got.ok());
  return got.ok() ? *got : std::vector<Tensor>();
}

double Dot(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (int64_t i = 0; i < a.num_elements(); ++i) sum += static_cast<double>(a.data<float>()[i]) * b.data<float>()[i];
  return sum;
}

// Of sum(cs * cs_grad) + sum(h * h_grad), the difference quotients of the forward operator.
void Check(const Form& form) {
  const std::vector<Tensor> operands = Operands();
  const Shape states{kTime, kBatch, kCell};
  Tensor cs_grad = Numbers(states, 20), h_grad = Numbers(states, 30);
  // Of steps that were not taken nothing comes.
  const int64_t taken = form.steps * kBatch * kCell;
  std::fill(cs_grad.data<float>() + taken, cs_grad.data<float>() + cs_grad.num_elements(), 0.0f);
  std::fill(h_grad.data<float>() + taken, h_grad.data<float>() + h_grad.num_elements(), 0.0f);

  OpTester tester(form.grad);
  tester.Attr("use_peephole", form.peephole).Input(I64({}, {form.steps}));
  for (const Tensor& operand : operands) tester.Input(operand);
  const std::vector<Tensor> outputs = Forward(form, operands);
  ASSERT_EQ(outputs.size(), 7u);
  for (const Tensor& output : outputs) tester.Input(output);
  const auto got = tester.Input(cs_grad).Input(h_grad).Run();
  ASSERT_TRUE(got.ok()) << got.status().message();

  const auto loss = [&](const std::vector<Tensor>& at) {
    const std::vector<Tensor> y = Forward(form, at);
    return Dot(y[1], cs_grad) + Dot(y[6], h_grad);
  };
  constexpr float kStep = 1.0f / 64;
  for (size_t k = 0; k < kOperands; ++k) {
    for (int64_t i = 0; i < operands[k].num_elements(); ++i) {
      double ends[2];
      for (int side = 0; side < 2; ++side) {
        std::vector<Tensor> moved = operands;
        moved[k] = Zeros(DType::kFloat, operands[k].shape());
        std::copy_n(operands[k].data<float>(), operands[k].num_elements(), moved[k].data<float>());
        moved[k].data<float>()[i] += side == 0 ? -kStep : kStep;
        ends[side] = loss(moved);
      }
      EXPECT_NEAR((*got)[k].data<float>()[i], (ends[1] - ends[0]) / (2 * kStep), 1e-3)
          << form.grad << ", operand " << k << ", element " << i;
    }
  }
}

TEST(BlockLstmGrad, IsTheGradientOfTheForwardOperator) {
  for (const bool peephole : {false, true}) {
    Check({"BlockLSTM", "BlockLSTMGrad", peephole, kTime});
    Check({"BlockLSTMV2", "BlockLSTMGradV2", peephole, kTime});
  }
}

TEST(BlockLstmGrad, OfFewerSteps) {
  Check({"BlockLSTM", "BlockLSTMGrad", true, 1});
  Check({"BlockLSTMV2", "BlockLSTMGradV2", false, 0});
}

}  // namespace
}  // namespace rivulet
