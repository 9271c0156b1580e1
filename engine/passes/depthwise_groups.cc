// A convolution with a group for each channel is a depthwise one, which has kernels of its own.
//
//   Conv2D(x [n, h, w, c], filter [kh, kw, 1, c m])   becomes   DepthwiseConv2dNative(x, filter [kh, kw, c, m])
//
// The filter's numbers lie in the same order.
#include "engine/base/built.h"
#include "engine/passes/match.h"

namespace rivulet {

Status DepthwiseGroups(const PassContext& context, PatchSink& sink) {
  if constexpr (!IsBuilt("DepthwiseConv2dNative") || !IsBuilt("Conv2D")) return Status();
  const Graph& graph = context.graph;
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    const auto product = node.op == "Conv2D" ? MatchProduct(graph, i) : std::nullopt;
    if (!product || product->channels_first) continue;
    const Tensor& filter = graph.fact(node.inputs[1]).value;
    const Shape& x = graph.fact(node.inputs[0]).shape;
    if (!filter.valid() || !x.has_rank() || x.rank() != 4 || x[3] <= 1) continue;
    if (filter.dim(2) != 1 || filter.dim(3) % x[3] != 0) continue;
    const Shape shape = {filter.dim(0), filter.dim(1), x[3], filter.dim(3) / x[3]};
    sink.Begin();
    Node depthwise;
    depthwise.name = node.name;
    depthwise.op = "DepthwiseConv2dNative";
    for (const auto& [name, value] : node.attrs) {
      if (name != "use_cudnn_on_gpu") depthwise.attrs.Set(name, value);
    }
    const Tensor view = Tensor::View(DType::kFloat, shape, const_cast<void*>(filter.raw()), filter.owner());
    depthwise.inputs = {node.inputs[0], sink.Add(ConstNode(node.name + "/filter", view))};
    sink.Replace({i, 0}, sink.Add(std::move(depthwise)));
  }
  return Status();
}

}  // namespace rivulet
