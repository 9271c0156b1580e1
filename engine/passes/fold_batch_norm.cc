// A scale and an offset for each channel after a product go into its filter and one bias.
//
//   c = Conv2D(x, w)                                  y = _FusedConv2D(x, w, s, beta - mean * s, 0, 1)
//   y = FusedBatchNormV3(c, gamma, beta, mean, var)        {fused_ops=[FusedBatchNorm], epsilon=0}
//                                           becomes        with s = gamma / sqrt(var + epsilon)
//
// The fused operator multiplies the filter by s while it packs it, so that no scaled copy of it is ever made. The same
// for Mul, Add, Sub and RealDiv with constants, also over a BiasAdd that is already there, and for depthwise
// convolutions and matrix products. Offsets alone become one BiasAdd. Each round takes one such node; the driver
// repeats the pass.
#include <algorithm>
#include <map>

#include "engine/base/built.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

// y = scale[c] * z + offset[c]
struct Affine {
  Edge z;
  std::vector<float> scale;  // empty: all ones
  std::vector<float> offset;
};

// The product under `edge` and what this pass, or a BiasAdd, already does to it.
struct Base {
  Product product;
  std::vector<float> scale;  // empty: all ones
  std::vector<float> bias;   // empty: all zeros
};

bool IsOp(const Node& node, std::initializer_list<std::string_view> ops) {
  for (const std::string_view op : ops) {
    if (node.op == op) return true;
  }
  return false;
}

// One of this pass's own: a product with scale and offset.
std::optional<Base> MatchScaled(const Graph& graph, int32_t index) {
  const auto product = MatchScaledProduct(graph, index);
  if (!product) return std::nullopt;
  const Node& node = graph.node(index);
  const float* epsilon = node.attrs.Get<float>("epsilon");
  std::vector<float> args[4];
  for (size_t i = 0; i < 4; ++i) {
    args[i] = PerChannel(graph.fact(node.inputs[2 + i]), product->channels, 1);
    if (args[i].empty()) return std::nullopt;
  }
  const auto& [scale, offset, mean, variance] = args;
  const auto is = [](const std::vector<float>& values, float value) {
    return std::all_of(values.begin(), values.end(), [value](float v) { return v == value; });
  };
  if (epsilon == nullptr || *epsilon != 0 || !is(mean, 0) || !is(variance, 1)) return std::nullopt;
  return Base{*product, scale, offset};
}

