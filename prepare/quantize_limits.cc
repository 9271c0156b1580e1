#include "prepare/quantize_limits.h"

#include <algorithm>
#include <string_view>

#include "engine/ops/op.h"
#include "prepare/graph_edit.h"
#include "prepare/names.h"

namespace rivulet::prepare {
namespace {

template <size_t N>
bool IsOneOf(const std::string& op, const std::string_view (&ops)[N]) {
  return std::find(std::begin(ops), std::end(ops), op) != std::end(ops);
}

constexpr std::string_view kRoots[] = {"Rsqrt", "Sqrt", "Reciprocal", "Inv", "Log", "Log1p", "Pow"};
constexpr std::string_view kQuotients[] = {"RealDiv", "Div", "DivNoNan", "Xdivy", "FloorDiv", "TruncateDiv"};
constexpr std::string_view kArithmetic[] = {"Add",     "AddV2",   "Sub",     "Mul",  "Square", "SquaredDifference",
                                            "Maximum", "Minimum", "Reshape", "Neg",  "Mean",   "ExpandDims",
                                            "Sum",     "Squeeze", "Relu",    "AddN", "Abs",    "Identity"};

}  // namespace

NameSet BehindFoundShapes(const std::vector<const NodeDef*>& order) {
  NameSet behind;
  for (const NodeDef* node : order) {
    const OpDef* def = FindOp(node->op);
    bool found = def != nullptr && (def->flags & kDataDependent) != 0 && NumDataInputs(*node) > 0 &&
                 !node->op.starts_with("TensorArray") && !node->op.starts_with("Decode");
    for (const std::string& input : node->inputs) {
      const InputName name = ParseInput(input);
      found |= !name.is_control && behind.contains(std::string(name.node));
    }
    if (found) behind.insert(node->name);
  }
  return behind;
}

NameSet BeforeRoots(const std::vector<const NodeDef*>& order) {
  NameSet before;
  // From the results back to what they are made of.
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    const NodeDef& node = **it;
    const bool passes = before.contains(node.name) && IsOneOf(node.op, kArithmetic);
    const bool is_root = IsOneOf(node.op, kRoots), is_quotient = IsOneOf(node.op, kQuotients);
    for (size_t i = 0; i < NumDataInputs(node); ++i) {
      if (passes || is_root || (is_quotient && i == 1)) before.emplace(ParseInput(node.inputs[i]).node);
    }
  }
  NameSet arithmetic;
  for (const NodeDef* node : order) {
    if (before.contains(node->name) && IsOneOf(node->op, kArithmetic)) arithmetic.insert(node->name);
  }
  return arithmetic;
}

}  // namespace rivulet::prepare
