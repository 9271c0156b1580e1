#include "engine/run/freeze.h"

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

// Node `index` becomes a Const, or the Identity of one where it waits for others: on a branch it can be dead.
void MakeConstant(Graph* graph, int32_t index, const Tensor& value) {
  Node constant = ConstNode(graph->node(index).name, value);
  constant.def = FindOp("Const");
  if (graph->node(index).control_inputs.empty()) {
    graph->node(index).inputs.clear();
    graph->node(index).op = constant.op;
    graph->node(index).def = constant.def;
    graph->node(index).attrs = std::move(constant.attrs);
    return;
  }
  constant.name = graph->FreeName(Cat(constant.name, "/value"));
  const int32_t source = graph->AddNode(std::move(constant));
  Node& node = graph->node(index);
  node.op = "Identity";
  node.def = FindOp("Identity");
  node.inputs = {{source, 0}};
  node.attrs = AttrMap();
  node.attrs.Set("T", value.dtype());
}

}  // namespace

Status BindResources(Graph* graph, const Environment& environment, const StopToken& stop) {
  for (int32_t i = 0; i < graph->size(); ++i) {
    const Node& node = graph->node(i);
    if (node.def == nullptr || (node.def->flags & kNamedResource) != kNamedResource) continue;
    if (!node.inputs.empty()) continue;  // what it is made from is known only in a run: its step finds it
    std::vector<Fact> outputs;
    Status status = InferNode(node, {}, environment.has_versions, environment.allocator, &outputs);
    if (!status.ok()) return std::move(status).Framed(NodeFrame(node));
    std::unique_ptr<OpState> state;
    std::vector<bool> consumed;
    if (node.def->prepare != nullptr) {
      PrepareContext prepare(node, {}, outputs, &consumed, environment.allocator, environment.pool);
      Result<std::unique_ptr<OpState>> made = node.def->prepare(prepare);
      if (!made.ok()) return std::move(made).status().Framed(NodeFrame(node));
      state = std::move(*made);
    }
    Tensor handle = Tensor::View(outputs[0].dtype, {0}, nullptr);
    Tensor* const out = &handle;
    std::shared_ptr<void> scratch;
    size_t scratch_bytes = 0;
    const RunServices services{environment.allocator, environment.pool, stop, &environment.resources, nullptr, &scratch,
                               &scratch_bytes};
    RunContext context(state.get(), {}, std::span<Tensor* const>(&out, 1), services);
    status = node.def->run(context);
    if (!status.ok()) return std::move(status).Framed(NodeFrame(node));
    MakeConstant(graph, i, handle);
  }
  return Status();
}

Status FreezeReads(Graph* graph, FrozenVariables* frozen) {
  if constexpr (!kBuilt.variables) return Status();
  for (int32_t i = 0; i < graph->size(); ++i) {
    const Node& node = graph->node(i);
    if (node.op != "ReadVariableOp" || node.inputs.size() != 1) continue;
    const Node& source = graph->node(node.inputs[0].node);
    const auto* literal = source.attrs.Get<std::shared_ptr<const TensorLiteral>>("value");
    if (source.op != "Const" || literal == nullptr || (*literal)->dtype != DType::kResource) continue;
    Result<std::shared_ptr<Variable>> variable = ObjectIn<Variable>((*literal)->prefix.Reshaped({}));
    const DType* dtype = node.attrs.Get<DType>("dtype");
    if (!variable.ok() || dtype == nullptr || (*variable)->dtype() != *dtype) continue;  // says so when it runs
    const int64_t version = (*variable)->version();
    Result<Tensor> value = (*variable)->Read();
    if (!value.ok()) continue;
    frozen->Add(*variable, version);
    MakeConstant(graph, i, *value);
  }
  return Status();
}

}  // namespace rivulet
