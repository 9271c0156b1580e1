#include "tests/golden/may_loop.h"

namespace rivulet::golden {
namespace {

// Works on nodes of graphs and of function bodies.
template <typename N>
bool MayGoOn(const N& node) {
  if (node.op == "Enter" || node.op == "RefEnter" || node.op.ends_with("While") || node.op == "For") return true;
  const int64_t* attempts = node.attrs.template Get<int64_t>("max_attempts");
  return attempts != nullptr && *attempts > 1'000'000;
}

}  // namespace

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
