#include "tests/golden/may_loop.h"

namespace rivulet::golden {
namespace {

// Whether the operator puts elements into an object of the session, or waits for elements that no other run brings.
bool Keeps(std::string_view op) {
  for (const char* start :
       {"Queue", "Stage", "Unstage", "Map", "OrderedMap", "Barrier", "Accumulator", "ResourceAccumulator",
        "SparseAccumulator", "AddSparseToTensorsMap", "AddManySparseToTensorsMap", "BoostedTreesUpdate",
        "BoostedTreesCenter", "BoostedTreesDeserialize"}) {
    if (op.starts_with(start)) return true;
  }
  return false;
}

// Works on nodes of graphs and of function bodies.
template <typename N>
bool MayGoOn(const N& node) {
  if (Keeps(node.op)) return true;
  if (node.op == "Enter" || node.op == "RefEnter" || node.op.ends_with("While") || node.op == "For") return true;
  if (node.op == "KmeansPlusPlusInitialization") return true;  // an input says how often to try
  const int64_t* attempts = node.attrs.template Get<int64_t>("max_attempts");
  return attempts != nullptr && *attempts > 1'000'000;
}

}  // namespace

bool KeepsElements(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    if (Keeps(node.op) || node.attrs.Find("seed2") != nullptr) return true;
  }
  return false;
}

bool MayLoop(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    if (MayGoOn(node)) return true;
  }
  for (const auto& [name, function] : graph.functions) {
    for (const Function::BodyNode& node : function->body) {
      if (MayGoOn(node)) return true;
    }
  }
  return false;
}

}  // namespace rivulet::golden
