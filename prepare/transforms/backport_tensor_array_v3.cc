// backport_tensor_array_v3: tensor arrays as old runtimes have them, with handles that are strings.
//
//   a = TensorArrayV3(n), w = TensorArrayWriteV3(a, i, x, a:1)   becomes
//   a = TensorArrayV2(n), f = Const 1 (^a), w = TensorArrayWriteV2(a, i, x, f)
//
// V2 gives no flow; who read it reads a constant `a/replacement_flow_node` that waits for the array, which keeps the
// order and the loop. What hands the handle on, into loops and branches, is told that it is a string.
#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/graph_edit.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

bool MakesArray(std::string_view op) { return op == "TensorArrayV3" || op == "TensorArrayGradV3"; }

bool IsV3(std::string_view op) {
  static constexpr std::string_view kOps[] = {
      "TensorArrayV3",        "TensorArrayGradV3",   "TensorArrayWriteV3", "TensorArrayReadV3", "TensorArrayGatherV3",
      "TensorArrayScatterV3", "TensorArrayConcatV3", "TensorArraySplitV3", "TensorArraySizeV3", "TensorArrayCloseV3"};
  for (const std::string_view known : kOps) {
    if (op == known) return true;
  }
  return false;
}

// Readers of output 1 read a constant instead.
void ReplaceFlow(GraphEdit& edit, NodeDef& array) {
  std::string flow;
  for (NodeDef* reader : edit.ReadersOf(array)) {
    std::vector<std::string> inputs = reader->inputs;
    for (std::string& input : inputs) {
      const InputName name = ParseInput(input);
      if (name.is_control || name.node != array.name || name.port != 1) continue;
      if (flow.empty()) {
        NodeDef made = MakeConst(edit.FreeName(array.name + "/replacement_flow_node"), Tensor::Scalar(1.0f));
        made.device = array.device;
        made.inputs = {"^" + array.name};
        flow = edit.Add(std::move(made), reader).name;
      }
      input = flow;
    }
    edit.SetInputs(*reader, std::move(inputs));
  }
}

// Hands output 0 of its input on, as the type T.
bool PassesOn(const NodeDef& node) {
  return IsControlFlow(node.op) || node.op == "Identity" || node.op == "StopGradient";
}

void RetypeHandle(GraphEdit& edit, NodeDef& array) {
  std::vector<NodeDef*> waiting = {&array};
  while (!waiting.empty()) {
    NodeDef* source = waiting.back();
    waiting.pop_back();
    for (NodeDef* reader : edit.ReadersOf(*source)) {
      if (!PassesOn(*reader) || TypeAttr(*reader, "T") != DType::kResource) continue;
      reader->attrs["T"] = Attr::OfType(DType::kString);
      waiting.push_back(reader);
    }
  }
}

Status Apply(GraphDef& graph, const TransformContext& context) {
  for (const auto* names : {&context.inputs, &context.outputs}) {
    for (const std::string& text : *names) {
      const InputName name = ParseInput(text);
      for (const NodeDef& node : graph.nodes) {
        if (name.port == 1 && node.name == name.node && MakesArray(node.op)) {
          return InvalidArgument("'", text, "' is the flow of a tensor array, which goes");
        }
      }
    }
  }
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, context));
  for (NodeDef* node : edit.Nodes()) {
    if (!IsV3(node->op)) continue;
    if (MakesArray(node->op)) {
      ReplaceFlow(edit, *node);
      RetypeHandle(edit, *node);
      node->attrs.erase("identical_element_shapes");  // V2 has none
    }
    node->op.back() = '2';
  }
  std::move(edit).WriteTo(graph);
  return Status();
}

}  // namespace

const Transform kBackportTensorArrayV3 = {"backport_tensor_array_v3", "", Apply};

}  // namespace rivulet::prepare
