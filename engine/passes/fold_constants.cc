// Nodes that depend on constants alone are computed once.
//
//   a = Const{1,2}                  y = Const{3,5}
//   b = Const{2,3}        becomes
//   y = Add(a, b)
//
// Random and stateful nodes stay, and nodes whose result would be much larger than what it is made from. So do weights
// whose quantisation 8-bit products read (fold_weights folds those that none took).
#include <algorithm>
#include <list>

#include "engine/base/sort.h"
#include "engine/ops/infer.h"
#include "engine/passes/int8_match.h"
#include "engine/passes/pass.h"

namespace rivulet {
namespace {

constexpr size_t kAlwaysBytes = 1 << 20;
constexpr size_t kGrowth = 4;  // as from 8-bit weights to float

bool IsFoldable(const Node& node, const std::vector<const Fact*>& inputs, const std::vector<Fact>& outputs) {
  if (node.def == nullptr || node.inputs.empty()) return false;
  if (node.def->flags & kStateful) return false;
  if (node.def->run == nullptr && !(node.def->flags & kAlias)) return false;
  size_t in_bytes = 0;
  for (const Fact* input : inputs) {
    if (!input->value.valid()) return false;
    in_bytes += input->value.bytes();
  }
  size_t out_bytes = 0;
  for (const Fact& output : outputs) {
    const int64_t count = output.shape.num_elements();
    if (count < 0) {
      if (node.def->flags & kDataDependent) continue;  // never larger than its inputs
      return false;
    }
    out_bytes += static_cast<size_t>(count) * std::max<size_t>(StoredBytes(output.dtype), 1);
    if (StoredBytes(output.dtype) == 0) return false;
  }
  return out_bytes <= std::max(kAlwaysBytes, kGrowth * in_bytes);
}

bool IsQuantised(const Node& node) { return IsFakeQuant8(node) || IsScaledCodes(node); }

// Inference found the values, as of Shape when the input's shape is known.
bool IsKnownAlready(const Node& node) {
  if (node.op == "Const" || node.outputs.empty()) return false;
  return std::all_of(node.outputs.begin(), node.outputs.end(), [](const Fact& fact) { return fact.value.valid(); });
}

Status Fold(const PassContext& context, bool quantised_weights, PatchSink& sink) {
  const Graph& graph = context.graph;
  RIVULET_ASSIGN_OR_RETURN(const std::vector<int32_t> order, TopologicalOrder(graph));
  // Facts with known values, the node's own or those found here; null for nodes that stay.
  std::vector<const std::vector<Fact>*> folded(static_cast<size_t>(graph.size()), nullptr);
  std::list<std::vector<Fact>> found;
  // Known values that come only after something has happened (a variable was set, a branch was taken): folded, nobody
  // would wait for it.
  std::vector<bool> waits(static_cast<size_t>(graph.size()), false);
  std::vector<bool> kept(static_cast<size_t>(graph.size()), false);  // quantised weights
  std::vector<const Fact*> inputs;
  for (const int32_t index : order) {
    const Node& node = graph.node(index);
    inputs.clear();
    bool must_wait = !node.control_inputs.empty();
    bool has_new_shape = false;
    bool reads_kept = false, all_known = true;
    for (const Edge& edge : node.inputs) {
      must_wait = must_wait || waits[static_cast<size_t>(edge.node)];
      const std::vector<Fact>* const known = folded[static_cast<size_t>(edge.node)];
      has_new_shape = has_new_shape || (known != nullptr && !graph.fact(edge).shape.complete());
      reads_kept = reads_kept || kept[static_cast<size_t>(edge.node)];
      inputs.push_back(known == nullptr ? &graph.fact(edge) : &(*known)[static_cast<size_t>(edge.slot)]);
      all_known = all_known && inputs.back()->value.valid();
    }
    if (must_wait) {
      waits[static_cast<size_t>(index)] =
          std::any_of(node.outputs.begin(), node.outputs.end(), [](const Fact& fact) { return fact.value.valid(); });
      continue;
    }
    // What is seen through to such weights, as by a Reshape, stays with them, also where its value is known.
    if (!quantised_weights && (reads_kept || (all_known && IsQuantised(node)))) {
      kept[static_cast<size_t>(index)] = true;
      continue;
    }
    if (IsKnownAlready(node)) {
      folded[static_cast<size_t>(index)] = &node.outputs;
      continue;
    }
    if (!all_known) continue;
    // What inference could not check for want of a shape that was found here, it checks now.
    std::vector<Fact> outputs = node.outputs;
    if (has_new_shape && !InferNode(node, inputs, graph.has_versions, context.allocator, &outputs).ok()) continue;
    if (!IsFoldable(node, inputs, outputs)) continue;
    auto values = EvaluateNode(node, inputs, outputs, context.allocator, context.pool, context.stop);
    RIVULET_RETURN_IF_ERROR(context.stop.Why());
    if (!values.ok()) {
      // Out of budget here may still fit at run time; wrong data fails there with its own message.
      continue;
    }
    std::vector<Fact>& facts = found.emplace_back();
    for (Tensor& value : *values) facts.push_back({value.dtype(), value.shape(), value});
    if (!facts.empty()) folded[static_cast<size_t>(index)] = &facts;
  }
  // Constants are made only where a node that stays reads them, or the caller.
  std::vector<Edge> wanted = context.roots;
  std::erase_if(wanted, [&](const Edge& edge) { return folded[static_cast<size_t>(edge.node)] == nullptr; });
  for (int32_t i = 0; i < graph.size(); ++i) {
    if (folded[static_cast<size_t>(i)] != nullptr) continue;
    for (const Edge& edge : graph.node(i).inputs) {
      if (folded[static_cast<size_t>(edge.node)] != nullptr) wanted.push_back(edge);
    }
  }
  Sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  for (const Edge& edge : wanted) {
    const std::vector<Fact>& facts = *folded[static_cast<size_t>(edge.node)];
    if (static_cast<size_t>(edge.slot) >= facts.size()) continue;
    sink.Begin();
    sink.Replace(edge, sink.Add(ConstNode(EdgeName(graph, edge), facts[static_cast<size_t>(edge.slot)].value)));
  }
  return Status();
}

}  // namespace

Status FoldConstants(const PassContext& context, PatchSink& sink) { return Fold(context, !kHasInt8Steps, sink); }

Status FoldWeights(const PassContext& context, PatchSink& sink) {
  for (const Node& node : context.graph.nodes()) {
    if (IsQuantised(node)) return Fold(context, true, sink);
  }
  return Status();
}

}  // namespace rivulet
