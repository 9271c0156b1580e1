#include "engine/passes/dense_product.h"

#include <algorithm>

#include "engine/ops/op.h"

namespace rivulet {

std::optional<DenseProduct> MatchDenseProduct(const Graph& graph, const Node& node) {
  const std::string_view op = node.op;
  if ((op != "MatMul" && op != "_FusedMatMul") || !node.control_inputs.empty()) return std::nullopt;
  for (const char* turned : {"transpose_a", "transpose_b"}) {
    const bool* is = node.attrs.Get<bool>(turned);
    if (is != nullptr && *is) return std::nullopt;
  }
  DenseProduct product;
  product.weights = graph.fact(node.inputs[1]).value;
  const bool is_matrix = product.weights.valid() && product.weights.dtype() == DType::kFloat &&
                         product.weights.shape().rank() == 2 && product.weights.num_elements() > 0;
  if (!is_matrix || node.outputs[0].dtype != DType::kFloat) return std::nullopt;
  if (op == "_FusedMatMul") {
    const auto* list = node.attrs.Get<std::shared_ptr<const AttrList>>("fused_ops");
    if (list != nullptr && *list != nullptr) product.rest = (*list)->strings;
  }
  if (!product.rest.empty() && product.rest.front() == "BiasAdd") {
    product.rest.erase(product.rest.begin());
    product.bias = node.inputs[2];
  }
  const bool adds = std::find(product.rest.begin(), product.rest.end(), "Add") != product.rest.end();
  if (adds || product.rest.size() > 1 || node.inputs.size() != (product.bias ? 3u : 2u)) return std::nullopt;
  return product;
}

std::optional<JoinedRows> MatchJoinedRows(const Graph& graph, const SoleUsers& users, Edge edge, int32_t reader) {
  const Node& concat = graph.node(edge.node);
  if (concat.op != "ConcatV2" || concat.inputs.size() != 3 || !concat.control_inputs.empty()) return std::nullopt;
  if (users.Of(edge.node) != reader) return std::nullopt;
  const Tensor& axis = graph.fact(concat.inputs[2]).value;
  if (!axis.valid() || !axis.is_aligned() || axis.num_elements() != 1) return std::nullopt;
  const std::vector<int64_t> at = ToInt64s(axis);
  if (at.empty() || (at[0] != 1 && at[0] != -1)) return std::nullopt;
  return JoinedRows{{concat.inputs[0], concat.inputs[1]}};
}

int64_t ColumnsOf(const Graph& graph, Edge edge) {
  const Shape& shape = graph.fact(edge).shape;
  return shape.has_rank() && shape.rank() == 2 ? shape[1] : -1;
}

Tensor RowsOf(const Tensor& matrix, int64_t first, int64_t count) {
  const int64_t columns = matrix.dim(1);
  auto* at =
      static_cast<char*>(const_cast<void*>(matrix.raw())) + first * columns * static_cast<int64_t>(sizeof(float));
  return Tensor::View(DType::kFloat, {count, columns}, at, matrix.owner());
}

Edge BiasOf(PatchSink& sink, const std::string& name, const DenseProduct& product) {
  if (product.bias) return *product.bias;
  const int64_t columns = product.weights.dim(1);
  const std::vector<float> zeros(static_cast<size_t>(columns), 0.0f);
  return sink.Add(ConstNode(name + "/no_bias", Tensor::Of<float>({columns}, zeros)));
}

Edge AddStateProduct(PatchSink& sink, const Node& node, const DenseProduct& product, Edge state, const Tensor& weights,
                     Edge addend) {
  Node rest;
  rest.name = node.name;
  rest.op = "_FusedMatMul";
  rest.attrs = node.attrs;
  std::vector<std::string> ops = {"Add"};
  ops.insert(ops.end(), product.rest.begin(), product.rest.end());
  SetFusedOps(rest, std::move(ops), 1);
  rest.inputs = {state, sink.Add(ConstNode(node.name + "/state_weights", weights)), addend};
  return sink.Add(std::move(rest));
}

}  // namespace rivulet
