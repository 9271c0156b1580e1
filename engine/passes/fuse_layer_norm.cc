// A layer norm written out, as tf.nn.moments and tf.nn.batch_normalization do, becomes one step.
//
//   mean = Mean(x, last axis), variance = Mean(SquaredDifference(x, mean), last axis)
//   s = Rsqrt(variance + epsilon) * gamma                         becomes      y = _LayerNorm(x, gamma, beta)
//   y = x * s + (beta - mean * s)
//
// gamma and beta: a value for each element of the last axis. The operands of sums and products may come in any order.
// Also as Keras 3 writes it, with ones before that axis: y = x * s + (-mean * s + beta). And as Keras 2 does, with a
// batch norm that computes its moments, where each row is a channel:
//
//   r = Reshape(x, [1, rows, columns, 1]),  n = FusedBatchNormV3(r, ones, zeros) {is_training, NCHW}
//   y = Reshape(n, shape of x) * gamma + beta
#include <algorithm>
#include <optional>
#include <vector>

#include "engine/base/built.h"
#include "engine/base/small.h"
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
      const Node* scaled = NodeOf(root.inputs[1 - side], "Mul");
      if (scaled == nullptr) continue;
      for (size_t i = 0; i < 2; ++i) {
        auto norm = MatchRows(scaled->inputs[i], scaled->inputs[1 - i], root.inputs[side], root.outputs[0].shape);
        if (norm) return norm;
      }
      for (const Offset& offset : OffsetsOf(root.inputs[side])) {
        for (size_t i = 0; i < 2; ++i) {
          if (!(scaled->inputs[i] == offset.scale)) continue;
          auto norm = MatchScale(offset.scale, scaled->inputs[1 - i], offset.mean);
          if (!norm || !IsForColumns(offset.beta, norm->x)) continue;
          norm->beta = offset.beta;
          if (root.outputs[0].shape == graph_.fact(norm->x).shape) return norm;
        }
      }
    }
    return std::nullopt;
  }

 private:
  // beta - mean * scale
  struct Offset {
    Edge beta, mean, scale;
  };

  static bool IsPlain(const Node& node) {
    return node.control_inputs.empty() && node.outputs.size() == 1 && node.outputs[0].dtype == DType::kFloat;
  }

  const Node* NodeOf(Edge edge, std::string_view op) const {
    const Node& node = graph_.node(edge.node);
    return edge.slot == 0 && IsPlain(node) && node.op == op ? &node : nullptr;
  }

  // `normed` is rows brought to mean 0 and variance 1 by a batch norm, in the shape of the result.
  std::optional<Norm> MatchRows(Edge normed, Edge gamma, Edge beta, const Shape& shape) const {
    if constexpr (kIsSmall) return std::nullopt;
    const Node* back = NodeOf(normed, "Reshape");
    if (back == nullptr || !(back->outputs[0].shape == shape) || back->inputs[0].slot != 0) return std::nullopt;
    if (!IsForColumns(gamma, normed) || !IsForColumns(beta, normed)) return std::nullopt;
    const Node& norm = graph_.node(back->inputs[0].node);
    if (!IsNormOfChannels(norm)) return std::nullopt;
    const Node* rows = NodeOf(norm.inputs[0], "Reshape");
    const Shape& as_rows = graph_.fact(norm.inputs[0]).shape;
    const bool are_rows = rows != nullptr && as_rows.complete() && as_rows.rank() == 4 && as_rows[0] == 1 &&
                          as_rows[2] * as_rows[3] == shape[shape.rank() - 1];
    if (!are_rows) return std::nullopt;
    return Norm{rows->inputs[0], gamma, beta, *norm.attrs.Get<float>("epsilon")};
  }

  // A batch norm that finds the moments of each channel and does nothing else, channels before pixels.
  bool IsNormOfChannels(const Node& node) const {
    if (node.op != "FusedBatchNorm" && node.op != "FusedBatchNormV2" && node.op != "FusedBatchNormV3") return false;
    const bool* training = node.attrs.Get<bool>("is_training");
    const std::string* format = node.attrs.Get<std::string>("data_format");
    if (!node.control_inputs.empty() || node.outputs[0].dtype != DType::kFloat) return false;
    if ((training != nullptr && !*training) || format == nullptr || *format != "NCHW") return false;
    return AllAre(1, node.inputs[1]) && AllAre(0, node.inputs[2]) && node.attrs.Get<float>("epsilon") != nullptr;
  }

  bool AllAre(float number, Edge edge) const {
    const Tensor& value = graph_.fact(edge).value;
    if (!value.valid() || value.dtype() != DType::kFloat) return false;
    const std::vector<float> values = ReadFloats(value);
    return std::all_of(values.begin(), values.end(), [&](float x) { return x == number; });
  }

  // All that the edge may be read as.
  std::vector<Offset> OffsetsOf(Edge edge) const {
    std::vector<Offset> offsets;
    const auto add = [&](Edge beta, Edge product, bool negated) {
      const Node* moved = NodeOf(product, "Mul");
      for (size_t i = 0; moved != nullptr && i < 2; ++i) {
        const Node* minus = negated ? NodeOf(moved->inputs[i], "Neg") : nullptr;
        if (negated && minus == nullptr) continue;
        offsets.push_back({beta, negated ? minus->inputs[0] : moved->inputs[i], moved->inputs[1 - i]});
      }
    };
    if (const Node* sub = NodeOf(edge, "Sub")) add(sub->inputs[0], sub->inputs[1], false);
    const Node* sum = NodeOf(edge, "AddV2");
    if (sum == nullptr) sum = NodeOf(edge, "Add");
    for (size_t i = 0; sum != nullptr && i < 2; ++i) add(sum->inputs[i], sum->inputs[1 - i], true);
    return offsets;
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

  // A row for the last axis, also under leading ones where it is known.
  bool IsForColumns(Edge edge, Edge x) const {
    const Shape& rows = graph_.fact(x).shape;
    const Fact& row = graph_.fact(edge);
    if (!rows.complete() || !row.shape.complete() || row.shape.rank() < 1 || row.shape.rank() > rows.rank())
      return false;
    const bool is_row = row.shape.rank() == 1 || row.value.valid();
    const int64_t columns = rows[rows.rank() - 1];
    return is_row && row.shape[row.shape.rank() - 1] == columns && row.shape.num_elements() == columns;
  }

  const Graph& graph_;
};

}  // namespace

