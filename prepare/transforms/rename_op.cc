// rename_op: the nodes of one operator become nodes of another.
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(const std::string from, context.arguments.Required("old_op_name"));
  RIVULET_ASSIGN_OR_RETURN(const std::string to, context.arguments.Required("new_op_name"));
  for (NodeDef& node : graph.nodes) {
    if (node.op == from) node.op = to;
  }
  return Status();
}

}  // namespace

const Transform kRenameOp = {"rename_op", "old_op_name new_op_name", Apply, Promise::kCallers};

}  // namespace rivulet::prepare
