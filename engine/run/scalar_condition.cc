#include "engine/run/scalar_condition.h"

#include <algorithm>
#include <string_view>

namespace rivulet {
namespace {

struct Outcomes {
  std::string_view op;
  bool less, equal, greater;
};
constexpr Outcomes kComparisons[] = {
    {"Less", true, false, false},        {"LessEqual", true, true, false}, {"Greater", false, false, true},
    {"GreaterEqual", false, true, true}, {"Equal", false, true, false},    {"NotEqual", true, false, true},
};

bool IsIntegerScalar(DType dtype, const Shape& shape) {
  return dtype == DType::kInt32 && shape.has_rank() && shape.rank() == 0;
}

// The step whose first output `slot` is, or null.
const Step* MakerOf(const Plan& plan, int32_t slot) {
  for (const Step& step : plan.steps) {
    if (step.num_outputs == 1 && plan.operands[static_cast<size_t>(step.first_output)] == slot) return &step;
  }
  return nullptr;
}

}  // namespace

std::optional<ScalarCondition> ScalarCondition::Read(const Plan& plan) {
  ScalarCondition condition;
  if (plan.fetch_slots.size() != 1 || !condition.Add(plan, plan.fetch_slots[0])) return std::nullopt;
  return condition;
}

// Whether what `slot` holds could be added to what must be true.
bool ScalarCondition::Add(const Plan& plan, int32_t slot) {
  constexpr size_t kMost = 4;
  const Step* const step = MakerOf(plan, slot);
  if (step == nullptr || step->kind != Step::Kind::kRun || step->num_inputs != 2 || all_of_.size() == kMost) {
    return false;
  }
  const int32_t left = plan.operands[static_cast<size_t>(step->first_input)];
  const int32_t right = plan.operands[static_cast<size_t>(step->first_input) + 1];
  const std::string_view op = step->def->name;
  if (op == "LogicalAnd") return left != right && Add(plan, left) && Add(plan, right);
  for (const Outcomes& known : kComparisons) {
    if (op != known.op) continue;
    const std::optional<Operand> a = OperandIn(plan, left);
    const std::optional<Operand> b = OperandIn(plan, right);
    if (!a || !b) return false;
    all_of_.push_back({known.less, known.equal, known.greater, {*a, *b}});
    return true;
  }
  return false;
}

std::optional<ScalarCondition::Operand> ScalarCondition::OperandIn(const Plan& plan, int32_t slot) {
  const Slot& held = plan.slots[static_cast<size_t>(slot)];
  if (!IsIntegerScalar(held.dtype, held.shape)) return std::nullopt;
  if (held.kind == Slot::Kind::kConstant) return Operand{-1, held.constant.data<int32_t>()[0]};
  const auto feed = std::find(plan.feed_slots.begin(), plan.feed_slots.end(), slot);
  if (feed == plan.feed_slots.end()) return std::nullopt;
  return Operand{static_cast<int32_t>(feed - plan.feed_slots.begin()), 0};
}

std::optional<bool> ScalarCondition::Holds(std::span<const Tensor> arguments) const {
  for (const Comparison& comparison : all_of_) {
    int32_t values[2];
    for (int i = 0; i < 2; ++i) {
      const Operand& operand = comparison.operands[i];
      values[i] = operand.constant;
      if (operand.argument < 0) continue;
      const Tensor& argument = arguments[static_cast<size_t>(operand.argument)];
      if (!IsIntegerScalar(argument.dtype(), argument.shape())) return std::nullopt;
      values[i] = argument.data<int32_t>()[0];
    }
    const auto [left, right] = values;
    if (!(left < right ? comparison.less : left == right ? comparison.equal : comparison.greater)) return false;
  }
  return true;
}

}  // namespace rivulet
