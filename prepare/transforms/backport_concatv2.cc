// backport_concatv2: the concatenation of old runtimes, which takes the axis first and as int32.
//
//   y = ConcatV2(a, b, axis)   becomes   y = Concat(axis, a, b)
//
// An axis of int64 is made int32: a constant by another constant, anything else by a Cast.
#include <algorithm>

#include "engine/base/errors.h"
#include "engine/ops/op.h"
#include "prepare/constants.h"
#include "prepare/graph_edit.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

// The axis input as int32.
std::string NarrowAxis(GraphEdit& edit, const NodeDef& node, size_t axis_input) {
  const std::string name = edit.FreeName(node.name + "/axis");
  if (const std::optional<ConstInput> axis = edit.ReadConst(node, axis_input);
      axis && axis->value.num_elements() == 1 && axis->value.dtype() == DType::kInt64) {
    // The axis of a tensor is small, or an error either way.
    const int64_t wide = std::clamp<int64_t>(axis->value.data<int64_t>()[0], INT32_MIN, INT32_MAX);
    const auto narrow = static_cast<int32_t>(wide);
    NodeDef made = MakeConst(name, Tensor::Of<int32_t>(axis->value.shape(), std::span<const int32_t>(&narrow, 1)));
    made.device = node.device;
    made.inputs = axis->waits;
    return edit.Add(std::move(made), &node).name;
  }
  NodeDef cast{.name = name, .op = "Cast", .device = node.device, .inputs = {node.inputs[axis_input]}};
  cast.attrs["SrcT"] = Attr::OfType(DType::kInt64);
  cast.attrs["DstT"] = Attr::OfType(DType::kInt32);
  return edit.Add(std::move(cast), &node).name;
}

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, context));
  for (NodeDef* node : edit.Nodes()) {
    if (node->op != "ConcatV2" || !context.MayRewrite(node->name)) continue;
    const size_t count = NumDataInputs(*node);
    if (count < 2)
      return InvalidArgument("node '", node->name, "' (ConcatV2): want tensors and an axis, got ", count, " inputs");
    std::vector<std::string> inputs = node->inputs;
    const std::string old_axis(ParseInput(inputs[count - 1]).node);
    const bool is_wide = TypeAttr(*node, "Tidx", DType::kInt32) == DType::kInt64;
    const std::string axis = is_wide ? NarrowAxis(edit, *node, count - 1) : inputs[count - 1];
    inputs.erase(inputs.begin() + static_cast<std::ptrdiff_t>(count) - 1);
    inputs.insert(inputs.begin(), axis);
    edit.SetInputs(*node, std::move(inputs));
    node->op = "Concat";
    node->attrs.erase("Tidx");
    if (is_wide) edit.RemoveUnread(old_axis);
  }
  std::move(edit).WriteTo(graph);
  return Status();
}

}  // namespace

const Transform kBackportConcatv2 = {"backport_concatv2", "", Apply};

}  // namespace rivulet::prepare
