// add_default_attributes: a node gets the attributes that it lacks and that its operator's definition has a value for.

#include "engine/base/errors.h"
#include "prepare/attr_default.h"
#include "prepare/names.h"
#include "prepare/transforms/transforms.h"
#include "prepare/function_names.h"

namespace rivulet::prepare {
namespace {

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(const NameSet functions, FunctionNames(graph));
  GraphDef changed = graph;
  for (NodeDef& node : changed.nodes) {
    // What calls a function of the graph stays.
    if (functions.contains(node.op) || !context.MayRewrite(node.name)) continue;
    RIVULET_RETURN_IF_ERROR(AddDefaultAttributes(node));
  }
  graph = std::move(changed);
  return Status();
}

}  // namespace

const Transform kAddDefaultAttributes = {"add_default_attributes", "", Apply};

}  // namespace rivulet::prepare
