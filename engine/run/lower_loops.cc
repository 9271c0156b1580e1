#include <algorithm>
#include <map>

#include "engine/ops/infer.h"
#include "engine/run/loop_ops.h"
#include "engine/run/lower.h"
#include "engine/run/raise_loop.h"

namespace rivulet {
namespace {

std::shared_ptr<const AttrList> TypeList(std::vector<DType> types) {
  auto list = std::make_shared<AttrList>();
  list->types = std::move(types);
  return list;
}

std::vector<std::vector<int32_t>> FindUsers(const Graph& graph) {
  std::vector<std::vector<int32_t>> users(static_cast<size_t>(graph.size()));
  for (int32_t i = 0; i < graph.size(); ++i) {
    for (const Edge& edge : graph.node(i).inputs) {
      auto& of = users[static_cast<size_t>(edge.node)];
      if (of.empty() || of.back() != i) of.push_back(i);
    }
  }
  return users;
}

class LoopLowerer {
 public:
  LoopLowerer(Graph* graph, std::vector<Edge>* roots, std::vector<int32_t>* root_nodes, FunctionTable& functions)
      : graph_(*graph), roots_(*roots), root_nodes_(*root_nodes), functions_(functions) {}

  Status Lower() {
    RIVULET_RETURN_IF_ERROR(CheckRoots());
    for (bool again = functions_.raise_loops(); again;) {
      RIVULET_ASSIGN_OR_RETURN(const bool raised, RaiseInnermost());
      again = raised;
    }
    return TakeRest();
  }

 private:
  static bool HasLoops(const Graph& graph) { return std::any_of(graph.nodes().begin(), graph.nodes().end(), IsEnter); }

  // What lies in a loop has as many values as the loop has steps: only what leaves it is a result.
  Status CheckRoots() const {
    if (!HasLoops(graph_)) return Status();
    RIVULET_ASSIGN_OR_RETURN(const LoopFrames found, FindLoopFrames(graph_));
    for (const Edge& root : roots_) {
      const auto frame = static_cast<size_t>(found.frame_of[static_cast<size_t>(root.node)]);
      const Node& node = graph_.node(root.node);
      if (frame == 0 || (IsExit(node) && found.frames[frame].parent == 0)) continue;
      return InvalidArgument("node ", Quoted(node.name), " is inside of the loop ", Quoted(found.frames[frame].name),
                             "; only what an Exit hands out can be fetched");
    }
    return Status();
  }

  // Raises every frame that has no frame inside; returns whether there was one.
  Result<bool> RaiseInnermost() {
    if (!HasLoops(graph_)) return false;
    RIVULET_ASSIGN_OR_RETURN(const LoopFrames found, FindLoopFrames(graph_));
    const std::vector<std::vector<int32_t>> users = FindUsers(graph_);
    std::vector<bool> has_child(found.frames.size(), false);
    for (size_t f = 1; f < found.frames.size(); ++f) has_child[static_cast<size_t>(found.frames[f].parent)] = true;
    bool any = false;
    for (size_t f = 1; f < found.frames.size(); ++f) {
      if (has_child[f]) continue;
      std::optional<RaisedLoop> loop = RaiseLoop(graph_, found.frames[f], found.frame_of, users);
      if (!loop) continue;
      RIVULET_ASSIGN_OR_RETURN(const int32_t index, Replace(found.frames[f].name, std::move(*loop)));
      for (size_t i = 0; i < found.frame_of.size(); ++i) {
        if (found.frame_of[i] == static_cast<int32_t>(f)) inside_[static_cast<int32_t>(i)] = index;
      }
      any = true;
    }
    if (any) Finish();
    return any;
  }

  Result<int32_t> Replace(const std::string& name, RaisedLoop loop) {
    Node node;
    node.name = graph_.FreeName(Cat(name, "/loop"));
    node.op = LoopOp().name;
    node.def = &LoopOp();
    node.inputs = std::move(loop.inputs);
    node.control_inputs = std::move(loop.controls);
    node.attrs.Set("T", TypeList(std::move(loop.types)));
    RIVULET_RETURN_IF_ERROR(FinishBody(&loop.condition));
    RIVULET_RETURN_IF_ERROR(FinishBody(&loop.body));
    SetBody(&node, "cond", Cat(name, " condition"), std::move(loop.condition));
    SetBody(&node, "body", Cat(name, " body"), std::move(loop.body));
    const int32_t index = graph_.AddNode(std::move(node));
    for (const auto& [exit, variable] : loop.exits) moved_[exit] = {index, variable};
    return index;
  }

  Status FinishBody(Body* body) {
    DropControls(&body->graph, &body->effects, functions_);
    KeepNeeded(&body->graph, &body->results, &body->effects);
    GateConstants(&body->graph, &body->results);
    FindArgs(body);
    return Status();
  }

  void SetBody(Node* node, std::string_view attr, std::string_view stem, Body body) {
    FunctionCall call;
    std::shared_ptr<void> keeper;
    call.name = functions_.Add(stem, std::make_shared<const Body>(std::move(body)), &keeper);
    graph_.KeepAlive(std::move(keeper));
    node->attrs.Set(attr, std::move(call));
  }

  // Uses of Exit nodes become uses of what took their place.
  void Finish() {
    for (Node& node : graph_.nodes()) {
      for (Edge& edge : node.inputs) edge = Follow(edge);
      for (int32_t& control : node.control_inputs) control = Follow({control, 0}).node;
    }
    for (Edge& edge : roots_) edge = Follow(edge);
    for (int32_t& node : root_nodes_) {
      const auto loop = inside_.find(node);
      node = loop == inside_.end() ? Follow({node, 0}).node : loop->second;
    }
    moved_.clear();
    inside_.clear();
    KeepNeeded(&graph_, &roots_, &root_nodes_);
  }

