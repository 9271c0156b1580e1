#include "prepare/int8/functions.h"

#include <algorithm>
#include <string_view>

#include "prepare/int8/operators.h"

namespace rivulet::prepare {
namespace {

constexpr size_t kMostOperators = 16;

bool IsElementwise(const NodeDef& node) {
  constexpr std::string_view kOps[] = {"Abs",     "Add",      "AddV2",    "Elu",     "Exp",    "Identity", "Maximum",
                                       "Minimum", "Mul",      "Neg",      "RealDiv", "Relu",   "Relu6",    "Selu",
                                       "Sigmoid", "Softplus", "Softsign", "Sqrt",    "Square", "Sub",      "Tanh"};
  return std::find(std::begin(kOps), std::end(kOps), node.op) != std::end(kOps) && TypeAttr(node, "T") == DType::kFloat;
}

bool IsNumber(GraphEdit& edit, const NodeDef& node, size_t input) {
  const std::optional<ConstInput> constant = edit.ReadConst(node, input);
  return constant && constant->value.num_elements() == 1 && constant->value.rank() == 0;
}

class Reader {
 public:
  Reader(GraphEdit& edit, const std::function<bool(const std::string&)>& is_source)
      : edit_(edit), is_source_(is_source) {}

  std::optional<ElementFunction> Read(const NodeDef& node) {
    if (!IsElementwise(node) || !Walk(node) || function_.source.empty()) return std::nullopt;
    return function_;
  }

 private:
  // Whether each input is a number, the source, or made of those.
  bool Walk(const NodeDef& node) {
    for (size_t i = 0; i < NumDataInputs(node); ++i) {
      if (!IsNumber(edit_, node, i) && !Take(node.inputs[i])) return false;
    }
    return true;
  }

  bool Take(const std::string& edge) {
    if (is_source_(edge)) {
      const std::string source = ToText(ParseInput(edge));
      if (function_.source.empty()) function_.source = source;
      return function_.source == source;
    }
    const InputName name = ParseInput(edge);
    const NodeDef* node = edit_.Find(name.node);
    if (node == nullptr || !IsElementwise(*node)) return false;
    if (std::find(function_.inner.begin(), function_.inner.end(), node) != function_.inner.end()) return true;
    if (function_.inner.size() == kMostOperators) return false;
    function_.inner.push_back(node);
    return Walk(*node);
  }

  GraphEdit& edit_;
  const std::function<bool(const std::string&)>& is_source_;
  ElementFunction function_;
};

}  // namespace

std::optional<ElementFunction> ReadElementFunction(GraphEdit& edit, const NodeDef& node,
                                                   const std::function<bool(const std::string&)>& is_source) {
  // One that only chooses values needs no rounding of its own.
  if (PassedOn(node)) return std::nullopt;
  auto function = Reader(edit, is_source).Read(node);
  if (!function) return std::nullopt;
  const std::vector<NodeDef*> readers = edit.ReadersOf(node);
  const auto goes_on = [&](const NodeDef* reader) {
    const auto longer = Reader(edit, is_source).Read(*reader);
    return longer && longer->source == function->source;
  };
  if (!readers.empty() && std::all_of(readers.begin(), readers.end(), goes_on)) return std::nullopt;
  return function;
}

}  // namespace rivulet::prepare
