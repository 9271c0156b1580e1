// count_ops: how many nodes a graph has, or how many of one operator.
#include <cstdio>

#include "cli/tf/tools.h"
#include "prepare/model_graph.h"

namespace rivulet::tf {
namespace {

int Run(const Call& call) {
  std::string graph, op_name;
  Flags flags = call.MakeFlags();
  flags.AddWord("graph", &graph, "a model's file");
  flags.AddWord("op_name", &op_name, "count only nodes of this operator, or of this name", false);
  if (const auto code = flags.Parse(call.arguments)) return *code;
  const auto model = prepare::ReadModelGraph(graph);
  if (!model.ok()) return call.Fail(model.status());
  size_t count = 0;
  for (const prepare::NodeDef& node : model->graph.nodes) {
    // The original compared with the node's name alone, which made the count 0 or 1.
    if (op_name.empty() || node.op == op_name || node.name == op_name) ++count;
  }
  std::printf("%zu\n", count);
  return 0;
}

}  // namespace

const Tool kCountOps = {"count_ops", "Counts the nodes of a graph.", kArgparse, Run};

}  // namespace rivulet::tf