std::optional<Base> FindBase(const Graph& graph, const SoleUsers& users, Edge edge) {
  if (edge.slot != 0 || users.Of(edge.node) < 0) return std::nullopt;
  const Node& node = graph.node(edge.node);
  if (auto scaled = MatchScaled(graph, edge.node)) return scaled;
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

bool ReadBatchNorm(const PassContext& context, const Node& node, int64_t channels, Affine* affine) {
  auto norm = KnownBatchNorm(context.graph, node, channels);
  if (!norm) return false;
  affine->z = node.inputs[0];
  affine->scale = std::move(norm->scale);
  affine->offset = std::move(norm->offset);
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

Edge AddConstant(PatchSink& sink, const std::string& name, const std::vector<float>& values) {
  return sink.Add(ConstNode(name, Tensor::Of<float>({static_cast<int64_t>(values.size())}, values)));
}

// The mean and the variance of what this pass makes, by the number of channels.
class Neutral {
 public:
  struct Statistics {
    Edge zeros;
    Edge ones;
  };
  const Statistics& Of(size_t channels, const std::string& name, PatchSink& sink) {
    const auto [at, is_new] = made_.try_emplace(channels);
    if (is_new) {
      at->second.zeros = AddConstant(sink, name + "/zeros", std::vector<float>(channels, 0.0f));
      at->second.ones = AddConstant(sink, name + "/ones", std::vector<float>(channels, 1.0f));
    }
    return at->second;
  }

 private:
  std::map<size_t, Statistics> made_;
};

void Rewrite(const PassContext& context, PatchSink& sink, int32_t index, const Base& base, const Affine& affine,
             Neutral* neutral) {
  const Graph& graph = context.graph;
  const Node& product = graph.node(base.product.node);
  const std::string& name = graph.node(index).name;
  std::vector<float> scale = affine.scale;
  std::vector<float> bias = affine.offset;
  for (size_t c = 0; c < base.bias.size(); ++c) bias[c] += (scale.empty() ? 1.0f : scale[c]) * base.bias[c];
  if (scale.empty()) {
    scale = base.scale;
  } else {
    for (size_t c = 0; c < base.scale.size(); ++c) scale[c] *= base.scale[c];
  }
  sink.Begin();
  Node copy;
  copy.op = product.op;
  copy.attrs = product.attrs;
  copy.inputs = {product.inputs[0], product.inputs[1]};
  if (!scale.empty()) {
    copy.name = name;
    copy.op = FusedOpOf(product.op);
    copy.inputs.push_back(AddConstant(sink, name + "/scale", scale));
    copy.inputs.push_back(AddConstant(sink, name + "/offset", bias));
    const Neutral::Statistics& statistics = neutral->Of(scale.size(), name, sink);
    copy.inputs.push_back(statistics.zeros);
    copy.inputs.push_back(statistics.ones);
    SetFusedOps(copy, {"FusedBatchNorm"}, 4);
    copy.attrs.Set("epsilon", 0.0f);
    sink.Replace({index, 0}, sink.Add(std::move(copy)));
    return;
  }
  copy.name = product.name;
  const Edge result = sink.Add(std::move(copy));
  Node add;
  add.name = name;
  add.op = "BiasAdd";
  add.attrs.Set("T", DType::kFloat);
  if (base.product.channels_first) add.attrs.Set("data_format", std::string("NCHW"));
  add.inputs = {result, AddConstant(sink, name + "/bias", bias)};
  sink.Replace({index, 0}, sink.Add(std::move(add)));
}

// Nodes of which something but the first output is read; looked for when the first is asked about.
class OtherOutputs {
 public:
  explicit OtherOutputs(const PassContext& context) : context_(context) {}
  bool AreRead(int32_t index) {
    if (read_.empty()) {
      read_.resize(static_cast<size_t>(context_.graph.size()));
      for (const Node& user : context_.graph.nodes()) {
        for (const Edge& edge : user.inputs) Note(edge);
      }
      for (const Edge& edge : context_.roots) Note(edge);
    }
    return read_[static_cast<size_t>(index)];
  }

 private:
  void Note(const Edge& edge) {
    if (edge.slot != 0) read_[static_cast<size_t>(edge.node)] = true;
  }

  const PassContext& context_;
  std::vector<bool> read_;
};

}  // namespace

Status FoldBatchNorm(const PassContext& context, PatchSink& sink) {
  constexpr bool kHasAny = IsBuilt("FusedBatchNorm") || IsBuilt("FusedBatchNormV2") || IsBuilt("FusedBatchNormV3") ||
                           IsBuilt("Mul") || IsBuilt("RealDiv") || IsBuilt("Add") || IsBuilt("AddV2") || IsBuilt("Sub");
  if constexpr (!kHasAny) return Status();
  const Graph& graph = context.graph;
  const SoleUsers users(context);
  Neutral neutral;
  OtherOutputs others(context);
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    if (node.outputs.empty() || node.outputs[0].dtype != DType::kFloat || !node.control_inputs.empty()) continue;
    const bool is_norm = IsOp(node, {"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"});
    if (!is_norm && !IsOp(node, {"Mul", "RealDiv", "Add", "AddV2", "Sub"})) continue;
    // A use of the statistics keeps the node; several users of the result alone do not.
    if (is_norm && users.Of(i) == SoleUsers::kMany && others.AreRead(i)) continue;
    for (size_t side = 0; side < (is_norm ? 1u : 2u); ++side) {
      const auto base = FindBase(graph, users, node.inputs[side]);
      if (!base) continue;
      Affine affine;
      const bool matched = is_norm ? ReadBatchNorm(context, node, base->product.channels, &affine)
                                   : ReadArithmetic(graph, node, side, base->product, &affine);
      // The result must have the product's shape: a constant of higher rank would have added axes.
      if (!matched || !(node.outputs[0].shape == graph.fact(affine.z).shape)) continue;
      Rewrite(context, sink, i, *base, affine, &neutral);
      break;
    }
  }
  return Status();
}

}  // namespace rivulet
