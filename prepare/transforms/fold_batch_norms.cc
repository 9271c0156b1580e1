// fold_batch_norms: a constant scale of the channels before or after a product goes into its filter.
//
//   c = Conv2D(x, w), y = Mul(c, s)           becomes   y = Conv2D(x, w * s)
//   m = Mul(x, s), y = Conv2D(m, w)           becomes   y = Conv2D(x, w * s)      s for each input channel
//
// The product is Conv2D, DepthwiseConv2dNative or MatMul, of either data format; s is a scalar or has one value a
// channel, on either side of Mul, or divides. Between product and Mul constants may be added, which are scaled as well:
// so a batch norm written as Sub, Mul and Add ends as a product and what is added to it. A filter that others read is
// copied.
#include <cmath>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/facts.h"
#include "prepare/scaled_product.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

// The constant side of a Mul, or of a RealDiv by it.
struct Scale {
  size_t product_side = 0;
  ConstInput constant;
};

std::vector<Scale> ReadScales(GraphEdit& edit, const NodeDef& node) {
  std::vector<Scale> scales;
  const bool divides = node.op == "RealDiv";
  if ((node.op != "Mul" && !divides) || NumDataInputs(node) != 2) return scales;
  for (size_t side = 0; side < (divides ? 1u : 2u); ++side) {
    std::optional<ConstInput> constant = edit.ReadConst(node, 1 - side);
    if (!constant || constant->value.dtype() != DType::kFloat) continue;
    if (divides) {
      Result<Tensor> inverse = Clone(constant->value, *Allocator::Create());
      if (!inverse.ok()) continue;
      for (int64_t i = 0; i < inverse->num_elements(); ++i) inverse->data<float>()[i] = 1 / inverse->data<float>()[i];
      constant->value = std::move(*inverse);
    }
    scales.push_back({side, std::move(*constant)});
  }
  return scales;
}

// What is added after the product, times the scales, in a shape in which the channels lie along their axis; nothing
// where it would not be finite.
std::optional<Tensor> ScaledBias(const Adder& adder, const std::vector<float>& factors, const Shape& scale) {
  std::vector<float> bias = adder.offsets;
  for (size_t i = 0; i < bias.size(); ++i) {
    bias[i] *= adder.node->op == "Sub" ? -factors[i] : factors[i];
    if (!std::isfinite(bias[i])) return std::nullopt;
  }
  const auto count = static_cast<int64_t>(bias.size());
  Shape shape = adder.constant.value.shape();
  if (shape.num_elements() == 1 && scale.num_elements() == 1) {
    bias.resize(1);
  } else if (shape.num_elements() != count) {
    shape = scale;
  }
  return Tensor::Of<float>(shape, bias);
}

// Mul(product, s): what was called Mul is the product, or the bias that comes after it.
bool FoldAfter(GraphEdit& edit, const TransformContext& context, NodeDef& mul, const Scale& scale) {
  std::optional<BiasedProduct> base = ReadBiasedProduct(edit, mul, scale.product_side);
  if (!base) return false;
  const std::optional<std::vector<float>> factors = PerChannel(scale.constant.value, base->product);
  if (!factors) return false;
  const std::optional<Tensor> filter = ScaledFilter(base->product, *factors);
  if (!filter) return false;
  NodeDef& product = *base->product.node;
  NodeDef* last = base->adders.empty() ? &product : base->adders[0].node;
  std::vector<Tensor> biases;
  for (const Adder& adder : base->adders) {
    std::optional<Tensor> bias = ScaledBias(adder, *factors, scale.constant.value.shape());
    if (!bias) return false;
    biases.push_back(std::move(*bias));
  }
  if (!context.MayRewrite(mul.name)) return false;
  for (size_t i = 0; i < biases.size(); ++i) {
    const Adder& adder = base->adders[i];
    PutConst(edit, *adder.node, adder.constant_input, adder.constant, biases[i], adder.node->name + "/scaled_bias");
  }
  PutConst(edit, product, 1, base->product.filter, *filter, product.name + "/scaled_filter");
  NodeDef with = *last;
  AddWaits(WaitsOf(mul), &with.inputs);
  edit.Replace(mul, std::move(with));
  return true;
}

