// fold_old_batch_norms: a batch norm with constant statistics goes into the filter before it, and a bias.
//
//   c = Conv2D(x, w), y = FusedBatchNorm(c, gamma, beta, mean, var)   becomes
//   c = Conv2D(x, w * s), y = BiasAdd(c, beta - mean * s)             with s = gamma / sqrt(var + epsilon)
//
// FusedBatchNorm, V2 and V3 that do not train, and BatchNormWithGlobalNormalization, whose gamma may be absent in
// effect; over Conv2D and DepthwiseConv2dNative of either data format, with or without a constant bias, also through
// BatchToSpaceND and through a concatenation of such products. A filter that others read is copied.
#include <cmath>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/scaled_product.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

// y = x * scale + offset for each channel.
struct Norm {
  std::vector<float> scale, offset;
  bool channels_first = false;
};

// The four vectors that come after x, in the operator's order.
std::optional<std::vector<std::vector<float>>> ReadParameters(GraphEdit& edit, const NodeDef& node) {
  std::vector<std::vector<float>> parameters;
  for (size_t i = 1; i < 5; ++i) {
    const std::optional<ConstInput> constant = edit.ReadConst(node, i);
    if (!constant || constant->value.dtype() != DType::kFloat || constant->value.rank() != 1) return std::nullopt;
    const auto values = constant->value.values<float>();
    parameters.emplace_back(values.begin(), values.end());
    if (values.size() != parameters[0].size()) return std::nullopt;
  }
  return parameters;
}

std::optional<Norm> ReadNorm(GraphEdit& edit, const NodeDef& node) {
  const bool is_global = node.op == "BatchNormWithGlobalNormalization";
  const bool is_fused = node.op == "FusedBatchNorm" || node.op == "FusedBatchNormV2" || node.op == "FusedBatchNormV3";
  if ((!is_global && !is_fused) || NumDataInputs(node) != 5 || TypeAttr(node, "T") != DType::kFloat)
    return std::nullopt;
  if (is_fused && (BoolAttr(node, "is_training", true) || edit.ReadsOtherOutputs(node))) return std::nullopt;
  const auto parameters = ReadParameters(edit, node);
  if (!parameters) return std::nullopt;
  const std::vector<float>& gamma = (*parameters)[is_global ? 3 : 0];
  const std::vector<float>& beta = (*parameters)[is_global ? 2 : 1];
  const std::vector<float>& mean = (*parameters)[is_global ? 0 : 2];
  const std::vector<float>& variance = (*parameters)[is_global ? 1 : 3];
  const bool has_gamma = is_fused || BoolAttr(node, "scale_after_normalization", true);
  const double epsilon = FloatAttr(node, is_global ? "variance_epsilon" : "epsilon", is_global ? 0.0f : 1e-4f);
  Norm norm;
  norm.channels_first = is_fused && StringAttr(node, "data_format", "NHWC") == "NCHW";
  for (size_t c = 0; c < gamma.size(); ++c) {
    const double scale = (has_gamma ? double{gamma[c]} : 1.0) / std::sqrt(double{variance[c]} + epsilon);
    norm.scale.push_back(static_cast<float>(scale));
    norm.offset.push_back(static_cast<float>(double{beta[c]} - double{mean[c]} * scale));
    if (!std::isfinite(norm.scale.back()) || !std::isfinite(norm.offset.back())) return std::nullopt;
  }
  return norm;
}

// A product under a norm, and what the norm makes of it.
struct Folded {
  BiasedProduct base;
  Tensor filter;
  std::vector<float> offset;
};

std::optional<Folded> Fold(GraphEdit& edit, const NodeDef& reader, size_t input, const Norm& norm, size_t first,
                           bool all_channels) {
  std::optional<BiasedProduct> base = ReadBiasedProduct(edit, reader, input);
  if (!base || base->product.node->op == "MatMul" || base->product.channels_first != norm.channels_first) {
    return std::nullopt;
  }
  const auto count = static_cast<size_t>(base->product.channels);
  if (first + count > norm.scale.size() || (all_channels && count != norm.scale.size())) return std::nullopt;
  const auto part = [&](const std::vector<float>& whole) {
    const auto start = whole.begin() + static_cast<std::ptrdiff_t>(first);
    return std::vector<float>(start, start + static_cast<std::ptrdiff_t>(count));
  };
  const std::vector<float> scale = part(norm.scale);
  std::optional<Tensor> filter = ScaledFilter(base->product, scale);
  if (!filter) return std::nullopt;
  Folded folded{std::move(*base), std::move(*filter), part(norm.offset)};
  for (const Adder& adder : folded.base.adders) {
    for (size_t c = 0; c < scale.size(); ++c) folded.offset[c] += adder.offsets[c] * scale[c];
  }
  for (const float offset : folded.offset) {
    if (!std::isfinite(offset)) return std::nullopt;
  }
  return folded;
}