  Edge Follow(Edge edge) const {
    const auto it = moved_.find(edge.node);
    return it == moved_.end() ? edge : it->second;
  }

  // What is left of each outermost frame becomes one node, with all its frames inside.
  Status TakeRest() {
    if (!HasLoops(graph_)) return Status();
    RIVULET_ASSIGN_OR_RETURN(const LoopFrames found, FindLoopFrames(graph_));
    std::vector<int32_t> outermost(found.frames.size(), 0);
    for (size_t f = 1; f < found.frames.size(); ++f) {
      const int32_t parent = found.frames[f].parent;
      outermost[f] = parent == 0 ? static_cast<int32_t>(f) : outermost[static_cast<size_t>(parent)];
    }
    for (size_t f = 1; f < found.frames.size(); ++f) {
      if (found.frames[f].parent == 0) TakeFrame(static_cast<int32_t>(f), found, outermost);
    }
    Finish();
    return Status();
  }

  void TakeFrame(int32_t frame, const LoopFrames& found, const std::vector<int32_t>& outermost) {
    Node loop;
    Body body;
    std::vector<DType> in_types;
    std::vector<DType> out_types;
    std::map<int32_t, int32_t> moved;
    // Steps of frames that were taken before are in the graph by now, and in no frame.
    for (int32_t i = 0; i < static_cast<int32_t>(found.frame_of.size()); ++i) {
      if (outermost[static_cast<size_t>(found.frame_of[static_cast<size_t>(i)])] != frame) continue;
      moved[i] = body.graph.AddNode(graph_.node(i));
    }
    for (const auto& [from, to] : moved) {
      const bool enters = IsEnter(graph_.node(from)) && found.frame_of[static_cast<size_t>(from)] == frame;
      const DType* dtype = graph_.node(from).attrs.Get<DType>("T");
      const DType type = dtype == nullptr ? DType::kInvalid : *dtype;
      std::vector<Edge> inputs = graph_.node(from).inputs;
      for (Edge& edge : inputs) {
        if (!enters) {
          edge.node = moved.at(edge.node);
          continue;
        }
        const auto position = static_cast<int64_t>(loop.inputs.size());
        loop.inputs.push_back(edge);
        in_types.push_back(graph_.node(from).op == "RefEnter" ? DType::kResource : type);
        edge = {body.graph.AddNode(ArgNode(Cat("token ", position), in_types.back(), position)), 0};
        body.args.push_back(edge.node);
      }
      std::vector<int32_t> controls;
      for (const int32_t control : graph_.node(from).control_inputs) {
        const auto inside = moved.find(control);
        if (inside != moved.end()) {
          controls.push_back(inside->second);
        } else {
          loop.control_inputs.push_back(control);
        }
      }
      body.graph.node(to).inputs = std::move(inputs);
      body.graph.node(to).control_inputs = std::move(controls);
      if (IsExit(graph_.node(from)) && found.frame_of[static_cast<size_t>(from)] == frame) {
        exits_.emplace_back(from, static_cast<int32_t>(out_types.size()));
        body.results.push_back({to, 0});
        out_types.push_back(graph_.node(from).op == "RefExit" ? DType::kResource : type);
      }
    }
    loop.name = graph_.FreeName(Cat(found.frames[static_cast<size_t>(frame)].name, "/tokens"));
    loop.op = TokenLoopOp().name;
    loop.def = &TokenLoopOp();
    loop.attrs.Set("Tin", TypeList(std::move(in_types)));
    loop.attrs.Set("Tout", TypeList(std::move(out_types)));
    SetBody(&loop, "body", Cat(found.frames[static_cast<size_t>(frame)].name, " tokens"), std::move(body));
    const int32_t index = graph_.AddNode(std::move(loop));
    for (const auto& [exit, position] : exits_) moved_[exit] = {index, position};
    exits_.clear();
    for (const auto& [from, to] : moved) inside_[from] = index;
  }

  Graph& graph_;
  std::vector<Edge>& roots_;
  std::vector<int32_t>& root_nodes_;
  FunctionTable& functions_;
  std::map<int32_t, Edge> moved_;      // Exit nodes and what took their place
  std::map<int32_t, int32_t> inside_;  // nodes of loops and the node that took the loop's place
  std::vector<std::pair<int32_t, int32_t>> exits_;
};

Status InferNothing(InferContext&) { return Status(); }

constexpr OpDef kLoop = {.name = "_Loop",
                         .inputs = "input:list(T)",
                         .outputs = "output:list(T)",
                         .attrs = "T:list(type); cond:func; body:func",
                         .infer = InferNothing,
                         .flags = kCallsFunctions | kTakesObjects | kStateful | kMakesOutputs};
constexpr OpDef kTokenLoop = {.name = "_TokenLoop",
                              .inputs = "input:list(Tin)",
                              .outputs = "output:list(Tout)",
                              .attrs = "Tin:list(type); Tout:list(type); body:func",
                              .infer = InferNothing,
                              .flags = kCallsFunctions | kTakesObjects | kStateful | kMakesOutputs};

}  // namespace

const OpDef& LoopOp() { return kLoop; }
const OpDef& TokenLoopOp() { return kTokenLoop; }

Status LowerLoops(Graph* graph, std::vector<Edge>* roots, std::vector<int32_t>* root_nodes, FunctionTable& functions) {
  return LoopLowerer(graph, roots, root_nodes, functions).Lower();
}

}  // namespace rivulet
