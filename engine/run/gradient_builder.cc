#include "engine/run/gradient_builder.h"

#include "engine/base/text.h"
#include "engine/ops/op.h"

namespace rivulet {

DType GradientBuilder::Type(std::string_view name) const {
  const DType* type = attrs_.Get<DType>(name);
  return type != nullptr ? *type : DType::kInvalid;
}

bool GradientBuilder::Flag(std::string_view name) const {
  const bool* flag = attrs_.Get<bool>(name);
  return flag != nullptr && *flag;
}

Edge GradientBuilder::Op(std::string_view op, std::vector<Edge> inputs, AttrMap attrs) {
  Node node;
  node.name = graph_.FreeName(Cat(stem_, "/", op));
  node.op = std::string(op);
  node.def = FindOp(op);
  node.inputs = std::move(inputs);
  node.attrs = std::move(attrs);
  return {graph_.AddNode(std::move(node)), 0};
}

AttrMap GradientBuilder::Attrs(std::initializer_list<std::string_view> names) const {
  AttrMap out;
  for (const std::string_view name : names) {
    if (const AttrValue* value = attrs_.Find(name)) out.Set(name, *value);
  }
  return out;
}

Edge GradientBuilder::Cast(Edge a, DType to) {
  AttrMap attrs;
  attrs.Set("DstT", to);
  return Op("Cast", {a}, std::move(attrs));
}

Edge GradientBuilder::Constant(float value) {
  const Tensor tensor = Tensor::Of<float>({}, std::span<const float>(&value, 1));
  const Edge edge{graph_.AddNode(ConstNode(graph_.FreeName(Cat(stem_, "/Const")), tensor)), 0};
  graph_.node(edge.node).def = FindOp("Const");
  return Type() == DType::kFloat ? edge : Cast(edge, Type());
}

Edge GradientBuilder::Int(int32_t value) {
  const Tensor tensor = Tensor::Of<int32_t>({}, std::span<const int32_t>(&value, 1));
  const int32_t node = graph_.AddNode(ConstNode(graph_.FreeName(Cat(stem_, "/Const")), tensor));
  graph_.node(node).def = FindOp("Const");
  return {node, 0};
}

Edge GradientBuilder::Ints(std::vector<int32_t> values) {
  const Tensor tensor = Tensor::Of<int32_t>({static_cast<int64_t>(values.size())}, std::span<const int32_t>(values));
  const int32_t node = graph_.AddNode(ConstNode(graph_.FreeName(Cat(stem_, "/Const")), tensor));
  graph_.node(node).def = FindOp("Const");
  return {node, 0};
}

}  // namespace rivulet
