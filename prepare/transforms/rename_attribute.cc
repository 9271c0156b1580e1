// rename_attribute: an attribute gets another name, in all nodes or in those of one operator.
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(const std::string from, context.arguments.Required("old_attribute_name"));
  RIVULET_ASSIGN_OR_RETURN(const std::string to, context.arguments.Required("new_attribute_name"));
  RIVULET_ASSIGN_OR_RETURN(const std::string op, context.arguments.One("op_name", "*"));
  for (NodeDef& node : graph.nodes) {
    if (op != "*" && op != node.op) continue;
    if (auto found = node.attrs.extract(from)) {
      found.key() = to;
      node.attrs.erase(to);
      node.attrs.insert(std::move(found));
    }
  }
  return Status();
}

}  // namespace

const Transform kRenameAttribute = {"rename_attribute", "old_attribute_name new_attribute_name op_name", Apply,
                                    Promise::kCallers};

}  // namespace rivulet::prepare
