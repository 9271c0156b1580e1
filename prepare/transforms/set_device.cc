// set_device: every node, or every node that does not say, is to run there.
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(const std::string device, context.arguments.One("device", ""));
  RIVULET_ASSIGN_OR_RETURN(const bool if_default, context.arguments.Bool("if_default", false));
  for (NodeDef& node : graph.nodes) {
    if (!if_default || node.device.empty()) node.device = device;
  }
  return Status();
}

}  // namespace

const Transform kSetDevice = {"set_device", "device if_default", Apply};

}  // namespace rivulet::prepare
