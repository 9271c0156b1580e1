#include "engine/ops/infer.h"
#include "engine/ops/signature.h"
#include "engine/run/lower.h"

namespace rivulet {
namespace {

int32_t AddRead(Graph* graph, Edge edge, std::string_view reader, std::vector<int32_t> controls) {
  Node read;
  read.name = graph->FreeName(Cat(graph->node(edge.node).name, "/read_for/", reader));
  read.op = "ReadVariableOp";
  read.def = FindOp("ReadVariableOp");
  read.inputs = {edge};
  read.control_inputs = std::move(controls);
  read.attrs.Set("dtype", TypeBehindReference(*graph, edge));
  return graph->AddNode(std::move(read));
}

}  // namespace

Status LowerReferences(Graph* graph, std::vector<Edge>* roots) {
  const int32_t before = graph->size();
  for (int32_t i = 0; i < before; ++i) {
    if (graph->node(i).def == nullptr) continue;
    const Signature& signature = SignatureOf(*graph->node(i).def);
    for (size_t k = 0; k < graph->node(i).inputs.size(); ++k) {
      const Edge edge = graph->node(i).inputs[k];
      if (edge.node >= before || !GivesReference(*graph, edge)) continue;
      if (IsReference(signature.inputs, static_cast<int32_t>(k))) continue;
      const int32_t read = AddRead(graph, edge, graph->node(i).name, graph->node(i).control_inputs);
      graph->node(i).inputs[k] = {read, 0};
    }
  }
  for (Edge& edge : *roots) {
    if (GivesReference(*graph, edge)) edge = {AddRead(graph, edge, "fetch", {}), 0};
  }
  return Status();
}

}  // namespace rivulet