// The filter whose input channel i is times factors[i]; `channels` of them.
std::optional<Tensor> ScaledInputs(const Product& product, const Tensor& factors) {
  const Tensor& filter = product.filter.value;
  const Shape& shape = filter.shape();
  int64_t channels = shape[0], inner = shape[1];
  if (product.node->op == "MatMul") {
    if (BoolAttr(*product.node, "transpose_b", false)) channels = shape[1], inner = 1;
  } else {
    channels = shape[2], inner = shape[3];
  }
  const int64_t count = factors.num_elements();
  if (count != 1 && count != channels) return std::nullopt;
  Result<Tensor> scaled = Tensor::Allocate(DType::kFloat, shape, *Allocator::Create());
  if (!scaled.ok()) return std::nullopt;
  for (int64_t i = 0; i < filter.num_elements(); ++i) {
    float& out = scaled->data<float>()[i];
    out = filter.data<float>()[i] * factors.data<float>()[count == 1 ? 0 : i / inner % channels];
    if (!std::isfinite(out)) return std::nullopt;
  }
  return std::move(*scaled);
}

// product(Mul(x, s)): Mul must not change x's shape, so x's channels must be known.
bool FoldBefore(GraphEdit& edit, const TransformContext& context, const Facts& facts, NodeDef& mul,
                const Scale& scale) {
  if (!edit.IsPrivate(mul)) return false;
  NodeDef* node = edit.ReadersOf(mul).front();
  if (node->inputs.empty() || edit.Producer(*node, 0) != &mul) return false;
  const std::optional<Product> product = ReadProduct(edit, node);
  if (!product) return false;
  const bool is_matmul = node->op == "MatMul";
  if (is_matmul && BoolAttr(*node, "transpose_a", false)) return false;
  const Shape& x = facts.ShapeOf(mul.inputs[scale.product_side]);
  if (x.rank() != (is_matmul ? 2 : 4)) return false;
  const Tensor& factors = scale.constant.value;
  const int from_end = product->channels_first ? 3 : 1;
  if (factors.rank() > x.rank()) return false;
  if (factors.num_elements() != 1) {
    const int axis = factors.rank() - from_end;
    if (axis < 0 || factors.dim(axis) != factors.num_elements() || x[x.rank() - from_end] != factors.dim(axis)) {
      return false;
    }
  }
  const std::optional<Tensor> filter = ScaledInputs(*product, factors);
  if (!filter || !context.MayRewrite(node->name)) return false;
  PutConst(edit, *node, 1, product->filter, *filter, node->name + "/scaled_filter");
  std::vector<std::string> inputs = node->inputs;
  inputs[0] = mul.inputs[scale.product_side];
  AddWaits(WaitsOf(mul), &inputs);
  edit.SetInputs(*node, std::move(inputs));
  edit.RemoveUnread(mul.name);
  return true;
}

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, context));
  RIVULET_ASSIGN_OR_RETURN(const Facts facts, Facts::Of(graph));
  std::vector<std::string> names;
  for (const NodeDef* node : edit.Nodes()) {
    if (node->op == "Mul" || node->op == "RealDiv") names.push_back(node->name);
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (const std::string& name : names) {
      NodeDef* node = edit.Find(name);
      if (node == nullptr || TypeAttr(*node, "T") != DType::kFloat) continue;
      for (const Scale& scale : ReadScales(edit, *node)) {
        if (!FoldAfter(edit, context, *node, scale) && !FoldBefore(edit, context, facts, *node, scale)) continue;
        changed = true;
        break;
      }
    }
  }
  std::move(edit).WriteTo(graph);
  return Status();
}

}  // namespace

const Transform kFoldBatchNorms = {"fold_batch_norms", "", Apply, Promise::kRounding};

}  // namespace rivulet::prepare
