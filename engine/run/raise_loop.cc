#include "engine/run/raise_loop.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/sort.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

// The form that is looked for, per variable:
//
//   Enter ──▶ Merge ──▶ Switch ─false─▶ Exit
//               ▲    │     └───true──▶ body ──▶ NextIteration ─┐
//               │    └──▶ condition ──▶ LoopCond ──▶ Switch    │
//               └──────────────────────────────────────────────┘
class LoopReader {
 public:
  LoopReader(const Graph& graph, const LoopFrame& frame, const std::vector<int32_t>& frame_of,
             const std::vector<std::vector<int32_t>>& users)
      : graph_(graph), frame_(frame), frame_of_(frame_of), users_(users) {
    for (const int32_t member : frame.members) {
      if (frame_of[static_cast<size_t>(member)] != frame_of[static_cast<size_t>(frame.members[0])]) ok_ = false;
    }
    own_ = frame.members.empty() ? 0 : frame_of[static_cast<size_t>(frame.members[0])];
  }

  std::optional<RaisedLoop> Read() {
    if (!ok_ || !FindCondition() || !FindVariables() || !FindInvariants()) return std::nullopt;
    if (!Collect({condition_}, /*in_body=*/false, &condition_nodes_)) return std::nullopt;
    std::vector<Edge> next;
    for (const Variable& variable : variables_) next.push_back(variable.next);
    if (!Collect(next, /*in_body=*/true, &body_nodes_) || !CollectEffects()) return std::nullopt;
    if (!EverythingHasAPlace()) return std::nullopt;
    RaisedLoop loop;
    for (const Variable& variable : variables_) AddInput(variable.enter, &loop);
    for (const int32_t enter : invariants_) AddInput(enter, &loop);
    Build({condition_}, condition_nodes_, {}, loop, &loop.condition);
    for (size_t i = 0; i < invariants_.size(); ++i) next.push_back({invariants_[i], 0});
    Build(next, body_nodes_, effects_, loop, &loop.body);
    Sort(loop.controls.begin(), loop.controls.end());
    loop.controls.erase(std::unique(loop.controls.begin(), loop.controls.end()), loop.controls.end());
    loop.exits = exits_;
    return loop;
  }

 private:
  struct Variable {
    int32_t enter = -1;
    int32_t merge = -1;
    int32_t switch_node = -1;
    Edge next;
  };

  bool IsMember(int32_t node) const { return frame_of_[static_cast<size_t>(node)] == own_; }

  bool FindCondition() {
    int32_t found = -1;
    for (const int32_t member : frame_.members) {
      if (graph_.node(member).op != "LoopCond") continue;
      if (found >= 0 || graph_.node(member).inputs.size() != 1) return false;
      found = member;
    }
    if (found < 0) return false;
    loop_cond_ = found;
    condition_ = graph_.node(found).inputs[0];
    return true;
  }

  bool FindVariables() {
    for (const int32_t member : frame_.members) {
      const Node& node = graph_.node(member);
      if (!IsMerge(node) || node.inputs.size() != 2) continue;
      Variable variable;
      variable.merge = member;
      for (const Edge& edge : node.inputs) {
        const Node& source = graph_.node(edge.node);
        if (IsEnter(source) && IsMember(edge.node)) variable.enter = edge.node;
        if (IsNextIteration(source) && source.inputs.size() == 1) variable.next = source.inputs[0];
      }
      if (variable.enter < 0 && variable.next.node < 0) continue;  // a branch's Merge
      if (variable.enter < 0 || variable.next.node < 0 || !node.control_inputs.empty()) return false;
      for (const int32_t user : users_[static_cast<size_t>(member)]) {
        const Node& reader = graph_.node(user);
        if (!IsSwitchNode(reader) || reader.inputs.size() != 2 || reader.inputs[1] != Edge{loop_cond_, 0}) continue;
        if (variable.switch_node >= 0) return false;
        variable.switch_node = user;
      }
      for (const int32_t reader :
           variable.switch_node < 0 ? std::vector<int32_t>() : users_[static_cast<size_t>(variable.switch_node)]) {
        if (!IsExit(graph_.node(reader))) continue;
        if (graph_.node(reader).inputs != std::vector<Edge>{{variable.switch_node, 0}}) return false;
        exits_.emplace_back(reader, static_cast<int32_t>(variables_.size()));
      }
      position_[member] = static_cast<int32_t>(variables_.size());
      if (variable.switch_node >= 0) position_[variable.switch_node] = static_cast<int32_t>(variables_.size());
      variables_.push_back(variable);
    }
    return !variables_.empty();
  }

