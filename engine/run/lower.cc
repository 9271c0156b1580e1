#include "engine/run/lower.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/ops/handle_types.h"
#include "engine/ops/op.h"
#include "engine/ops/signature.h"

namespace rivulet {

void KeepNeeded(Graph* graph, std::vector<Edge>* roots, std::vector<int32_t>* root_nodes) {
  std::vector<int32_t> needed = *root_nodes;
  for (const Edge& edge : *roots) needed.push_back(edge.node);
  const std::vector<bool> keep = Reachable(*graph, needed);
  std::vector<int32_t> index(keep.size(), -1);
  int32_t next = 0;
  for (size_t i = 0; i < keep.size(); ++i) {
    if (keep[i]) index[i] = next++;
  }
  if (next == graph->size()) return;
  graph->Compact(keep);
  for (Edge& edge : *roots) edge.node = index[static_cast<size_t>(edge.node)];
  for (int32_t& node : *root_nodes) node = index[static_cast<size_t>(node)];
}

namespace {

bool IsSwitch(const Node& node) {
  const std::string_view op = node.op;
  return op == "Switch" || op == "RefSwitch" || op == "_SwitchN";
}

bool HasSwitch(const Graph& graph) { return std::any_of(graph.nodes().begin(), graph.nodes().end(), IsSwitch); }

// Names of functions in a node's attributes.
void ForEachCall(const Node& node, const auto& visit) {
  for (const auto& [name, value] : node.attrs) {
    if (const auto* call = std::get_if<FunctionCall>(&value)) visit(*call);
    if (const auto* list = std::get_if<std::shared_ptr<const AttrList>>(&value)) {
      for (const FunctionCall& call : (*list)->functions) visit(call);
    }
  }
}

class EffectFinder {
 public:
  explicit EffectFinder(FunctionTable& functions) : functions_(functions) {}

  bool In(const Graph& graph) {
    for (const Node& node : graph.nodes()) {
      if (node.def != nullptr && (node.def->flags & kEffect) == kEffect) return true;
      if (node.def == nullptr || !(node.def->flags & kCallsFunctions)) continue;
      bool found = false;
      ForEachCall(node, [&](const FunctionCall& call) {
        if (found || !seen_.insert(call.name).second) return;
        const auto body = functions_.Find(call);
        // A function that cannot be made ready says so when it is run; until then it is not trusted.
        found = !body.ok() || In((*body)->graph);
      });
      if (found) return true;
    }
    return false;
  }

