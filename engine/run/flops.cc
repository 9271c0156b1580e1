#include "engine/run/flops.h"

#include "engine/base/checked.h"
#include "engine/ops/infer.h"

namespace rivulet {
namespace {

int64_t Known(CheckedSize size) { return size.valid() ? size.value() : 0; }

// Products per output element of a convolution whose filter ends in [.., in, out].
int64_t PerOutput(const Shape& filter) {
  CheckedSize count = 1;
  for (int i = 0; i + 1 < filter.rank(); ++i) count *= filter[i];
  return Known(count);
}

}  // namespace

int64_t CountFlops(const Graph& graph, const Node& node) {
  if (node.inputs.size() < 2 || node.outputs.empty()) return 0;
  const Shape& a = graph.fact(node.inputs[0]).shape;
  const Shape& b = graph.fact(node.inputs[1]).shape;
  const int64_t out = node.outputs[0].shape.num_elements();
  if (!a.complete() || !b.complete() || out < 0) return 0;
  const std::string& op = node.op;
  if (op == "Conv2D" || op == "_FusedConv2D" || op == "Conv3D" || op == "_FusedConv3D" || op == "QuantizedConv2D" ||
      op == "_Int8Conv2D") {
    return Known(CheckedSize(2) * out * PerOutput(b));
  }
  if (op == "DepthwiseConv2dNative" || op == "_FusedDepthwiseConv2dNative" || op == "_Int8DepthwiseConv2D") {
    return b.rank() == 4 ? Known(CheckedSize(2) * out * b[0] * b[1]) : 0;
  }
  if (op == "Conv2DBackpropInput" || op == "Conv3DBackpropInputV2") {
    const Shape& grad = graph.fact(node.inputs.back()).shape;
    return grad.complete() && b.rank() > 1 ? Known(CheckedSize(2) * grad.num_elements() * PerOutput(b)) : 0;
  }
  if (op == "MatMul" || op == "_FusedMatMul" || op == "QuantizedMatMul" || op == "_Int8MatMul") {
    const bool* transpose = node.attrs.Get<bool>("transpose_a");
    return a.rank() == 2 ? Known(CheckedSize(2) * out * a[transpose != nullptr && *transpose ? 0 : 1]) : 0;
  }
  if (op.starts_with("BatchMatMul")) {
    const bool* adjoint = node.attrs.Get<bool>("adj_x");
    return a.rank() >= 2 ? Known(CheckedSize(2) * out * a[a.rank() - (adjoint != nullptr && *adjoint ? 2 : 1)]) : 0;
  }
  return 0;
}

int64_t CountFlops(const Graph& graph, const std::vector<FeedSpec>& feeds, const std::vector<std::string>& fetches) {
  Result<Cut> cut = CutGraph(graph, feeds, fetches, {});
  if (!cut.ok()) return 0;
  // Where inference ends early, what it reached counts.
  const Status inferred = InferGraph(cut->graph, *Allocator::Create(), {.stop = BriefLook()});
  CheckedSize total = 0;
  for (const Node& node : cut->graph.nodes()) {
    if (inferred.ok() || !node.outputs.empty()) total += CountFlops(cut->graph, node);
  }
  return Known(total);
}

}  // namespace rivulet
