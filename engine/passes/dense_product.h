// Products of a few rows with known weights, as the passes that batch them read and split them.
#ifndef RIVULET_ENGINE_PASSES_DENSE_PRODUCT_H_
#define RIVULET_ENGINE_PASSES_DENSE_PRODUCT_H_

#include <optional>
#include <string>
#include <vector>

#include "engine/passes/match.h"

namespace rivulet {

// MatMul(x, weights), or _FusedMatMul with at most a bias and an activation, in float and with nothing turned.
struct DenseProduct {
  Tensor weights;
  std::optional<Edge> bias;
  std::vector<std::string> rest;  // fused ops after the bias
};
std::optional<DenseProduct> MatchDenseProduct(const Graph& graph, const Node& node);

// ConcatV2 of two matrices along their columns, which `reader` alone reads.
struct JoinedRows {
  Edge parts[2];
};
std::optional<JoinedRows> MatchJoinedRows(const Graph& graph, const SoleUsers& users, Edge edge, int32_t reader);

// Columns of a matrix, or -1.
int64_t ColumnsOf(const Graph& graph, Edge edge);

// Rows [first, first + count) of a matrix, where they lie.
Tensor RowsOf(const Tensor& matrix, int64_t first, int64_t count);

// The product's bias, or a new constant of zeros.
Edge BiasOf(PatchSink& sink, const std::string& name, const DenseProduct& product);

// What is left of `node` when the product of its other columns, with the bias, is `addend`: `state` times its own rows
// of the weights.
Edge AddStateProduct(PatchSink& sink, const Node& node, const DenseProduct& product, Edge state, const Tensor& weights,
                     Edge addend);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_PASSES_DENSE_PRODUCT_H_
