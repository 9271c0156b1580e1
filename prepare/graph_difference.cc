#include "prepare/graph_difference.h"

#include <algorithm>
#include <cstring>

#include "engine/base/errors.h"
#include "prepare/graph_text.h"

namespace rivulet::prepare {
namespace {

bool SameTensor(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) return false;
  if (a.dtype() == DType::kString) {
    return std::equal(a.values<std::string>().begin(), a.values<std::string>().end(), b.values<std::string>().begin());
  }
  return ElementBytes(a.dtype()) > 0 && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

bool SameAttr(const Attr& a, const Attr& b) {
  if (a == b) return true;
  const Result<Tensor> tensor_a = a.AsTensor(), tensor_b = b.AsTensor();
  if (tensor_a.ok() && tensor_b.ok()) return SameTensor(*tensor_a, *tensor_b);
  const Result<std::string> text_a = ToAttrText(a), text_b = ToAttrText(b);
  return text_a.ok() && text_b.ok() && *text_a == *text_b;
}

// Data inputs in their order, port 0 not written; then the control inputs by name.
std::vector<std::string> InputsOf(const NodeDef& node) {
  std::vector<std::string> data, control;
  for (const std::string& text : node.inputs) {
    const InputName input = ParseInput(text);
    (input.is_control ? control : data).push_back(ToText(input));
  }
  std::sort(control.begin(), control.end());
  data.insert(data.end(), control.begin(), control.end());
  return data;
}

std::string Listed(const std::vector<std::string>& inputs) {
  std::string text;
  for (const std::string& input : inputs) text += (text.empty() ? "" : ", ") + input;
  return Cat("[", text, "]");
}

std::string DifferenceOfAttrs(const NodeDef& a, const NodeDef& b) {
  for (const auto& [name, attr] : a.attrs) {
    const Attr* other = b.Find(name);
    if (other == nullptr) return Cat("only the first has attr '", name, "'");
    if (!SameAttr(attr, *other)) return Cat("attr '", name, "' differs");
  }
  for (const auto& [name, attr] : b.attrs) {
    if (a.Find(name) == nullptr) return Cat("only the second has attr '", name, "'");
  }
  return "";
}

std::string DifferenceOf(const NodeDef& a, const NodeDef& b) {
  if (a.op != b.op) return Cat("op ", a.op, " and ", b.op);
  if (a.device != b.device) return Cat("device '", a.device, "' and '", b.device, "'");
  const std::vector<std::string> inputs_a = InputsOf(a), inputs_b = InputsOf(b);
  if (inputs_a != inputs_b) return Cat("inputs ", Listed(inputs_a), " and ", Listed(inputs_b));
  return DifferenceOfAttrs(a, b);
}

}  // namespace

std::string FirstDifference(const GraphDef& a, const GraphDef& b) {
  const Result<NodeIndex> index_a = IndexNodes(a), index_b = IndexNodes(b);
  if (!index_a.ok()) return Cat("the first graph: ", index_a.status().message());
  if (!index_b.ok()) return Cat("the second graph: ", index_b.status().message());
  for (const NodeDef& node : a.nodes) {
    const auto other = index_b->find(node.name);
    if (other == index_b->end()) return Cat("node '", node.name, "' (", node.op, ") is only in the first graph");
    const std::string difference = DifferenceOf(node, *other->second);
    if (!difference.empty()) return Cat("node '", node.name, "' (", node.op, "): ", difference);
  }
  for (const NodeDef& node : b.nodes) {
    if (!index_a->contains(node.name)) return Cat("node '", node.name, "' (", node.op, ") is only in the second graph");
  }
  return "";
}

}  // namespace rivulet::prepare
