// remove_control_dependencies: inputs that only order the nodes go.
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

Status Apply(GraphDef& graph, const TransformContext&) {
  for (NodeDef& node : graph.nodes) {
    std::erase_if(node.inputs, [](const std::string& input) { return ParseInput(input).is_control; });
  }
  return Status();
}

}  // namespace

const Transform kRemoveControlDependencies = {"remove_control_dependencies", "", Apply};

}  // namespace rivulet::prepare
