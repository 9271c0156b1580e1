#include "engine/passes/labelled_product.h"

#include <algorithm>

#include "engine/base/sort.h"

namespace rivulet {
namespace {

bool IsSet(const Node& node, std::string_view attr) {
  const bool* value = node.attrs.Get<bool>(attr);
  return value != nullptr && *value;
}

// Letters of the output's batch axes, as far as an operand of this rank has them.
std::optional<std::string> BatchLetters(int rank, int of_operand) {
  constexpr int kMostAxes = 20;
  if (rank > kMostAxes) return std::nullopt;
  std::string letters;
  for (int axis = rank - of_operand; axis < rank - 2; ++axis) letters += static_cast<char>('A' + axis);
  return letters;
}

std::optional<LabelledProduct> ReadMatrices(const Graph& graph, const Node& node, bool turn_a, bool turn_b) {
  const Shape& a = graph.fact(node.inputs[0]).shape;
  const Shape& b = graph.fact(node.inputs[1]).shape;
  if (!a.has_rank() || !b.has_rank() || a.rank() < 2 || b.rank() < 2) return std::nullopt;
  const int rank = std::max(a.rank(), b.rank());
  const auto a_batch = BatchLetters(rank, a.rank());
  const auto b_batch = BatchLetters(rank, b.rank());
  const auto batch = BatchLetters(rank, rank);
  if (!a_batch || !b_batch || !batch) return std::nullopt;
  return LabelledProduct{node.inputs[0], node.inputs[1], *a_batch + (turn_a ? "zx" : "xz"),
                         *b_batch + (turn_b ? "yz" : "zy"), *batch + "xy"};
}

bool AreLetters(const std::string& axes, const Shape& shape) {
  std::string sorted = axes;
  Sort(sorted.begin(), sorted.end());
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return shape.rank() == static_cast<int>(axes.size()) && std::all_of(axes.begin(), axes.end(), is_letter) &&
         std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
}

std::optional<LabelledProduct> ReadEinsum(const Graph& graph, const Node& node) {
  const auto* equation = node.attrs.Get<std::string>("equation");
  if (equation == nullptr) return std::nullopt;
  const size_t comma = equation->find(',');
  const size_t arrow = equation->find("->");
  if (comma == std::string::npos || arrow == std::string::npos || comma > arrow) return std::nullopt;
  LabelledProduct product{node.inputs[0], node.inputs[1], equation->substr(0, comma),
                          equation->substr(comma + 1, arrow - comma - 1), equation->substr(arrow + 2)};
  if (!AreLetters(product.a_axes, graph.fact(product.a).shape) ||
      !AreLetters(product.b_axes, graph.fact(product.b).shape) ||
      !AreLetters(product.out_axes, node.outputs[0].shape)) {
    return std::nullopt;
  }
  return product;
}

}  // namespace

std::optional<LabelledProduct> ReadProduct(const Graph& graph, const Node& node) {
  if (node.inputs.size() != 2 || node.outputs.size() != 1 || !node.control_inputs.empty()) return std::nullopt;
  const std::string_view op = node.op;
  const bool is_batch = op == "BatchMatMul" || op == "BatchMatMulV2" || op == "BatchMatMulV3";
  if (!is_batch && op != "MatMul" && op != "Einsum") return std::nullopt;
  for (const Edge& edge : node.inputs) {
    if (graph.fact(edge).dtype != DType::kFloat) return std::nullopt;
  }
  if (node.outputs[0].dtype != DType::kFloat) return std::nullopt;
  if (op == "Einsum") return ReadEinsum(graph, node);
  return is_batch ? ReadMatrices(graph, node, IsSet(node, "adj_x"), IsSet(node, "adj_y"))
                  : ReadMatrices(graph, node, IsSet(node, "transpose_a"), IsSet(node, "transpose_b"));
}

}  // namespace rivulet
