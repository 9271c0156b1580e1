// What TensorFlow's quantised operators make of each code of one activation by its value alone is a table.
//
//   a, a1, a2 = QuantizedAdd(x, three, ..)            x: codes of some shape with their range, three: one code
//   .. = RequantizationRange, Requantize, QuantizedRelu6
//   f = Dequantize(..) / 6                            becomes
//   g, g1, g2 = QuantizeV2(f, Min(f), Max(f))
//   m, m1, m2 = QuantizedMul(x, g, ..)
//   y, y1, y2 = Requantize(m, .., RequantizationRange(m, ..))
//
//   y, y1, y2 = _CodeTable(x, .., three, .., 6) {steps=["QuantizedAdd v0 x0", "RequantizeFound v1", ...]}
//
// That is hard swish and swish. A chain of codes without such a step is for fuse_code_steps, which brings it to a
// product. The steps are those of code_table.h.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "engine/ops/code_table.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

enum class Role : uint8_t {
  kNone,
  kBytes,  // codes of 8 bits with a range
  kCodes,  // codes of 32 bits with a range
  kFloats,
  kBeside,  // a range of a value, and what it is computed by
};

class Tables {
 public:
  Tables(const PassContext& context, PatchSink& sink)
      : context_(context), graph_(context.graph), sink_(sink), nodes_(static_cast<size_t>(graph_.size())) {
    for (int32_t i = 0; i < graph_.size(); ++i) {
      for (const Edge& edge : graph_.node(i).inputs) {
        std::vector<int32_t>& readers = At(edge.node).readers;
        if (readers.empty() || readers.back() != i) readers.push_back(i);
      }
      for (const int32_t control : graph_.node(i).control_inputs) At(control).is_kept = true;
    }
    for (const Edge& edge : context.roots) At(edge.node).is_kept = true;
  }