  // Enters that no Merge takes stay what they are in every iteration.
  bool FindInvariants() {
    std::set<int32_t> of_variables;
    for (const Variable& variable : variables_) {
      if (!of_variables.insert(variable.enter).second) return false;
    }
    for (const int32_t member : frame_.members) {
      if (!IsEnter(graph_.node(member)) || of_variables.contains(member)) continue;
      position_[member] = static_cast<int32_t>(variables_.size() + invariants_.size());
      invariants_.push_back(member);
    }
    return true;
  }

  // Where an argument begins: in the condition a Merge, in the body a Switch's true side, in both an invariant.
  bool IsArgument(Edge edge, bool in_body) const {
    const Node& node = graph_.node(edge.node);
    if (IsEnter(node)) return edge.slot == 0 && IsInvariant(edge.node);
    if (!position_.contains(edge.node)) return false;
    return in_body ? IsSwitchNode(node) && edge.slot == 1 : IsMerge(node) && edge.slot == 0;
  }
  bool IsInvariant(int32_t node) const {
    return std::find(invariants_.begin(), invariants_.end(), node) != invariants_.end();
  }
  // Nodes of the loop's own machinery: who waits for one of them in an iteration waits for nothing.
  bool IsMachinery(int32_t node) const { return position_.contains(node) || node == loop_cond_; }

  bool Collect(const std::vector<Edge>& from, bool in_body, std::set<int32_t>* nodes) const {
    std::vector<int32_t> pending;
    const auto take = [&](int32_t node) {
      if (nodes->insert(node).second) pending.push_back(node);
    };
    for (const Edge& edge : from) {
      if (!IsArgument(edge, in_body)) take(edge.node);
    }
    return CollectFrom(in_body, nodes, pending);
  }

  bool CollectFrom(bool in_body, std::set<int32_t>* nodes, std::vector<int32_t>& pending) const {
    while (!pending.empty()) {
      const int32_t index = pending.back();
      pending.pop_back();
      const Node& node = graph_.node(index);
      if (!IsMember(index) || IsMachinery(index) || IsNextIteration(node) || IsExit(node) || IsEnter(node))
        return false;
      for (const Edge& edge : node.inputs) {
        if (IsArgument(edge, in_body)) continue;
        if (nodes->insert(edge.node).second) pending.push_back(edge.node);
      }
      for (const int32_t control : node.control_inputs) {
        if (IsMachinery(control) || IsNextIteration(graph_.node(control))) continue;
        if (nodes->insert(control).second) pending.push_back(control);
      }
    }
    return true;
  }

  // What changes something runs in every iteration, though no variable needs it.
  bool CollectEffects() {
    for (const int32_t member : frame_.members) {
      const OpDef* def = graph_.node(member).def;
      const bool acts = def != nullptr && ((def->flags & kEffect) == kEffect || (def->flags & kCallsFunctions) != 0 ||
                                           graph_.node(member).op == "Assert");
      if (!acts || condition_nodes_.contains(member)) continue;
      if (!body_nodes_.contains(member)) {
        std::vector<int32_t> pending = {member};
        body_nodes_.insert(member);
        if (!CollectFrom(true, &body_nodes_, pending)) return false;
      }
      effects_.push_back(member);
    }
    return true;
  }

