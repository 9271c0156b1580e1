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

// A scalar, or of a shape that the file does not tell.
bool MayBeScalar(const NodeDef& node) {
  const Attr* attr = node.Find("shape");
  const std::optional<Shape> shape = attr == nullptr ? std::nullopt : attr->AsShape();
  return !shape || !shape->has_rank() || shape->rank() == 0;
}

// The value in use of what by its name and type is a switch of training.
std::optional<Tensor> ValueInUse(const NodeDef& node) {
  const DType type = TypeAttr(node, "dtype");
  if (!MayBeScalar(node)) return std::nullopt;
  if (type == DType::kBool && Mentions(node.name, {"train", "learning_phase", "phase"})) {
    const bool in_use = Mentions(node.name, {"inference", "eval", "test"});
    return Tensor::Scalar<bool>(in_use);
  }
  if (type != DType::kFloat) return std::nullopt;
  if (Mentions(node.name, {"keep_prob", "keep_rate", "keepprob"})) return Tensor::Scalar<float>(1.0f);
  if (Mentions(node.name, {"dropout", "drop_rate", "drop_prob"})) {
    return Tensor::Scalar<float>(Mentions(node.name, {"keep"}) ? 1.0f : 0.0f);
  }
  return std::nullopt;
}

Status SetSwitches(GraphDef& graph, const TransformContext& context) {
  const auto is_fed = [&](const NodeDef& node) {
    return std::any_of(context.inputs.begin(), context.inputs.end(),
                       [&](const std::string& input) { return ParseInput(input).node == node.name; });
  };
  for (NodeDef& node : graph.nodes) {
    if (!IsPlaceholder(node) || is_fed(node)) continue;
    const std::optional<Tensor> value = ValueInUse(node);
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

const Transform kSetTrainingSwitches = {"set_training_switches", "", SetSwitches, Promise::kCallers};

}  // namespace rivulet::prepare
