#include <algorithm>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/graph_edit.h"
#include "prepare/training_leftovers.h"

namespace rivulet::prepare {
namespace {

bool Mentions(std::string name, std::initializer_list<std::string_view> words) {
  for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

Shape ShapeOf(const NodeDef& node) {
  const Attr* attr = node.Find("shape");
  return (attr == nullptr ? std::nullopt : attr->AsShape()).value_or(Shape::UnknownRank());
}

Status SetSwitches(GraphDef& graph, const TransformContext& context) {
  const auto is_fed = [&](const NodeDef& node) {
    return std::any_of(context.inputs.begin(), context.inputs.end(),
                       [&](const std::string& input) { return ParseInput(input).node == node.name; });
  };
  for (NodeDef& node : graph.nodes) {
    if (!IsPlaceholder(node) || is_fed(node)) continue;
    const std::optional<Tensor> value = ValueInUse(node.name, TypeAttr(node, "dtype"), ShapeOf(node));
    if (!value || !context.MayRewrite(node.name)) continue;
    const bool is_bool = value->dtype() == DType::kBool;
    if (context.report != nullptr) {
      const std::string text = is_bool                        ? (value->data<bool>()[0] ? "true" : "false")
                               : value->data<float>()[0] == 1 ? "1"
                                                              : "0";
      context.report(Cat("input '", node.name, "' is ", text, " now: nothing is being trained"));
    }
    NodeDef constant = MakeConst(node.name, *value);
    for (const std::string& wait : WaitsOf(node)) constant.inputs.push_back(wait);
    node = std::move(constant);
  }
  return Status();
}

}  // namespace

std::optional<Tensor> ValueInUse(const std::string& name, DType dtype, const Shape& shape) {
  if (shape.has_rank() && shape.rank() != 0) return std::nullopt;
  if (dtype == DType::kBool && Mentions(name, {"train", "learning_phase", "phase"})) {
    const bool in_use = Mentions(name, {"inference", "eval", "test"});
    return Tensor::Scalar<bool>(in_use);
  }
  if (dtype != DType::kFloat) return std::nullopt;
  if (Mentions(name, {"keep_prob", "keep_rate", "keepprob"})) return Tensor::Scalar<float>(1.0f);
  if (Mentions(name, {"dropout", "drop_rate", "drop_prob"})) {
    return Tensor::Scalar<float>(Mentions(name, {"keep"}) ? 1.0f : 0.0f);
  }
  return std::nullopt;
}

const Transform kSetTrainingSwitches = {"set_training_switches", "", SetSwitches, Promise::kCallers};

}  // namespace rivulet::prepare