  Status Run() {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<int32_t> order, TopologicalOrder(graph_));
    for (const int32_t i : order) {
      if (context_.uses[static_cast<size_t>(i)] > 0 && IsPlain(graph_.node(i)) && !Join(i) && IsSource(i)) {
        At(i).role = Role::kBytes;
        At(i).source = i;
      }
    }
    for (auto i = order.rbegin(); i != order.rend(); ++i) {
      NodeState& state = At(*i);
      if (state.role == Role::kNone || state.source == *i || !IsWanted(*i)) continue;
      state.stays = state.role != Role::kBytes || !Put(*i);
    }
    return Status();
  }

 private:
  struct NodeState {
    Role role = Role::kNone;
    int32_t source = -1;         // whose function it is
    std::string step;            // what makes it of its operands
    std::vector<Edge> operands;  // values, or the first of some arguments
    int arguments = 0;           // that an operand outside stands for
    bool is_table = false;       // none of the steps that fuse_code_steps has
    bool is_kept = false;        // fetched, or waited for
    bool stays = false;          // as a node
    std::vector<int32_t> readers;
  };

  static constexpr int64_t kLeastElements = 64;
  static constexpr size_t kMostSteps = 40;

  NodeState& At(int32_t i) { return nodes_[static_cast<size_t>(i)]; }
  const NodeState& At(int32_t i) const { return nodes_[static_cast<size_t>(i)]; }

  static bool IsPlain(const Node& node) {
    return node.control_inputs.empty() && node.def != nullptr && !node.outputs.empty();
  }

  bool IsSource(int32_t i) const {
    const Node& node = graph_.node(i);
    if (node.outputs.size() != 3 || node.outputs[0].dtype != DType::kQuint8) return false;
    const Shape& shape = node.outputs[0].shape;
    return shape.complete() && shape.num_elements() >= kLeastElements && !node.outputs[0].value.valid() &&
           node.outputs[1].dtype == DType::kFloat && node.outputs[2].dtype == DType::kFloat;
  }

  bool Is(Edge edge, Role role) const { return edge.slot == 0 && At(edge.node).role == role; }

  // Whether inputs `at`, `low` and `low` + 1 of a node are a value's.
  bool ReadsTriple(const Node& node, Role role, size_t at, size_t low) const {
    if (node.inputs.size() < low + 2 || !Is(node.inputs[at], role)) return false;
    const int32_t value = node.inputs[at].node;
    return node.inputs[low] == Edge{value, 1} && node.inputs[low + 1] == Edge{value, 2};
  }

  bool IsOneNumber(Edge edge) const {
    const Fact& fact = graph_.fact(edge);
    return fact.dtype == DType::kFloat && fact.shape.complete() && fact.shape.num_elements() == 1 &&
           At(edge.node).role == Role::kNone;
  }

  bool Take(int32_t i, Role role, std::string step, std::vector<Edge> operands, int arguments, bool is_table) {
    int32_t source = -1;
    for (const Edge& edge : operands) {
      const int32_t of = At(edge.node).source;
      if (of < 0) continue;
      if (source >= 0 && source != of) return false;
      source = of;
    }
    const bool keeps_shape =
        role == Role::kBeside || (source >= 0 && graph_.fact({i, 0}).shape == graph_.fact({source, 0}).shape);
    if (source < 0 || !keeps_shape) return false;
    NodeState& state = At(i);
    state.role = role;
    state.source = source;
    state.step = std::move(step);
    state.operands = std::move(operands);
    state.arguments = arguments;
    state.is_table = is_table;
    return true;
  }

  bool Beside(int32_t i, Edge of) { return Take(i, Role::kBeside, "", {of}, 0, false); }

  bool Join(int32_t i) {
    const Node& node = graph_.node(i);
    if (node.op == "QuantizedAdd" || node.op == "QuantizedMul") return JoinPair(i);
    if (node.op == "RequantizationRange") return ReadsTriple(node, Role::kCodes, 0, 1) && Beside(i, node.inputs[0]);
    if (node.op == "Maximum") return JoinMaximum(i);
    if (node.op == "Requantize") return JoinRequantize(i);
    if (node.op == "QuantizedRelu" || node.op == "QuantizedRelu6") {
      return IsQuint8(node) && ReadsTriple(node, Role::kBytes, 0, 1) &&
             Take(i, Role::kBytes, node.op, {node.inputs[0]}, 0, false);
    }
    if (node.op == "QuantizedReluX") {
      return IsQuint8(node) && ReadsTriple(node, Role::kBytes, 0, 2) && IsOneNumber(node.inputs[1]) &&
             Take(i, Role::kBytes, node.op, {node.inputs[0], node.inputs[1]}, 1, false);
    }
    if (node.op == "Dequantize") {
      return IsMinFirst(node) && node.outputs[0].dtype == DType::kFloat && ReadsTriple(node, Role::kBytes, 0, 1) &&
             Take(i, Role::kFloats, node.op, {node.inputs[0]}, 0, false);
    }
    if (node.op == "QuantizeV2") return JoinQuantize(i);
    return JoinFloats(i);
  }

  static bool IsQuint8(const Node& node) { return node.outputs[0].dtype == DType::kQuint8; }
  static bool IsMinFirst(const Node& node) {
    const AttrReader attrs(node);
    return attrs.Str("mode") == "MIN_FIRST" && attrs.Int("axis") == -1;
  }

  bool JoinPair(int32_t i) {
    const Node& node = graph_.node(i);
    const auto is_side = [&](size_t side) {
      if (ReadsTriple(node, Role::kBytes, side, 2 + 2 * side)) return true;
      const Fact& fact = graph_.fact(node.inputs[side]);
      return fact.dtype == DType::kQuint8 && fact.shape.complete() && fact.shape.num_elements() == 1;
    };
    return is_side(0) && is_side(1) && Take(i, Role::kCodes, node.op, {node.inputs[0], node.inputs[1]}, 3, true);
  }

  bool JoinMaximum(int32_t i) {
    const Node& node = graph_.node(i);
    const auto is_high = [&](Edge edge) {
      return edge.slot == 1 && At(edge.node).role == Role::kBeside &&
             graph_.node(edge.node).op == "RequantizationRange";
    };
    const size_t side = is_high(node.inputs[0]) ? 1 : 0;
    const Fact& least = graph_.fact(node.inputs[side]);
    return is_high(node.inputs[1 - side]) && IsOneNumber(node.inputs[side]) && least.value.valid() &&
           std::isfinite(ReadFloats(least.value)[0]) && Beside(i, {node.inputs[1 - side].node, 0});
  }

  bool JoinRequantize(int32_t i) {
    const Node& node = graph_.node(i);
    if (!IsQuint8(node) || !ReadsTriple(node, Role::kCodes, 0, 1)) return false;
    const Edge low = node.inputs[3], high = node.inputs[4];
    if (IsOneNumber(low) && IsOneNumber(high)) {
      return Take(i, Role::kBytes, node.op, {node.inputs[0], low, high}, 2, false);
    }
    const Node& range = graph_.node(low.node);
    if (range.op != "RequantizationRange" || low.slot != 0 || At(low.node).role != Role::kBeside ||
        !std::equal(range.inputs.begin(), range.inputs.end(), node.inputs.begin())) {
      return false;
    }
    if (high == Edge{low.node, 1}) return Take(i, Role::kBytes, "RequantizeFound", {node.inputs[0]}, 0, false);
    const Node& above = graph_.node(high.node);
    if (above.op != "Maximum" || At(high.node).role != Role::kBeside) return false;
    const size_t side = above.inputs[0] == Edge{low.node, 1} ? 1 : 0;
    return above.inputs[1 - side] == Edge{low.node, 1} &&
           Take(i, Role::kBytes, "RequantizeFoundAbove", {node.inputs[0], above.inputs[side]}, 1, false);
  }

  // Whether an edge is the least (or largest) of all elements of `value`, perhaps behind a Reshape to a list.
  bool Measures(Edge edge, std::string_view op, Edge value) const {
    const Node& node = graph_.node(edge.node);
    if (edge.slot != 0 || node.op != op || At(edge.node).role != Role::kBeside) return false;
    const Edge of = node.inputs[0];
    return of == value || (graph_.node(of.node).op == "Reshape" && graph_.node(of.node).inputs[0] == value);
  }

  bool JoinQuantize(int32_t i) {
    const Node& node = graph_.node(i);
    if (!IsQuint8(node) || !IsMinFirst(node) || AttrReader(node).Float("ensure_minimum_range") != 0.01f) return false;
    if (!Is(node.inputs[0], Role::kFloats)) return false;
    if (Measures(node.inputs[1], "Min", node.inputs[0]) && Measures(node.inputs[2], "Max", node.inputs[0])) {
      return Take(i, Role::kBytes, "QuantizeFound", {node.inputs[0]}, 0, false);
    }
    return IsOneNumber(node.inputs[1]) && IsOneNumber(node.inputs[2]) &&
           Take(i, Role::kBytes, "Quantize", {node.inputs[0], node.inputs[1], node.inputs[2]}, 2, false);
  }

  bool JoinFloats(int32_t i) {
    const Node& node = graph_.node(i);
    if (node.outputs.size() != 1 || node.outputs[0].dtype != DType::kFloat || node.inputs.empty()) return false;
    if (node.op == "Reshape") return Is(node.inputs[0], Role::kFloats) && Beside(i, node.inputs[0]);
    if (node.op == "Min" || node.op == "Max") {
      const Edge of = node.inputs[0];
      const bool is_flat = Is(of, Role::kBeside) && graph_.node(of.node).op == "Reshape";
      return (is_flat || Is(of, Role::kFloats)) && node.outputs[0].shape == Shape({}) && Beside(i, of);
    }
    for (const char* op : {"Sigmoid", "Tanh", "Relu", "Relu6"}) {
      if (node.op == op) {
        return Is(node.inputs[0], Role::kFloats) && Take(i, Role::kFloats, node.op, {node.inputs[0]}, 0, true);
      }
    }
    const std::string op = node.op == "AddV2" ? "Add" : node.op;
    if (op != "Add" && op != "Sub" && op != "Mul" && op != "RealDiv") return false;
    const auto is_side = [&](Edge edge) { return Is(edge, Role::kFloats) || IsOneNumber(edge); };
    return is_side(node.inputs[0]) && is_side(node.inputs[1]) &&
           Take(i, Role::kFloats, op, {node.inputs[0], node.inputs[1]}, 1, true);
  }

  // Whether somebody reads a value who does not go into a table.
  bool IsWanted(int32_t i) const {
    const NodeState& state = At(i);
    return state.is_kept || std::any_of(state.readers.begin(), state.readers.end(), [&](int32_t reader) {
             return At(reader).source != state.source || At(reader).stays;
           });
  }

  // The values that one is made of, each behind its own operands.
  void Collect(int32_t i, std::vector<int32_t>* values) const {
    std::vector<std::pair<int32_t, size_t>> stack = {{i, 0}};
    while (!stack.empty()) {
      const int32_t at = stack.back().first;
      const NodeState& state = At(at);
      if (at == state.source || stack.back().second == state.operands.size()) {
        if (std::find(values->begin(), values->end(), at) == values->end()) values->push_back(at);
        stack.pop_back();
        continue;
      }
      const int32_t next = state.operands[stack.back().second++].node;
      if (At(next).source != state.source || values->size() > kMostSteps) continue;
      if (std::find(values->begin(), values->end(), next) == values->end()) stack.push_back({next, 0});
    }
  }

  bool Put(int32_t end) {
    std::vector<int32_t> values;
    Collect(end, &values);
    const bool is_table = std::any_of(values.begin(), values.end(), [&](int32_t i) { return At(i).is_table; });
    if (!is_table || values.size() > kMostSteps || values.front() != At(end).source) return false;
    auto steps = std::make_shared<AttrList>();
    std::vector<Edge> arguments;
    for (auto i = values.begin() + 1; i != values.end(); ++i) steps->strings.push_back(StepOf(*i, values, &arguments));
    const int32_t source = values.front();
    const Node& old = graph_.node(end);
    Node made;
    made.name = old.name;
    made.op = kCodeTable.name;
    made.def = &kCodeTable;
    made.inputs = {{source, 0}, {source, 1}, {source, 2}};
    made.inputs.insert(made.inputs.end(), arguments.begin(), arguments.end());
    made.attrs.Set("steps", std::shared_ptr<const AttrList>(std::move(steps)));
    auto types = std::make_shared<AttrList>();
    for (const Edge& edge : arguments) types->types.push_back(graph_.fact(edge).dtype);
    made.attrs.Set("Targ", std::shared_ptr<const AttrList>(std::move(types)));
    made.attrs.Set("Tx", DType::kQuint8);
    made.attrs.Set("T", DType::kQuint8);
    sink_.Begin();
    const Edge y = sink_.Add(std::move(made));
    for (int32_t slot = 0; slot < 3; ++slot) sink_.Replace({end, slot}, {y.node, slot});
    return true;
  }

  // Operands outside become arguments: a pair's code with its range, else those that follow it.
  std::string StepOf(int32_t i, const std::vector<int32_t>& values, std::vector<Edge>* arguments) const {
    const NodeState& state = At(i);
    const Node& node = graph_.node(i);
    std::string text = state.step;
    for (size_t k = 0; k < state.operands.size(); ++k) {
      const Edge edge = state.operands[k];
      const auto value = std::find(values.begin(), values.end(), edge.node);
      if (value != values.end() && At(edge.node).source == state.source) {
        text += " v" + std::to_string(value - values.begin());
        continue;
      }
      text += " x" + std::to_string(arguments->size());
      if (state.arguments == 3) {
        arguments->insert(arguments->end(), {edge, node.inputs[2 + 2 * k], node.inputs[3 + 2 * k]});
        continue;
      }
      for (int j = 0; j < state.arguments; ++j) arguments->push_back(state.operands[k + static_cast<size_t>(j)]);
      if (state.arguments == 2) break;
    }
    return text;
  }

  const PassContext& context_;
  const Graph& graph_;
  PatchSink& sink_;
  std::vector<NodeState> nodes_;
};

}  // namespace

Status FuseCodeTables(const PassContext& context, PatchSink& sink) {
  if constexpr (kHasCodeTable) return Tables(context, sink).Run();
  return Status();
}

}  // namespace rivulet
