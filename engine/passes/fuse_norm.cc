// A batch norm of known parameters that no product takes goes over memory once, with the rectifier behind it.
//
//   n = FusedBatchNormV3(x, gamma, beta, mean, var)              y = _ElementwiseChain(x, gamma / sqrt(var + epsilon),
//   y = Relu(n)                                       becomes        beta - mean * that) {steps=["Mul x0 x1",
//                                                                    "AddV2 s0 x2", "Relu s1"]}
//
// In inference, channels last; Relu, Relu6 or neither.
#include "engine/base/built.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

bool IsNorm(const Node& node) {
  const bool is_norm = node.op == "FusedBatchNorm" || node.op == "FusedBatchNormV2" || node.op == "FusedBatchNormV3";
  if (!is_norm || !node.control_inputs.empty() || node.outputs.empty()) return false;
  const std::string* format = node.attrs.Get<std::string>("data_format");
  const Shape& shape = node.outputs[0].shape;
  return (format == nullptr || !format->starts_with("NC")) && node.outputs[0].dtype == DType::kFloat &&
         shape.complete() && shape.rank() > 0 && shape.num_elements() > 0;
}

// Whether the node's statistics are asked for, which a chain does not give.
std::vector<bool> NodesWithMoreOutputsRead(const PassContext& context) {
  std::vector<bool> read(static_cast<size_t>(context.graph.size()), false);
  const auto look = [&](const Edge& edge) {
    if (edge.slot > 0) read[static_cast<size_t>(edge.node)] = true;
  };
  for (const Node& node : context.graph.nodes()) {
    for (const Edge& edge : node.inputs) look(edge);
    for (const int32_t control : node.control_inputs) read[static_cast<size_t>(control)] = true;
  }
  for (const Edge& edge : context.roots) look(edge);
  return read;
}

}  // namespace

Status FuseNorm(const PassContext& context, PatchSink& sink) {
  constexpr bool kHasAny = IsBuilt("FusedBatchNorm") || IsBuilt("FusedBatchNormV2") || IsBuilt("FusedBatchNormV3");
  if constexpr (!kHasAny) return Status();
  const Graph& graph = context.graph;
  const SoleUsers users(context);
  const std::vector<bool> more_read = NodesWithMoreOutputsRead(context);
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    if (!IsNorm(node) || more_read[static_cast<size_t>(i)]) continue;
    const Shape& shape = node.outputs[0].shape;
    const int64_t channels = shape[shape.rank() - 1];
    const auto norm = KnownBatchNorm(graph, node, channels);
    if (!norm) continue;
    int32_t last = i;
    std::vector<std::string> steps = {"Mul x0 x1", "AddV2 s0 x2"};
    const int32_t user = users.Of(i);
    if (user >= 0 && graph.node(user).control_inputs.empty() &&
        (graph.node(user).op == "Relu" || graph.node(user).op == "Relu6")) {
      last = user;
      steps.push_back(graph.node(user).op + " s1");
    }
    const std::string& name = graph.node(last).name;
    sink.Begin();
    const Edge scale = sink.Add(ConstNode(name + "/scale", Tensor::Of<float>({channels}, norm->scale)));
    const Edge offset = sink.Add(ConstNode(name + "/offset", Tensor::Of<float>({channels}, norm->offset)));
    const std::vector<float> alphas(steps.size(), 0.0f);
    sink.Replace({last, 0}, sink.Add(ChainNode(name, {node.inputs[0], scale, offset}, std::move(steps), alphas)));
  }
  return Status();
}

}  // namespace rivulet
