// A layer norm written out, as tf.nn.moments and tf.nn.batch_normalization do, becomes one step.
//
//   mean = Mean(x, last axis), variance = Mean(SquaredDifference(x, mean), last axis)
//   s = Rsqrt(variance + epsilon) * gamma                         becomes      y = _LayerNorm(x, gamma, beta)
//   y = x * s + (beta - mean * s)
//
// gamma and beta: a value for each element of the last axis. The operands of sums and products may come in any order.
#include <optional>

#include "engine/base/built.h"
#include "engine/ops/layer_norm.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

struct Norm {
  Edge x, gamma, beta;
  float epsilon = 0;
};

class Matcher {
 public:
  explicit Matcher(const Graph& graph) : graph_(graph) {}

  std::optional<Norm> Match(int32_t index) const {
    const Node& root = graph_.node(index);
    if (!IsPlain(root) || (root.op != "AddV2" && root.op != "Add")) return std::nullopt;
    for (size_t side = 0; side < 2; ++side) {
      const Node* sub = NodeOf(root.inputs[side], "Sub");
      const Node* moved = sub == nullptr ? nullptr : NodeOf(sub->inputs[1], "Mul");
      const Node* scaled = NodeOf(root.inputs[1 - side], "Mul");
      if (moved == nullptr || scaled == nullptr) continue;
      for (size_t i = 0; i < 2; ++i) {
        for (size_t j = 0; j < 2; ++j) {
          if (!(scaled->inputs[i] == moved->inputs[j])) continue;
          auto norm = MatchScale(scaled->inputs[i], scaled->inputs[1 - i], moved->inputs[1 - j]);
          if (!norm) continue;
          norm->beta = sub->inputs[0];
          if (IsForColumns(norm->beta, norm->x) && root.outputs[0].shape == graph_.fact(norm->x).shape) return norm;
        }
      }
    }
    return std::nullopt;
  }

 private:
  static bool IsPlain(const Node& node) {
    return node.control_inputs.empty() && node.outputs.size() == 1 && node.outputs[0].dtype == DType::kFloat;
  }

  const Node* NodeOf(Edge edge, std::string_view op) const {
    const Node& node = graph_.node(edge.node);
    return edge.slot == 0 && IsPlain(node) && node.op == op ? &node : nullptr;
  }

  // Whether `scale` is Rsqrt(variance of x + epsilon) * gamma, and `mean` is x's.
  std::optional<Norm> MatchScale(Edge scale, Edge x, Edge mean) const {
    const Node* product = NodeOf(scale, "Mul");
    if (product == nullptr || !IsMeanOf(mean, x)) return std::nullopt;
    for (size_t side = 0; side < 2; ++side) {
      const Node* root = NodeOf(product->inputs[side], "Rsqrt");
      const Node* sum = root == nullptr ? nullptr : NodeOf(root->inputs[0], "AddV2");
      if (root != nullptr && sum == nullptr) sum = NodeOf(root->inputs[0], "Add");
      if (sum == nullptr) continue;
      const Edge gamma = product->inputs[1 - side];
      for (size_t i = 0; i < 2; ++i) {
        const Fact& epsilon = graph_.fact(sum->inputs[i]);
        if (!epsilon.value.valid() || epsilon.value.num_elements() != 1) continue;
        if (!IsForColumns(gamma, x) || !IsVariance(sum->inputs[1 - i], x, mean)) continue;
        return Norm{x, gamma, {}, ReadFloats(epsilon.value)[0]};
      }
    }
    return std::nullopt;
  }

  bool IsVariance(Edge variance, Edge x, Edge mean) const {
    const Node* last = NodeOf(variance, "Mean");
    if (last == nullptr || !IsMeanOf(variance, last->inputs[0])) return false;
    const Node* squares = NodeOf(last->inputs[0], "SquaredDifference");
    return squares != nullptr && ((squares->inputs[0] == x && squares->inputs[1] == mean) ||
                                  (squares->inputs[1] == x && squares->inputs[0] == mean));
  }

  // Over the last axis, which stays.
  bool IsMeanOf(Edge mean, Edge of) const {
    const Node* node = NodeOf(mean, "Mean");
    if (node == nullptr || !(node->inputs[0] == of)) return false;
    const bool* keeps = node->attrs.Get<bool>("keep_dims");
    const Tensor& axes = graph_.fact(node->inputs[1]).value;
    const Shape& shape = graph_.fact(of).shape;
    if (keeps == nullptr || !*keeps || !axes.valid() || axes.num_elements() != 1 || !shape.complete()) return false;
    if (axes.dtype() != DType::kInt32 || shape.rank() < 1) return false;
    const int32_t axis = axes.data<int32_t>()[0];
    return axis == -1 || axis == shape.rank() - 1;
  }

  bool IsForColumns(Edge edge, Edge x) const {
    const Shape& rows = graph_.fact(x).shape;
    const Shape& shape = graph_.fact(edge).shape;
    return rows.complete() && shape.complete() && shape.rank() == 1 && shape[0] == rows[rows.rank() - 1];
  }

  const Graph& graph_;
};

}  // namespace

Status FuseLayerNorm(const PassContext& context, PatchSink& sink) {
  if constexpr (!IsBuilt("Rsqrt")) return Status();
  const Matcher matcher(context.graph);
  for (int32_t i = 0; i < context.graph.size(); ++i) {
    const auto norm = matcher.Match(i);
    if (!norm) continue;
    Node node;
    node.name = context.graph.node(i).name;
    node.op = kLayerNorm.name;
    node.def = &kLayerNorm;
    node.inputs = {norm->x, norm->gamma, norm->beta};
    node.attrs.Set("epsilon", norm->epsilon);
    sink.Begin();
    sink.Replace({i, 0}, sink.Add(std::move(node)));
  }
  return Status();
}

}  // namespace rivulet
