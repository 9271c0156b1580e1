// What is added to or multiplied into each channel goes above the Squeeze that a convolution over a line of values has
// behind it, to the convolution, which can take it in.
//
//   s = Squeeze(Conv2D(x, w), [1])                        a = AddV2(Conv2D(x, w), bias)
//   y = AddV2(s, bias)                          becomes   y = Squeeze(a, [1])
//
// The same for Mul, Sub, RealDiv and BiasAdd. Each round takes one such node; the driver repeats the pass.
#include <algorithm>

#include "engine/base/built.h"
#include "engine/ops/op.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

bool IsArithmetic(const Node& node) {
  constexpr std::string_view kOps[] = {"BiasAdd", "Add", "AddV2", "Mul", "Sub", "RealDiv"};
  return node.control_inputs.empty() && std::find(std::begin(kOps), std::end(kOps), node.op) != std::end(kOps);
}

// Whether a Squeeze leaves the last axis where it is.
bool LeavesChannels(const Graph& graph, const Node& squeeze) {
  const Shape& from = graph.fact(squeeze.inputs[0]).shape;
  const auto* dims = squeeze.attrs.Get<std::shared_ptr<const AttrList>>("squeeze_dims");
  if (!from.has_rank() || dims == nullptr || (*dims)->ints.empty()) return false;
  return std::none_of((*dims)->ints.begin(), (*dims)->ints.end(),
                      [&](int64_t dim) { return dim == -1 || dim == from.rank() - 1; });
}

// A convolution with its channels last, or what this pass has put above a Squeeze.
bool IsConvolved(const Graph& graph, int32_t index) {
  const Node& node = graph.node(index);
  if (IsArithmetic(node)) return node.outputs.size() == 1 && node.outputs[0].dtype == DType::kFloat;
  const auto product = MatchProduct(graph, index);
  return product && !product->channels_first && (node.op == "Conv2D" || node.op == "DepthwiseConv2dNative");
}

// One value for each of the last axis's, or for all, however many axes there are.
bool IsPerChannel(const Graph& graph, Edge edge, const Shape& beside) {
  const Fact& fact = graph.fact(edge);
  if (!beside.has_rank() || beside.rank() < 1 || beside[beside.rank() - 1] < 1) return false;
  return !PerChannel(fact, beside[beside.rank() - 1], beside.rank()).empty();
}

}  // namespace

Status SinkSqueeze(const PassContext& context, PatchSink& sink) {
  if constexpr (!IsBuilt("Squeeze")) return Status();
  const Graph& graph = context.graph;
  const SoleUsers users(context);
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    if (!IsArithmetic(node) || node.inputs.size() != 2) continue;
    const std::string* format = node.attrs.Get<std::string>("data_format");
    if (format != nullptr && format->starts_with("NC")) continue;
    for (size_t side = 0; side < 2; ++side) {
      const Edge edge = node.inputs[side];
      const Node& squeeze = graph.node(edge.node);
      if (squeeze.op != "Squeeze" || !squeeze.control_inputs.empty() || users.Of(edge.node) != i) continue;
      const Edge under = squeeze.inputs[0];
      if (under.slot != 0 || users.Of(under.node) != edge.node || !IsConvolved(graph, under.node)) continue;
      const Shape& shape = graph.fact(edge).shape;
      if (!LeavesChannels(graph, squeeze) || !IsPerChannel(graph, node.inputs[1 - side], shape)) continue;
      if (!(node.outputs[0].shape == shape)) continue;
      Node above;
      above.name = node.name;
      above.op = node.op;
      above.attrs = node.attrs;
      above.inputs = node.inputs;
      above.inputs[side] = under;
      Node below;
      below.name = squeeze.name;
      below.op = squeeze.op;
      below.attrs = squeeze.attrs;
      sink.Begin();
      below.inputs = {sink.Add(std::move(above))};
      sink.Replace({i, 0}, sink.Add(std::move(below)));
      break;
    }
  }
  return Status();
}

}  // namespace rivulet
