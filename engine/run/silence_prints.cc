#include "engine/base/built.h"
#include "engine/base/small.h"
#include "engine/ops/op.h"
#include "engine/run/lower.h"

namespace rivulet {

void SilencePrints(Graph* graph) {
  // A small engine's Print is silent and only costs a copy; one that was narrowed to others may have no Identity.
  if constexpr (kIsSmall || !IsBuilt("Print") || !IsBuilt("Identity")) return;
  const OpDef* const identity = FindOp("Identity");
  for (Node& node : graph->nodes()) {
    if (node.op != "Print" || node.inputs.empty()) continue;
    for (size_t i = 1; i < node.inputs.size(); ++i) {
      if (node.inputs[i].node != node.inputs[0].node) node.control_inputs.push_back(node.inputs[i].node);
    }
    node.inputs.resize(1);
    AttrMap attrs;
    if (const DType* type = node.attrs.Get<DType>("T")) attrs.Set("T", *type);
    node.attrs = std::move(attrs);
    node.op = "Identity";
    node.def = identity;
  }
}

}  // namespace rivulet