namespace {

Edge RowOf(const Graph& graph, Edge edge, PatchSink& sink) {
  const Fact& row = graph.fact(edge);
  if (row.shape.rank() == 1) return edge;
  const std::vector<float> values = ReadFloats(row.value);
  return sink.Add(ConstNode(EdgeName(graph, edge) + "/row", Tensor::Of<float>({row.shape.num_elements()}, values)));
}

}  // namespace

Status FuseLayerNorm(const PassContext& context, PatchSink& sink) {
  // What a network of convolutions alone has is no sign of it.
  if constexpr (!IsBuilt("Rsqrt") && !(IsBuilt("FusedBatchNormV3") && IsBuilt("Mul"))) return Status();
  const Matcher matcher(context.graph);
  for (int32_t i = 0; i < context.graph.size(); ++i) {
    const auto norm = matcher.Match(i);
    if (!norm) continue;
    Node node;
    node.name = context.graph.node(i).name;
    node.op = kLayerNorm.name;
    node.def = &kLayerNorm;
    node.attrs.Set("epsilon", norm->epsilon);
    sink.Begin();
    const Shape& shape = context.graph.node(i).outputs[0].shape;
    const bool fits = context.graph.fact(norm->x).shape == shape;
    const Edge x = fits ? norm->x : AddReshape(sink, node.name + "/x", norm->x, shape);
    node.inputs = {x, RowOf(context.graph, norm->gamma, sink), RowOf(context.graph, norm->beta, sink)};
    sink.Replace({i, 0}, sink.Add(std::move(node)));
  }
  return Status();
}

}  // namespace rivulet
