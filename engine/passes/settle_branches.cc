// What a known condition chooses is chosen before the model runs.
//
//   p = Const{true}
//   off, on = Switch(x, p)                y = Neg(x)
//   y = Neg(on)                becomes    z = Add(y, 1)
//   m, index = Merge(off, y)
//   z = Add(m, 1)
//
// A condition that waits for something stays, since it may be of a branch that is not taken. So does a Merge of which
// more than one input may come, or that waits: it runs also where what it waits for does not. What is not taken is left
// alone: nobody asks for it any more, or whoever does is told. Small engines choose while they run; the workbench's
// drop_dead_branches does the same to a file.
#include <algorithm>
#include <optional>
#include <string_view>

#include "engine/base/built.h"
#include "engine/base/small.h"
#include "engine/base/sort.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

bool IsMerge(const Node& node) { return node.op == "Merge" || node.op == "RefMerge"; }

// The output that is taken of a Switch with a known condition.
std::optional<int32_t> TakenOutput(const Graph& graph, const Node& node) {
  const bool of_two = node.op == "Switch" || node.op == "RefSwitch";
  if (!of_two && node.op != "_SwitchN") return std::nullopt;
  const Node& source = graph.node(node.inputs[1].node);
  const Tensor& value = graph.fact(node.inputs[1]).value;
  if (source.op != "Const" || !source.control_inputs.empty() || !value.valid() || value.num_elements() != 1) {
    return std::nullopt;
  }
  if (of_two) return value.data<bool>()[0] ? 1 : 0;
  // As TensorFlow's: an index out of range takes the last output.
  const auto last = static_cast<int32_t>(node.outputs.size()) - 1;
  const int32_t index = value.data<int32_t>()[0];
  return index < 0 || index > last ? last : index;
}

class BranchSettler {
 public:
  BranchSettler(const PassContext& context, PatchSink& sink)
      : graph_(context.graph),
        sink_(sink),
        dead_(static_cast<size_t>(graph_.size()), false),
        taken_(static_cast<size_t>(graph_.size()), kUnknown),
        read_(context.roots) {}

  Status Run() {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<int32_t> order, TopologicalOrder(graph_));
    for (const Node& node : graph_.nodes()) read_.insert(read_.end(), node.inputs.begin(), node.inputs.end());
    Sort(read_.begin(), read_.end());
    for (const int32_t index : order) Visit(index);
    return Status();
  }

 private:
  static constexpr int32_t kUnknown = -1;

  bool IsRead(Edge edge) const { return std::binary_search(read_.begin(), read_.end(), edge); }

  // Whether it surely never comes.
  bool IsDead(Edge edge) const {
    const auto node = static_cast<size_t>(edge.node);
    return dead_[node] || (taken_[node] != kUnknown && taken_[node] != edge.slot);
  }

  void Visit(int32_t index) {
    const Node& node = graph_.node(index);
    const auto is_dead = [&](Edge edge) { return IsDead(edge); };
    if (IsMerge(node)) return VisitMerge(index);
    dead_[static_cast<size_t>(index)] = std::any_of(node.inputs.begin(), node.inputs.end(), is_dead) ||
                                        std::any_of(node.control_inputs.begin(), node.control_inputs.end(),
                                                    [&](int32_t other) { return dead_[static_cast<size_t>(other)]; });
    if (dead_[static_cast<size_t>(index)]) return;
    const std::optional<int32_t> taken = TakenOutput(graph_, node);
    if (!taken) return;
    taken_[static_cast<size_t>(index)] = *taken;
    if (!IsRead({index, *taken})) return;
    sink_.Begin();
    sink_.Replace({index, *taken}, node.control_inputs.empty() ? node.inputs[0] : Waiting(node, node.inputs[0]));
  }

  void VisitMerge(int32_t index) {
    const Node& node = graph_.node(index);
    const auto lives = [&](Edge edge) { return !IsDead(edge); };
    const auto live = std::find_if(node.inputs.begin(), node.inputs.end(), lives);
    if (live == node.inputs.end()) {
      dead_[static_cast<size_t>(index)] = true;
      return;
    }
    if (std::any_of(live + 1, node.inputs.end(), lives) || !node.control_inputs.empty()) return;
    const bool wants_index = IsRead({index, 1});
    if (!wants_index && !IsRead({index, 0})) return;
    sink_.Begin();
    const Edge value = wants_index ? Waiting(node, *live) : *live;
    sink_.Replace({index, 0}, value);
    if (!wants_index) return;
    // It comes when the value does.
    Node number = ConstNode(node.name, Tensor::Scalar<int32_t>(static_cast<int32_t>(live - node.inputs.begin())));
    number.control_inputs.push_back(value.node);
    sink_.Replace({index, 1}, sink_.Add(std::move(number)));
  }

  // The value, once the node would have had it.
  Edge Waiting(const Node& node, Edge value) {
    Node identity;
    identity.name = node.name;
    identity.op = "Identity";
    identity.inputs = {value};
    identity.control_inputs = node.control_inputs;
    identity.attrs.Set("T", graph_.fact(value).dtype);
    return sink_.Add(std::move(identity));
  }

  const Graph& graph_;
  PatchSink& sink_;
  std::vector<bool> dead_;      // nodes that surely never run
  std::vector<int32_t> taken_;  // outputs of switches
  std::vector<Edge> read_;      // in order
};

}  // namespace

Status SettleBranches(const PassContext& context, PatchSink& sink) {
  if constexpr (kIsSmall || !(IsBuilt("Switch") || IsBuilt("_SwitchN"))) return Status();
  for (const Node& node : context.graph.nodes()) {
    if (TakenOutput(context.graph, node)) return BranchSettler(context, sink).Run();
  }
  return Status();
}

}  // namespace rivulet
