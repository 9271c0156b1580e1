// remove_device: no node says where it is to run.
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

Status Apply(GraphDef& graph, const TransformContext&) {
  for (NodeDef& node : graph.nodes) node.device.clear();
  return Status();
}

}  // namespace

const Transform kRemoveDevice = {"remove_device", "", Apply};

}  // namespace rivulet::prepare