  // No node may be in both parts, and nothing outside them may read what they make.
  bool EverythingHasAPlace() const {
    for (const int32_t node : body_nodes_) {
      if (condition_nodes_.contains(node)) return false;
    }
    for (const int32_t member : frame_.members) {
      const Node& node = graph_.node(member);
      if (IsExit(node)) {
        const bool known = std::any_of(exits_.begin(), exits_.end(), [&](const auto& e) { return e.first == member; });
        if (!known || !node.control_inputs.empty()) return false;
      }
      // How the loop's own nodes read them was seen as its parts were collected.
      if (!position_.contains(member) || IsEnter(node)) continue;
      for (const int32_t user : users_[static_cast<size_t>(member)]) {
        if (!IsMember(user)) return false;
      }
    }
    return true;
  }

  void AddInput(int32_t enter, RaisedLoop* loop) const {
    const Node& node = graph_.node(enter);
    loop->inputs.push_back(node.inputs.empty() ? Edge() : node.inputs[0]);
    const DType* dtype = node.attrs.Get<DType>("T");
    loop->types.push_back(node.op == "RefEnter" ? DType::kResource : dtype != nullptr ? *dtype : DType::kInvalid);
    loop->controls.insert(loop->controls.end(), node.control_inputs.begin(), node.control_inputs.end());
  }

  void Build(const std::vector<Edge>& results, const std::set<int32_t>& nodes, const std::vector<int32_t>& effects,
             const RaisedLoop& loop, Body* body) const {
    for (size_t i = 0; i < loop.inputs.size(); ++i) {
      body->args.push_back(body->graph.AddNode(
          ArgNode(Cat("loop variable ", static_cast<int64_t>(i)), loop.types[i], static_cast<int64_t>(i))));
    }
    std::map<int32_t, int32_t> moved;
    for (const int32_t index : frame_.members) {  // in topological order
      if (!nodes.contains(index)) continue;
      Node copy = graph_.node(index);
      moved[index] = body->graph.AddNode(std::move(copy));
    }
    const auto translate = [&](Edge edge) {
      const auto it = moved.find(edge.node);
      if (it != moved.end()) return Edge{it->second, edge.slot};
      return Edge{body->args[static_cast<size_t>(position_.at(edge.node))], 0};
    };
    for (const auto& [from, to] : moved) {
      Node& node = body->graph.node(to);
      for (Edge& edge : node.inputs) edge = translate(edge);
      std::vector<int32_t> controls;
      for (const int32_t control : node.control_inputs) {
        const auto it = moved.find(control);
        if (it != moved.end()) controls.push_back(it->second);
      }
      node.control_inputs = std::move(controls);
    }
    for (const Edge& edge : results) body->results.push_back(translate(edge));
    for (const int32_t effect : effects) body->effects.push_back(moved.at(effect));
  }

  const Graph& graph_;
  const LoopFrame& frame_;
  const std::vector<int32_t>& frame_of_;
  const std::vector<std::vector<int32_t>>& users_;
  bool ok_ = true;
  int32_t own_ = 0;
  int32_t loop_cond_ = -1;
  Edge condition_;
  std::vector<Variable> variables_;
  std::vector<int32_t> invariants_;
  std::map<int32_t, int32_t> position_;  // of Merges, Switches and invariant Enters: the argument they stand for
  std::vector<std::pair<int32_t, int32_t>> exits_;
  std::set<int32_t> condition_nodes_;
  std::set<int32_t> body_nodes_;
  std::vector<int32_t> effects_;
};

}  // namespace

std::optional<RaisedLoop> RaiseLoop(const Graph& graph, const LoopFrame& frame, const std::vector<int32_t>& frame_of,
                                    const std::vector<std::vector<int32_t>>& users) {
  return LoopReader(graph, frame, frame_of, users).Read();
}

}  // namespace rivulet
