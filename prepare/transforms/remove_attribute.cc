// remove_attribute: an attribute goes from all nodes, or from those of one operator.
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(const std::string name, context.arguments.Required("attribute_name"));
  RIVULET_ASSIGN_OR_RETURN(const std::string op, context.arguments.One("op_name", "*"));
  for (NodeDef& node : graph.nodes) {
    if (op == "*" || op == node.op) node.attrs.erase(name);
  }
  return Status();
}

}  // namespace

const Transform kRemoveAttribute = {"remove_attribute", "attribute_name op_name", Apply, Promise::kCallers};

}  // namespace rivulet::prepare
