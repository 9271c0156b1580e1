#include <algorithm>
#include <cstdio>

#include "engine/base/errors.h"
#include "prepare/graph_edit.h"
#include "prepare/training_leftovers.h"

namespace rivulet::prepare {
namespace {

// The one value of a constant scalar.
std::optional<float> ScalarBehind(GraphEdit& edit, const NodeDef& node, size_t input) {
  const std::optional<ConstInput> constant = edit.ReadConst(node, input);
  if (!constant || constant->value.num_elements() != 1 || constant->value.dtype() != DType::kFloat) return std::nullopt;
  return constant->value.data<float>()[0];
}

bool DrawsUniform(const NodeDef& node) {
  return node.op == "RandomUniform" || node.op == "StatelessRandomUniform" || node.op == "StatelessRandomUniformV2";
}

// A random number from 0 up to, and without, 1, perhaps as TensorFlow writes it out, times 1 plus 0.
bool IsUniform(GraphEdit& edit, const NodeDef* node) {
  for (int hops = 0; node != nullptr && hops < 8; ++hops) {
    if (DrawsUniform(*node)) return true;
    const bool adds = node->op == "Add" || node->op == "AddV2", multiplies = node->op == "Mul";
    if (node->op != "Identity" && !adds && !multiplies) return false;
    size_t side = 0;
    if (adds || multiplies) {
      const float wanted = adds ? 0.0f : 1.0f;
      if (ScalarBehind(edit, *node, 1) != wanted) {
        if (ScalarBehind(edit, *node, 0) != wanted) return false;
        side = 1;
      }
    }
    node = edit.Producer(*node, side);
  }
  return false;
}

const NodeDef* ThroughIdentity(GraphEdit& edit, const NodeDef* node) {
  for (int hops = 0; node != nullptr && node->op == "Identity" && hops < 8; ++hops) node = edit.Producer(*node, 0);
  return node;
}

// How much a mask keeps: Floor(k + u), Cast(u >= rate). Nothing for what is no mask.
std::optional<float> KeptBy(GraphEdit& edit, const NodeDef* mask) {
  mask = ThroughIdentity(edit, mask);
  if (mask == nullptr) return std::nullopt;
  if (mask->op == "Cast") return KeptBy(edit, edit.Producer(*mask, 0));
  if (mask->op == "GreaterEqual") {
    const std::optional<float> rate = ScalarBehind(edit, *mask, 1);
    if (!rate || !IsUniform(edit, edit.Producer(*mask, 0))) return std::nullopt;
    return 1 - *rate;
  }
  if (mask->op != "Floor") return std::nullopt;
  const NodeDef* sum = ThroughIdentity(edit, edit.Producer(*mask, 0));
  if (sum == nullptr || (sum->op != "Add" && sum->op != "AddV2")) return std::nullopt;
  for (size_t side = 0; side < 2; ++side) {
    const std::optional<float> kept = ScalarBehind(edit, *sum, side);
    if (kept && IsUniform(edit, edit.Producer(*sum, 1 - side))) return kept;
  }
  return std::nullopt;
}

// What is behind RealDiv(x, kept) or Mul(x, 1 / kept): the other half of dropout, which keeps the mean.
std::optional<std::string> Unscaled(GraphEdit& edit, const NodeDef& node, size_t input, float kept) {
  const NodeDef* scaled = edit.Producer(node, input);
  const auto is_near = [](std::optional<float> value, float wanted) {
    return value && std::abs(*value - wanted) <= 1e-5f * std::abs(wanted);
  };
  if (scaled != nullptr && (scaled->op == "RealDiv" || scaled->op == "Div") &&
      is_near(ScalarBehind(edit, *scaled, 1), kept)) {
    return scaled->inputs[0];
  }
  if (scaled != nullptr && scaled->op == "Mul") {
    for (size_t side = 0; side < 2; ++side) {
      if (is_near(ScalarBehind(edit, *scaled, 1 - side), 1 / kept)) return scaled->inputs[side];
    }
  }
  // What keeps all needs no scale.
  return kept == 1 ? std::optional<std::string>(node.inputs[input]) : std::nullopt;
}

struct Dropout {
  std::string source;
  float kept = 1;
};

std::optional<Dropout> ReadDropout(GraphEdit& edit, const NodeDef& node) {
  if (node.op == "Mul" && NumDataInputs(node) == 2) {
    for (size_t side = 0; side < 2; ++side) {
      const std::optional<float> kept = KeptBy(edit, edit.Producer(node, 1 - side));
      if (!kept || *kept <= 0 || *kept > 1) continue;
      if (std::optional<std::string> source = Unscaled(edit, node, side, *kept)) return Dropout{*source, *kept};
    }
  }
  if ((node.op == "SelectV2" || node.op == "Select") && NumDataInputs(node) == 3) {
    const std::optional<float> kept = KeptBy(edit, edit.Producer(node, 0));
    const std::optional<ConstInput> other = edit.ReadConst(node, 2);
    if (!kept || *kept <= 0 || *kept > 1 || !other || other->value.dtype() != DType::kFloat) return std::nullopt;
    const auto values = other->value.values<float>();
    if (std::any_of(values.begin(), values.end(), [](float v) { return v != 0; })) return std::nullopt;
    if (std::optional<std::string> source = Unscaled(edit, node, 1, *kept)) return Dropout{*source, *kept};
  }
  return std::nullopt;
}

Status DropDropout(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, context));
  std::vector<std::string> names;
  for (const NodeDef* node : edit.Nodes()) names.push_back(node->name);
  for (const std::string& name : names) {
    NodeDef* node = edit.Find(name);
    if (node == nullptr) continue;
    const std::optional<Dropout> dropout = ReadDropout(edit, *node);
    if (!dropout || !context.MayRewrite(name)) continue;
    if (dropout->kept != 1 && context.report != nullptr) {
      char share[32];
      std::snprintf(share, sizeof(share), "%g", static_cast<double>(dropout->kept));
      context.report(Cat("node '", name, "' was dropout still at work, keeping ", share, "; now it keeps all"));
    }
    NodeDef identity{.name = name, .op = "Identity"};
    identity.attrs["T"] = Attr::OfType(TypeAttr(*node, "T", DType::kFloat));
    identity.inputs = {dropout->source};
    AddWaits(WaitsOf(*node), &identity.inputs);
    edit.Replace(*node, std::move(identity));
  }
  std::move(edit).WriteTo(graph);
  return Status();
}

}  // namespace

const Transform kDropDropout = {"drop_dropout", "", DropDropout, Promise::kLossy};

}  // namespace rivulet::prepare
