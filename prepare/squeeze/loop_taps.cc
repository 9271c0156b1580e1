#include "prepare/squeeze/loop_taps.h"

#include <vector>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/graph_edit.h"
#include "prepare/names.h"

namespace rivulet::prepare {
namespace {

using Nodes = NameViewMap<const NodeDef*>;

const NodeDef* Producer(const Nodes& nodes, const NodeDef& node, size_t input) {
  if (input >= node.inputs.size()) return nullptr;
  const auto found = nodes.find(ParseInput(node.inputs[input]).node);
  return found == nodes.end() ? nullptr : found->second;
}

// The condition of the loop whose frame has this name; empty where there is none.
std::string ConditionOf(const GraphDef& graph, const std::string& frame) {
  Nodes nodes;
  for (const NodeDef& node : graph.nodes) nodes.emplace(node.name, &node);
  for (const NodeDef& node : graph.nodes) {
    if (node.op != "Switch") continue;
    const NodeDef* merge = Producer(nodes, node, 0);
    const NodeDef* condition = Producer(nodes, node, 1);
    if (merge == nullptr || merge->op != "Merge" || condition == nullptr || condition->op != "LoopCond") continue;
    const NodeDef* enter = Producer(nodes, *merge, 0);
    if (enter == nullptr || enter->op != "Enter" || StringAttr(*enter, "frame_name", "") != frame) continue;
    return condition->name;
  }
  return "";
}

class Tap {
 public:
  Tap(std::string stem, std::string frame, std::string condition, GraphDef& graph)
      : stem_(std::move(stem)), frame_(std::move(frame)), condition_(std::move(condition)), graph_(graph) {}

  std::string Gather(const std::string& edge) {
    const std::string zero = Number("zero", 0), one = Number("one", 1);
    NodeDef& array = Add("array", "TensorArrayV3", {zero});
    array.attrs["dtype"] = Attr::OfType(DType::kFloat);
    array.attrs["dynamic_size"] = Attr::OfBool(true);
    array.attrs["clear_after_read"] = Attr::OfBool(true);
    const std::string handle = stem_ + "array", flow = handle + ":1";
    const std::string inner_handle = Enter("handle", handle, DType::kResource, true);
    const std::string inner_one = Enter("inner_one", one, DType::kInt32, true);
    const std::string turn = Variable("turn", zero, DType::kInt32);
    NodeDef& next = Add("next_turn", "AddV2", {turn, inner_one});
    next.attrs["T"] = Attr::OfType(DType::kInt32);
    Repeat("turn", stem_ + "next_turn", DType::kInt32);
    const std::string order = Variable("flow", flow, DType::kFloat);
    NodeDef& write = Add("write", "TensorArrayWriteV3", {inner_handle, turn, edge, order});
    write.attrs["T"] = Attr::OfType(DType::kFloat);
    Repeat("flow", stem_ + "write", DType::kFloat);
    NodeDef& exit = Add("exit", "Exit", {stem_ + "flow/switch"});
    exit.attrs["T"] = Attr::OfType(DType::kFloat);
    NodeDef& all = Add("all", "TensorArrayConcatV3", {handle, stem_ + "exit"});
    all.attrs["dtype"] = Attr::OfType(DType::kFloat);
    return stem_ + "all";
  }

 private:
  NodeDef& Add(std::string_view name, std::string_view op, std::vector<std::string> inputs) {
    return graph_.nodes.emplace_back(
        NodeDef{.name = Cat(stem_, name), .op = std::string(op), .inputs = std::move(inputs)});
  }

  std::string Number(std::string_view name, int32_t value) {
    graph_.nodes.push_back(MakeConst(Cat(stem_, name), Tensor::Of<int32_t>({}, std::vector<int32_t>{value})));
    return graph_.nodes.back().name;
  }

  std::string Enter(std::string_view name, const std::string& from, DType type, bool is_constant) {
    NodeDef& node = Add(name, "Enter", {from});
    node.attrs["T"] = Attr::OfType(type);
    node.attrs["frame_name"] = Attr::OfString(frame_);
    node.attrs["is_constant"] = Attr::OfBool(is_constant);
    return node.name;
  }

  // The value at the beginning of a turn; Repeat says what it is at the next one's.
  std::string Variable(std::string_view name, const std::string& first, DType type) {
    const std::string enter = Enter(Cat(name, "/enter"), first, type, false);
    NodeDef& merge = Add(Cat(name, "/merge"), "Merge", {enter, Cat(stem_, name, "/again")});
    merge.attrs["T"] = Attr::OfType(type);
    merge.attrs["N"] = Attr::OfInt(2);
    NodeDef& node = Add(Cat(name, "/switch"), "Switch", {Cat(stem_, name, "/merge"), condition_});
    node.attrs["T"] = Attr::OfType(type);
    return Cat(stem_, name, "/switch:1");
  }

  void Repeat(std::string_view name, const std::string& value, DType type) {
    Add(Cat(name, "/again"), "NextIteration", {value}).attrs["T"] = Attr::OfType(type);
  }

  std::string stem_, frame_, condition_;
  GraphDef& graph_;
};

}  // namespace

std::optional<std::string> AddLoopTap(const std::string& edge, const std::string& enter, GraphDef& graph) {
  std::string frame;
  bool is_free = false;
  std::string stem;
  for (int number = 0; !is_free; ++number) {
    stem = Cat("tap", number, "/");
    is_free = true;
    for (const NodeDef& node : graph.nodes) {
      if (node.name == enter) frame = StringAttr(node, "frame_name", "");
      if (node.name.starts_with(stem)) is_free = false;
    }
  }
  const std::string condition = frame.empty() ? "" : ConditionOf(graph, frame);
  if (condition.empty()) return std::nullopt;
  return Tap(stem, frame, condition, graph).Gather(edge);
}

}  // namespace rivulet::prepare