// Scales the filter and makes BiasAdd(product, offset), not yet named and in no graph.
NodeDef MakeBiasAdd(GraphEdit& edit, const Folded& folded, const NodeDef& before) {
  NodeDef& product = *folded.base.product.node;
  PutConst(edit, product, 1, folded.base.product.filter, folded.filter, product.name + "/scaled_filter");
  NodeDef add{.op = "BiasAdd", .device = product.device};
  add.inputs = {product.name,
                AddConst(edit, product.name + "_bn_offset", folded.offset, folded.base.product.filter.waits, before)};
  for (const Adder& adder : folded.base.adders) AddWaits(WaitsOf(*adder.node), &add.inputs);
  add.attrs["T"] = Attr::OfType(DType::kFloat);
  if (const Attr* format = product.Find("data_format"); format != nullptr) add.attrs["data_format"] = *format;
  return add;
}

// norm(product)
bool FoldDirectly(GraphEdit& edit, const TransformContext& context, NodeDef& node, const Norm& norm) {
  const std::optional<Folded> folded = Fold(edit, node, 0, norm, 0, true);
  if (!folded || !context.MayRewrite(node.name)) return false;
  NodeDef add = MakeBiasAdd(edit, *folded, node);
  AddWaits(WaitsOf(node), &add.inputs);
  edit.Replace(node, std::move(add));
  return true;
}

// A node between products and norm takes the norm's name and reads biased products.
void PassOn(GraphEdit& edit, NodeDef& node, NodeDef& between, std::vector<std::string> inputs) {
  NodeDef with = between;
  with.inputs = std::move(inputs);
  AddWaits(WaitsOf(between), &with.inputs);
  AddWaits(WaitsOf(node), &with.inputs);
  edit.Replace(node, std::move(with));
}

// norm(BatchToSpaceND(product)): the bias comes before, where it is small.
bool FoldThroughBatchToSpace(GraphEdit& edit, const TransformContext& context, NodeDef& node, const Norm& norm) {
  NodeDef* between = edit.Producer(node, 0);
  if (between == nullptr || between->op != "BatchToSpaceND" || !edit.IsPrivate(*between)) return false;
  const std::optional<Folded> folded = norm.channels_first ? std::nullopt : Fold(edit, *between, 0, norm, 0, true);
  if (!folded || !context.MayRewrite(node.name)) return false;
  NodeDef add = MakeBiasAdd(edit, *folded, node);
  add.name = edit.FreeName(folded->base.product.node->name + "/biasadd");
  std::vector<std::string> inputs = {edit.Add(std::move(add), &node).name, between->inputs[1], between->inputs[2]};
  PassOn(edit, node, *between, std::move(inputs));
  return true;
}

// norm(concatenation of products), along the channels or another axis.
bool FoldThroughConcat(GraphEdit& edit, const TransformContext& context, NodeDef& node, const Norm& norm) {
  NodeDef* concat = edit.Producer(node, 0);
  if (concat == nullptr || !edit.IsPrivate(*concat)) return false;
  const bool axis_first = concat->op == "Concat";
  if (concat->op != "ConcatV2" && !axis_first) return false;
  const size_t count = NumDataInputs(*concat);
  if (count < 2) return false;
  const size_t axis_input = axis_first ? 0 : count - 1, first_input = axis_first ? 1 : 0;
  const std::optional<ConstInput> axis = edit.ReadConst(*concat, axis_input);
  if (!axis || axis->value.num_elements() != 1) return false;
  int64_t along = 0;
  if (axis->value.dtype() == DType::kInt32) {
    along = axis->value.data<int32_t>()[0];
  } else if (axis->value.dtype() == DType::kInt64) {
    along = axis->value.data<int64_t>()[0];
  } else {
    return false;
  }
  if (along < 0) along += 4;
  const bool joins_channels = along == (norm.channels_first ? 1 : 3);
  std::vector<Folded> parts;
  size_t first = 0;
  for (size_t i = first_input; i < first_input + count - 1; ++i) {
    std::optional<Folded> part = Fold(edit, *concat, i, norm, first, !joins_channels);
    if (!part) return false;
    if (joins_channels) first += part->offset.size();
    parts.push_back(std::move(*part));
  }
  if (joins_channels && first != norm.scale.size()) return false;
  if (!context.MayRewrite(node.name)) return false;
  std::vector<std::string> inputs(concat->inputs.begin(), concat->inputs.begin() + static_cast<std::ptrdiff_t>(count));
  for (size_t i = 0; i < parts.size(); ++i) {
    NodeDef add = MakeBiasAdd(edit, parts[i], node);
    add.name = edit.FreeName(Cat(concat->name, "_bn_in", i));
    inputs[first_input + i] = edit.Add(std::move(add), &node).name;
  }
  PassOn(edit, node, *concat, std::move(inputs));
  return true;
}

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, context));
  std::vector<std::string> names;
  for (const NodeDef* node : edit.Nodes()) names.push_back(node->name);
  for (const std::string& name : names) {
    NodeDef* node = edit.Find(name);
    if (node == nullptr) continue;
    const std::optional<Norm> norm = ReadNorm(edit, *node);
    if (!norm) continue;
    if (FoldDirectly(edit, context, *node, *norm) || FoldThroughBatchToSpace(edit, context, *node, *norm)) continue;
    FoldThroughConcat(edit, context, *node, *norm);
  }
  std::move(edit).WriteTo(graph);
  return Status();
}

}  // namespace

const Transform kFoldOldBatchNorms = {"fold_old_batch_norms", "", Apply, Promise::kRounding};

}  // namespace rivulet::prepare
