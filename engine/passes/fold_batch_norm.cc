// A scale and an offset for each channel after a product go into its filter and one bias.
//
//   c = Conv2D(x, w)                                    c = Conv2D(x, w * s)
//   y = FusedBatchNormV3(c, gamma, beta, mean, var)     y = BiasAdd(c, beta - mean * s)
//                                             becomes       with s = gamma / sqrt(var + epsilon)
//
// The same for Mul, Add, Sub and RealDiv with constants, also over a BiasAdd that is already there, and for depthwise
// convolutions and matrix products. Each round takes one such node; the driver repeats the pass.
#include <cmath>

#include "engine/passes/match.h"

namespace rivulet {
namespace {

// y = scale[c] * z + offset[c]
struct Affine {
  Edge z;
  std::vector<float> scale;  // empty: all ones
  std::vector<float> offset;
};

// The product under `edge`, perhaps through a BiasAdd with constant bias.
struct Base {
  Product product;
  std::vector<float> bias;  // empty when there is none
};

bool IsOp(const Node& node, std::initializer_list<std::string_view> ops) {
  for (const std::string_view op : ops) {
    if (node.op == op) return true;
  }
  return false;
}

std::optional<Base> FindBase(const Graph& graph, const SoleUsers& users, Edge edge) {
  if (edge.slot != 0 || users.Of(edge.node) < 0) return std::nullopt;
  const Node& node = graph.node(edge.node);
  Base base;
  int32_t product = edge.node;
  if (node.op == "BiasAdd" && node.control_inputs.empty()) {
    const Edge inner = node.inputs[0];
    if (inner.slot != 0 || users.Of(inner.node) < 0) return std::nullopt;
    product = inner.node;
  }
  const auto match = MatchProduct(graph, product);
  if (!match || !graph.fact(graph.node(product).inputs[1]).value.valid()) return std::nullopt;
  base.product = *match;
  if (product != edge.node) {
    base.bias = PerChannel(graph.fact(node.inputs[1]), match->channels, 1);
    if (base.bias.empty()) return std::nullopt;
  }
  return base;
}

// FusedBatchNorm in inference with known parameters.
bool ReadBatchNorm(const PassContext& context, const Node& node, int64_t channels, Affine* affine) {
  const bool* training = node.attrs.Get<bool>("is_training");
  if (training == nullptr || *training || node.inputs.size() != 5) return false;
  std::vector<float> parameters[4];
  for (int i = 0; i < 4; ++i) {
    const Fact& fact = context.graph.fact(node.inputs[static_cast<size_t>(i) + 1]);
    if (fact.shape.rank() != 1 || fact.shape[0] != channels) return false;
    parameters[i] = PerChannel(fact, channels, 1);
    if (parameters[i].empty()) return false;
  }
  const float* epsilon = node.attrs.Get<float>("epsilon");
  const double eps = epsilon != nullptr ? static_cast<double>(*epsilon) : 1e-4;
  const auto& [gamma, beta, mean, variance] = parameters;
  affine->z = node.inputs[0];
  for (int64_t c = 0; c < channels; ++c) {
    const auto i = static_cast<size_t>(c);
    const double scale = static_cast<double>(gamma[i]) / std::sqrt(static_cast<double>(variance[i]) + eps);
    affine->scale.push_back(static_cast<float>(scale));
    affine->offset.push_back(static_cast<float>(static_cast<double>(beta[i]) - static_cast<double>(mean[i]) * scale));
  }
  return true;
}

// Mul, RealDiv, Add or Sub of `z` (input `side`) and a constant per channel.
bool ReadArithmetic(const Graph& graph, const Node& node, size_t side, const Product& product, Affine* affine) {
  const Fact& z = graph.fact(node.inputs[side]);
  const Fact& constant = graph.fact(node.inputs[1 - side]);
  if (product.channels_first || !z.shape.has_rank()) return false;
  std::vector<float> values = PerChannel(constant, product.channels, z.shape.rank());
  if (values.empty()) return false;
  affine->z = node.inputs[side];
  const auto count = static_cast<size_t>(product.channels);
  if (node.op == "Mul") {
    affine->scale = std::move(values);
    affine->offset.assign(count, 0.0f);
  } else if (node.op == "RealDiv" && side == 0) {
    for (const float v : values) affine->scale.push_back(1.0f / v);
    affine->offset.assign(count, 0.0f);
  } else if (node.op == "Add" || node.op == "AddV2") {
    affine->offset = std::move(values);
  } else if (node.op == "Sub") {
    if (side == 0) {
      for (float& v : values) v = -v;
    } else {
      affine->scale.assign(count, -1.0f);
    }
    affine->offset = std::move(values);
  } else {
    return false;
  }
  return true;
}

// The filter with its output channels scaled. The channel is the last axis, the last two of a depthwise filter, or the
// first of a transposed matrix.
Result<Tensor> ScaleFilter(const PassContext& context, const Product& product, const std::vector<float>& scale) {
  const Node& node = context.graph.node(product.node);
  const Tensor& filter = context.graph.fact(node.inputs[1]).value;
  RIVULET_ASSIGN_OR_RETURN(Tensor scaled, Clone(filter, context.allocator));
  float* values = scaled.data<float>();
  const int64_t count = scaled.num_elements();
  const bool* transposed = node.attrs.Get<bool>("transpose_b");
  if (node.op == "MatMul" && transposed != nullptr && *transposed) {
    const int64_t row = count / product.channels;
    for (int64_t i = 0; i < count; ++i) values[i] *= scale[static_cast<size_t>(i / row)];
  } else {
    for (int64_t begin = 0; begin < count; begin += product.channels) {
      for (int64_t c = 0; c < product.channels; ++c) values[begin + c] *= scale[static_cast<size_t>(c)];
    }
  }
  return scaled;
}

Status Rewrite(const PassContext& context, PatchSink& sink, int32_t index, const Base& base, const Affine& affine) {
  const Graph& graph = context.graph;
  const Node& product = graph.node(base.product.node);
  std::vector<float> bias = affine.offset;
  for (size_t c = 0; c < base.bias.size(); ++c)
    bias[c] += (affine.scale.empty() ? 1.0f : affine.scale[c]) * base.bias[c];
  sink.Begin();
  Edge filter = product.inputs[1];
  if (!affine.scale.empty()) {
    RIVULET_ASSIGN_OR_RETURN(const Tensor scaled, ScaleFilter(context, base.product, affine.scale));
    filter = sink.Add(ConstNode(graph.node(filter.node).name + "/scaled", scaled));
  }
  Node copy;
  copy.name = product.name;
  copy.op = product.op;
  copy.attrs = product.attrs;
  copy.inputs = {product.inputs[0], filter};
  const Edge result = sink.Add(std::move(copy));
  const auto channels = static_cast<int64_t>(bias.size());
  Node add;
  add.name = graph.node(index).name;
  add.op = "BiasAdd";
  add.attrs.Set("T", DType::kFloat);
  if (base.product.channels_first) add.attrs.Set("data_format", std::string("NCHW"));
  add.inputs = {result, sink.Add(ConstNode(graph.node(index).name + "/bias", Tensor::Of<float>({channels}, bias)))};
  sink.Replace({index, 0}, sink.Add(std::move(add)));
  return Status();
}

}  // namespace

Status FoldBatchNorm(const PassContext& context, PatchSink& sink) {
  const Graph& graph = context.graph;
  const SoleUsers users(context);
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    if (node.outputs.empty() || node.outputs[0].dtype != DType::kFloat || !node.control_inputs.empty()) continue;
    const bool is_norm = IsOp(node, {"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"});
    if (!is_norm && !IsOp(node, {"Mul", "RealDiv", "Add", "AddV2", "Sub"})) continue;
    if (is_norm && users.Of(i) == SoleUsers::kMany) {
      // A use of the statistics keeps the node; several users of the result alone do not.
      bool other_outputs = false;
      for (const Node& user : graph.nodes()) {
        for (const Edge& edge : user.inputs) other_outputs |= edge.node == i && edge.slot != 0;
      }
      for (const Edge& edge : context.roots) other_outputs |= edge.node == i && edge.slot != 0;
      if (other_outputs) continue;
    }
    for (size_t side = 0; side < (is_norm ? 1u : 2u); ++side) {
      const auto base = FindBase(graph, users, node.inputs[side]);
      if (!base) continue;
      Affine affine;
      const bool matched = is_norm ? ReadBatchNorm(context, node, base->product.channels, &affine)
                                   : ReadArithmetic(graph, node, side, base->product, &affine);
      // The result must have the product's shape: a constant of higher rank would have added axes.
      if (!matched || !(node.outputs[0].shape == graph.fact(affine.z).shape)) continue;
      RIVULET_RETURN_IF_ERROR(Rewrite(context, sink, i, *base, affine));
      break;
    }
  }
  return Status();
}

}  // namespace rivulet
