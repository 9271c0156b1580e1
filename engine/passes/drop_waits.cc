// Nobody waits for what only computes and is computed anyway: the order does not matter, and what waits for nothing can
// be folded.
//
//   d = Dequantize(codes, lo, hi)
//   n = NoOp() [^d]                 becomes      axes = Const{0}
//   axes = Const{0} [^n]
//
// A wait stays where what is waited for, or something before it, has an effect, keeps a state, checks its input or is
// not known; where nobody else asks for it, since it may fail, and then the run has to; and where it hangs on a branch,
// which says whether a node runs at all.
#include <algorithm>
#include <span>
#include <string_view>

#include "engine/ops/op.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

// What changes nothing but can end a run on purpose.
constexpr std::string_view kChecks[] = {"CheckNumerics", "CheckNumericsV2", "EnsureShape"};
constexpr std::string_view kNeverFail[] = {"NoOp", "Const", "_Feed", "Identity"};

bool IsOneOf(std::string_view op, std::span<const std::string_view> ops) {
  for (const std::string_view one : ops) {
    if (one == op) return true;
  }
  return false;
}

bool MustHappen(const Node& node) {
  if (node.op == "NoOp" || node.op == "Const") return false;
  if (node.op == "Placeholder" || node.op == "_Feed") return false;
  return node.def == nullptr || (node.def->flags & (kStateful | kCallsFunctions)) != 0 || IsOneOf(node.op, kChecks);
}

// The nodes that must happen, and all that come behind one.
std::vector<bool> FindAwaited(const Graph& graph, const std::vector<int32_t>& order) {
  std::vector<bool> awaited(static_cast<size_t>(graph.size()), false);
  for (const int32_t index : order) {
    const Node& node = graph.node(index);
    bool is_behind = MustHappen(node);
    for (const Edge& edge : node.inputs) is_behind = is_behind || awaited[static_cast<size_t>(edge.node)];
    for (const int32_t i : node.control_inputs) is_behind = is_behind || awaited[static_cast<size_t>(i)];
    awaited[static_cast<size_t>(index)] = is_behind;
  }
  return awaited;
}

// The nodes whose values the results are made of.
std::vector<bool> FindComputed(const Graph& graph, const std::vector<int32_t>& order, const std::vector<Edge>& roots) {
  std::vector<bool> computed(static_cast<size_t>(graph.size()), false);
  for (const Edge& root : roots) computed[static_cast<size_t>(root.node)] = true;
  for (auto index = order.rbegin(); index != order.rend(); ++index) {
    if (!computed[static_cast<size_t>(*index)]) continue;
    for (const Edge& edge : graph.node(*index).inputs) computed[static_cast<size_t>(edge.node)] = true;
  }
  return computed;
}

// The nodes whose failure would end the run even if nobody waited for them, or that cannot fail.
std::vector<bool> FindNoticed(const Graph& graph, const std::vector<int32_t>& order, const std::vector<Edge>& roots) {
  std::vector<bool> noticed = FindComputed(graph, order, roots);
  for (const int32_t index : order) {
    const Node& node = graph.node(index);
    if (noticed[static_cast<size_t>(index)] || !IsOneOf(node.op, kNeverFail)) continue;
    bool all = true;
    for (const Edge& edge : node.inputs) all = all && noticed[static_cast<size_t>(edge.node)];
    for (const int32_t i : node.control_inputs) all = all && noticed[static_cast<size_t>(i)];
    noticed[static_cast<size_t>(index)] = all;
  }
  return noticed;
}

}  // namespace

Status DropWaits(const PassContext& context, PatchSink& sink) {
  const Graph& graph = context.graph;
  std::vector<int32_t> waiting;
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    if (!node.control_inputs.empty() && context.uses[static_cast<size_t>(i)] > 0) waiting.push_back(i);
  }
  if (waiting.empty()) return Status();
  RIVULET_ASSIGN_OR_RETURN(const std::vector<int32_t> order, TopologicalOrder(graph));
  const std::vector<bool> awaited = FindAwaited(graph, order);
  const std::vector<bool> noticed = FindNoticed(graph, order, context.roots);
  for (const int32_t i : waiting) {
    const Node& node = graph.node(i);
    if (MustHappen(node) || node.op == "Placeholder" || node.op == "_Feed") continue;
    const auto idle = [&](int32_t other) {
      return !awaited[static_cast<size_t>(other)] && noticed[static_cast<size_t>(other)];
    };
    if (!std::all_of(node.control_inputs.begin(), node.control_inputs.end(), idle)) continue;
    Node copy = node;
    copy.control_inputs.clear();
    const auto outputs = static_cast<int32_t>(node.outputs.size());
    sink.Begin();
    const Edge made = sink.Add(std::move(copy));
    for (int32_t slot = 0; slot < outputs; ++slot) sink.Replace({i, slot}, {made.node, slot});
  }
  return Status();
}

}  // namespace rivulet
