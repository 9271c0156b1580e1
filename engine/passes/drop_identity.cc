// Uses of an identity become uses of its input.
//
//   y = Identity(x)            becomes      (uses of y take x)
//
// An identity with control inputs stays: it makes its users wait.
#include "engine/passes/pass.h"

namespace rivulet {

Status DropIdentity(const PassContext& context, PatchSink& sink) {
  const Graph& graph = context.graph;
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    if (context.uses[static_cast<size_t>(i)] == 0 || !node.control_inputs.empty() || node.inputs.size() != 1) continue;
    if (node.op != "Identity" && node.op != "StopGradient" && node.op != "PreventGradient" && node.op != "Snapshot")
      continue;
    sink.Begin();
    sink.Replace({i, 0}, node.inputs[0]);
  }
  return Status();
}

}  // namespace rivulet
