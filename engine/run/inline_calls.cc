#include <map>
#include <utility>

#include "engine/ops/infer.h"
#include "engine/run/lower.h"

namespace rivulet {
namespace {

class Inliner {
 public:
  Inliner(Graph* graph, std::vector<Edge>* roots, std::vector<int32_t>* root_nodes, FunctionTable& functions)
      : graph_(*graph), roots_(*roots), root_nodes_(*root_nodes), functions_(functions) {}

  Status Inline() {
    const int32_t before = graph_.size();
    for (int32_t i = 0; i < before; ++i) {
      FunctionCall storage;
      const FunctionCall* call = functions_.CallOf(graph_.node(i), &storage);
      if (call == nullptr) continue;
      Status status = Splice(i, *call);
      if (!status.ok()) return std::move(status).Framed(NodeFrame(graph_.node(i)));
    }
    if (results_.empty()) return Status();
    for (int32_t i = 0; i < graph_.size(); ++i) RIVULET_RETURN_IF_ERROR(Rewire(i));
    for (Edge& edge : roots_) {
      RIVULET_ASSIGN_OR_RETURN(edge, Follow(edge));
    }
    for (int32_t& node : root_nodes_) node = FollowControl(node);
    KeepNeeded(&graph_, &roots_, &root_nodes_);
    return Status();
  }

 private:
  Status Splice(int32_t index, const FunctionCall& call) {
    RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<const Body> body, functions_.Find(call));
    const std::string stem = graph_.node(index).name;
    const std::vector<Edge> inputs = graph_.node(index).inputs;
    if (inputs.size() != body->args.size()) {
      return InvalidArgument("function ", Quoted(call.name), " takes ", static_cast<int64_t>(body->args.size()),
                             " arguments, got ", static_cast<int64_t>(inputs.size()));
    }
    const int32_t start =
        graph_.node(index).control_inputs.empty() ? -1 : AddNoOp(stem + "/start", graph_.node(index).control_inputs);
    std::vector<int32_t> moved(static_cast<size_t>(body->graph.size()), -1);
    for (int32_t i = 0; i < body->graph.size(); ++i) {
      const Node& node = body->graph.node(i);
      if (node.op == "_Arg") continue;
      Node copy = node;
      copy.name = graph_.FreeName(Cat(stem, "/", node.name));
      moved[static_cast<size_t>(i)] = graph_.AddNode(std::move(copy));
    }
    const auto translate = [&](Edge edge) {
      const Node& source = body->graph.node(edge.node);
      if (source.op == "_Arg") return inputs[static_cast<size_t>(*source.attrs.Get<int64_t>("index"))];
      return Edge{moved[static_cast<size_t>(edge.node)], edge.slot};
    };
    for (int32_t i = 0; i < body->graph.size(); ++i) {
      if (moved[static_cast<size_t>(i)] < 0) continue;
      Node& node = graph_.node(moved[static_cast<size_t>(i)]);
      std::vector<int32_t> controls;
      for (Edge& edge : node.inputs) edge = translate(edge);
      for (const int32_t control : node.control_inputs) {
        if (moved[static_cast<size_t>(control)] >= 0) controls.push_back(moved[static_cast<size_t>(control)]);
      }
      const bool starts = (node.inputs.empty() && controls.empty()) ||
                          (node.def != nullptr && (node.def->flags & (kStateful | kCallsFunctions)) != 0);
      if (start >= 0 && starts) controls.push_back(start);
      node.control_inputs = std::move(controls);
    }
    std::vector<int32_t> effects;
    for (const int32_t effect : body->effects) effects.push_back(moved[static_cast<size_t>(effect)]);
    std::vector<Edge> results;
    std::vector<int32_t> done = effects;
    if (start >= 0) done.push_back(start);
    for (size_t k = 0; k < body->results.size(); ++k) {
      Edge edge = translate(body->results[k]);
      if (!effects.empty()) {
        // What the function changes is changed before anyone sees what it returns.
        Node identity;
        identity.name = graph_.FreeName(Cat(stem, "/result", static_cast<int64_t>(k)));
        identity.op = "Identity";
        identity.def = FindOp("Identity");
        identity.inputs = {edge};
        identity.control_inputs = effects;
        edge = {graph_.AddNode(std::move(identity)), 0};
      }
      done.push_back(edge.node);
      results.push_back(edge);
    }
    done_[index] = AddNoOp(stem + "/done", std::move(done));
    results_[index] = std::move(results);
    return Status();
  }

  int32_t AddNoOp(std::string_view name, std::vector<int32_t> controls) {
    Node node;
    node.name = graph_.FreeName(name);
    node.op = "NoOp";
    node.def = FindOp("NoOp");
    node.control_inputs = std::move(controls);
    return graph_.AddNode(std::move(node));
  }

  // A call's argument may be another call's result, and its result one of its arguments. A chain of such is walked
  // once: all of it then leads to its end.
  Result<Edge> Follow(Edge edge) {
    Edge end = edge;
    for (int64_t hops = 0;; ++hops) {
      const auto call = results_.find(end.node);
      if (call == results_.end()) break;
      if (static_cast<size_t>(end.slot) >= call->second.size()) {
        return InvalidArgument(NodeFrame(graph_.node(end.node)), ": output ", end.slot,
                               " is wanted, the function returns ", static_cast<int64_t>(call->second.size()));
      }
      if (hops > graph_.size()) return InvalidArgument(NodeFrame(graph_.node(end.node)), " waits for itself");
      end = call->second[static_cast<size_t>(end.slot)];
    }
    while (!(edge == end)) edge = std::exchange(results_[edge.node][static_cast<size_t>(edge.slot)], end);
    return end;
  }

  int32_t FollowControl(int32_t node) const {
    const auto call = done_.find(node);
    return call == done_.end() ? node : call->second;
  }

  Status Rewire(int32_t index) {
    if (results_.contains(index)) return Status();
    Node& node = graph_.node(index);
    for (Edge& edge : node.inputs) {
      RIVULET_ASSIGN_OR_RETURN(edge, Follow(edge));
    }
    for (int32_t& control : node.control_inputs) control = FollowControl(control);
    return Status();
  }

  Graph& graph_;
  std::vector<Edge>& roots_;
  std::vector<int32_t>& root_nodes_;
  FunctionTable& functions_;
  std::map<int32_t, std::vector<Edge>> results_;  // of each call
  std::map<int32_t, int32_t> done_;
};

}  // namespace

Status InlineCalls(Graph* graph, std::vector<Edge>* roots, std::vector<int32_t>* root_nodes, FunctionTable& functions) {
  RIVULET_RETURN_IF_ERROR(functions.CheckSize(*graph));
  return Inliner(graph, roots, root_nodes, functions).Inline();
}

}  // namespace rivulet