 private:
  FunctionTable& functions_;
  std::set<std::string> seen_;
};

}  // namespace

bool HasEffects(const Graph& graph, FunctionTable& functions) { return EffectFinder(functions).In(graph); }

void GateConstants(Graph* graph, std::vector<Edge>* roots) {
  if (!HasSwitch(*graph)) return;
  const int32_t before = graph->size();
  std::vector<int32_t> gate(static_cast<size_t>(before), -1);
  for (int32_t i = 0; i < before; ++i) {
    if (graph->node(i).op != "Const" || graph->node(i).control_inputs.empty()) continue;
    Node identity;
    identity.name = graph->FreeName(Cat(graph->node(i).name, "/gated"));
    identity.op = "Identity";
    identity.def = FindOp("Identity");
    identity.inputs = {{i, 0}};
    identity.control_inputs = std::move(graph->node(i).control_inputs);
    graph->node(i).control_inputs.clear();
    if (const DType* dtype = graph->node(i).attrs.Get<DType>("dtype")) identity.attrs.Set("T", *dtype);
    gate[static_cast<size_t>(i)] = graph->AddNode(std::move(identity));
  }
  for (int32_t i = 0; i < before; ++i) {
    Node& node = graph->node(i);
    for (Edge& edge : node.inputs) {
      if (edge.node < before && gate[static_cast<size_t>(edge.node)] >= 0)
        edge.node = gate[static_cast<size_t>(edge.node)];
    }
    for (int32_t& control : node.control_inputs) {
      if (control < before && gate[static_cast<size_t>(control)] >= 0) control = gate[static_cast<size_t>(control)];
    }
  }
  for (int32_t i = before; i < graph->size(); ++i) {
    for (int32_t& control : graph->node(i).control_inputs) {
      if (control < before && gate[static_cast<size_t>(control)] >= 0) control = gate[static_cast<size_t>(control)];
    }
  }
  for (Edge& edge : *roots) {
    if (edge.node < before && gate[static_cast<size_t>(edge.node)] >= 0)
      edge.node = gate[static_cast<size_t>(edge.node)];
  }
}

namespace {

// Nodes that nothing can be waited for: they give what is there anyway. `reads`: also values of variables, which none
// of the graph's nodes changes.
std::vector<bool> Settled(const Graph& graph, const std::vector<int32_t>& order, bool reads) {
  std::vector<bool> settled(static_cast<size_t>(graph.size()), false);
  const auto is_settled = [&](int32_t node) { return settled[static_cast<size_t>(node)]; };
  for (const int32_t index : order) {
    const Node& node = graph.node(index);
    const bool is_value = node.op == "Const" || node.op == "VarHandleOp" || node.op == "_Arg" || node.op == "NoOp";
    const bool hands_on = node.op == "Identity" || (reads && node.op == "ReadVariableOp");
    settled[static_cast<size_t>(index)] =
        (is_value || hands_on) && std::all_of(node.control_inputs.begin(), node.control_inputs.end(), is_settled) &&
        std::all_of(node.inputs.begin(), node.inputs.end(), [&](const Edge& edge) { return is_settled(edge.node); });
  }
  return settled;
}

// A node does not wait for what it reads, through other nodes, anyway: a call that was inlined is done when its result
// is there.
void DropRepeatedControls(Graph* graph, const std::vector<int32_t>& order) {
  constexpr int kMostNodes = 64;  // each is a walk over the graph; a model's results are few
  int nodes = 0;
  for (int32_t i = 0; i < graph->size() && nodes < kMostNodes; ++i) {
    Node& node = graph->node(i);
    if (node.control_inputs.empty() || node.inputs.empty()) continue;
    ++nodes;
    std::vector<int32_t> read;
    for (const Edge& edge : node.inputs) read.push_back(edge.node);
    std::vector<bool> before = Reachable(*graph, read);
    const auto is_before = [&](int32_t other) { return before[static_cast<size_t>(other)]; };
    for (const int32_t index : order) {
      const Node& other = graph->node(index);
      if (other.op != "NoOp" || !other.inputs.empty()) continue;
      if (std::all_of(other.control_inputs.begin(), other.control_inputs.end(), is_before))
        before[static_cast<size_t>(index)] = true;
    }
    std::erase_if(node.control_inputs, is_before);
  }
}

}  // namespace

void DropControls(Graph* graph, std::vector<int32_t>* root_nodes, FunctionTable& functions) {
  const bool waits = std::any_of(graph->nodes().begin(), graph->nodes().end(),
                                 [](const Node& node) { return !node.control_inputs.empty(); });
  if (!waits && root_nodes->empty()) return;
  if (HasSwitch(*graph) || HasEffects(*graph, functions)) return;
  const Result<std::vector<int32_t>> order = TopologicalOrder(*graph);
  if (!order.ok()) return;  // says so when it is planned
  if (!root_nodes->empty()) {
    // A read may fail, and is asked for by name.
    const std::vector<bool> settled = Settled(*graph, *order, /*reads=*/false);
    const auto is_settled = [&](int32_t node) { return settled[static_cast<size_t>(node)]; };
    if (!std::all_of(root_nodes->begin(), root_nodes->end(), is_settled)) return;
    root_nodes->clear();
  }
  const std::vector<bool> settled = Settled(*graph, *order, /*reads=*/true);
  for (Node& node : graph->nodes()) {
    std::erase_if(node.control_inputs, [&](int32_t control) { return settled[static_cast<size_t>(control)]; });
  }
  DropRepeatedControls(graph, *order);
}

void FindArgs(Body* body) {
  const size_t count = body->args.size();
  body->args.assign(count, -1);
  for (int32_t i = 0; i < body->graph.size(); ++i) {
    const Node& node = body->graph.node(i);
    if (node.op != "_Arg") continue;
    const int64_t* index = node.attrs.Get<int64_t>("index");
    if (index != nullptr && *index >= 0 && static_cast<size_t>(*index) < count) {
      body->args[static_cast<size_t>(*index)] = i;
    }
  }
}

namespace {

// Neither calls nor control flow, neither references nor handles: what most networks are.
bool IsPlain(const OpDef& def) {
  constexpr std::string_view kHarmless[] = {"Const", "_Feed", "Identity", "NoOp", "Placeholder"};
  if (std::find(std::begin(kHarmless), std::end(kHarmless), def.name) != std::end(kHarmless)) return true;
  if (def.run == nullptr && (def.flags & kAlias) == 0) return false;
  if ((def.flags & (kStateful | kTakesObjects | kCallsFunctions)) != 0) return false;
  const auto is_ref = [](const ArgSpec& arg) { return arg.is_ref; };
  return std::none_of(SignatureOf(def).outputs.begin(), SignatureOf(def).outputs.end(), is_ref) &&
         !std::string_view(def.name).starts_with("TensorArray");
}

bool IsPlain(const Graph& graph) {
  std::array<const OpDef*, 64> plain{};  // some of those that were looked at
  for (const Node& node : graph.nodes()) {
    if (node.def == nullptr) return false;
    const OpDef*& seen = plain[reinterpret_cast<uintptr_t>(node.def) / sizeof(OpDef) % plain.size()];
    if (seen == node.def) continue;
    if (!IsPlain(*node.def)) return false;
    seen = node.def;
  }
  return true;
}

}  // namespace

Status Lower(Graph* graph, std::vector<Edge>* roots, std::vector<int32_t>* root_nodes, FunctionTable& functions,
             const StopToken& stop) {
  KeepNeeded(graph, roots, root_nodes);
  RIVULET_RETURN_IF_ERROR(stop.Why());
  if (!functions.prints()) SilencePrints(graph);
  if (IsPlain(*graph)) {
    DropControls(graph, root_nodes, functions);
    KeepNeeded(graph, roots, root_nodes);
    return Status();
  }
  if constexpr (kBuilt.functions) RIVULET_RETURN_IF_ERROR(InlineCalls(graph, roots, root_nodes, functions));
  if (!functions.prints()) SilencePrints(graph);
  RIVULET_RETURN_IF_ERROR(stop.Why());
  if constexpr (kBuilt.variables) {
    RetypeHandles(graph);
    RIVULET_RETURN_IF_ERROR(LowerReferences(graph, roots));
    NameElementShapes(graph);
  }
  RIVULET_RETURN_IF_ERROR(stop.Why());
  if constexpr (kBuilt.frames) RIVULET_RETURN_IF_ERROR(LowerLoops(graph, roots, root_nodes, functions));
  RIVULET_RETURN_IF_ERROR(stop.Why());
  DropControls(graph, root_nodes, functions);
  KeepNeeded(graph, roots, root_nodes);
  GateConstants(graph, roots);
  return Status();
}

}  // namespace rivulet
