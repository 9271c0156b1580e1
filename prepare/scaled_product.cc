#include "prepare/scaled_product.h"

#include <algorithm>
#include <cmath>

#include "engine/base/errors.h"
#include "prepare/constants.h"

namespace rivulet::prepare {
namespace {

int RankOf(const Product& product) { return product.node->op == "MatMul" ? 2 : 4; }

// Which output channel a weight belongs to is (index / inner) % channels.
int64_t InnerOf(const Product& product) {
  const bool transposed = product.node->op == "MatMul" && BoolAttr(*product.node, "transpose_b", false);
  return transposed ? product.filter.value.dim(1) : 1;
}

}  // namespace

std::optional<Product> ReadProduct(GraphEdit& edit, NodeDef* node) {
  if (node == nullptr || NumDataInputs(*node) != 2 || TypeAttr(*node, "T") != DType::kFloat) return std::nullopt;
  const bool is_depthwise = node->op == "DepthwiseConv2dNative", is_matmul = node->op == "MatMul";
  if (node->op != "Conv2D" && !is_depthwise && !is_matmul) return std::nullopt;
  std::optional<ConstInput> filter = edit.ReadConst(*node, 1);
  if (!filter || filter->value.dtype() != DType::kFloat) return std::nullopt;
  Product product{.node = node, .filter = std::move(*filter)};
  const Shape& shape = product.filter.value.shape();
  if (shape.rank() != RankOf(product) || shape.num_elements() == 0) return std::nullopt;
  if (is_depthwise) {
    product.channels = shape[2] * shape[3];
  } else if (is_matmul) {
    product.channels = BoolAttr(*node, "transpose_b", false) ? shape[0] : shape[1];
  } else {
    product.channels = shape[3];
  }
  product.channels_first = !is_matmul && StringAttr(*node, "data_format", "NHWC") == "NCHW";
  return product;
}

std::optional<BiasedProduct> ReadBiasedProduct(GraphEdit& edit, const NodeDef& reader, size_t input) {
  NodeDef* node = edit.Producer(reader, input);
  if (node == nullptr || !edit.IsPrivate(*node)) return std::nullopt;
  if (std::optional<Product> product = ReadProduct(edit, node)) return BiasedProduct{.product = std::move(*product)};
  const bool is_bias = node->op == "BiasAdd", is_sub = node->op == "Sub";
  if (!is_bias && !is_sub && node->op != "Add" && node->op != "AddV2") return std::nullopt;
  if (NumDataInputs(*node) != 2) return std::nullopt;
  for (size_t side = 0; side < (is_bias || is_sub ? 1u : 2u); ++side) {
    NodeDef* inner = edit.Producer(*node, side);
    if (inner == nullptr || !edit.IsPrivate(*inner)) continue;
    std::optional<Product> product = ReadProduct(edit, inner);
    std::optional<ConstInput> bias = edit.ReadConst(*node, 1 - side);
    if (!product || !bias || bias->value.dtype() != DType::kFloat) continue;
    std::optional<std::vector<float>> offsets;
    if (is_bias) {
      const bool channels_first = StringAttr(*node, "data_format", "NHWC") == "NCHW";
      const bool same_axis = RankOf(*product) == 2 || channels_first == product->channels_first;
      const Shape& shape = bias->value.shape();
      if (same_axis && shape.rank() == 1 && shape[0] == product->channels) {
        const auto values = bias->value.values<float>();
        offsets.emplace(values.begin(), values.end());
      }
    } else {
      offsets = PerChannel(bias->value, *product);
    }
    if (!offsets) continue;
    if (is_sub) {
      for (float& offset : *offsets) offset = -offset;
    }
    return BiasedProduct{std::move(*product), node, 1 - side, std::move(*bias), std::move(*offsets)};
  }
  return std::nullopt;
}

std::optional<std::vector<float>> PerChannel(const Tensor& constant, const Product& product) {
  if (constant.dtype() != DType::kFloat || constant.rank() > RankOf(product)) return std::nullopt;
  const auto values = constant.values<float>();
  if (values.size() == 1) return std::vector<float>(static_cast<size_t>(product.channels), values[0]);
  const int axis = constant.rank() - (product.channels_first ? 3 : 1);
  if (axis < 0 || constant.dim(axis) != product.channels || constant.num_elements() != product.channels) {
    return std::nullopt;
  }
  return std::vector<float>(values.begin(), values.end());
}

std::optional<Tensor> ScaledFilter(const Product& product, const std::vector<float>& scale) {
  const Tensor& filter = product.filter.value;
  Result<Tensor> scaled = Tensor::Allocate(DType::kFloat, filter.shape(), *Allocator::Create());
  if (!scaled.ok()) return std::nullopt;
  const int64_t inner = InnerOf(product);
  const float* in = filter.data<float>();
  float* out = scaled->data<float>();
  for (int64_t i = 0; i < filter.num_elements(); ++i) {
    out[i] = in[i] * scale[static_cast<size_t>(i / inner % product.channels)];
    if (!std::isfinite(out[i])) return std::nullopt;
  }
  return std::move(*scaled);
}

void PutConst(GraphEdit& edit, NodeDef& node, size_t i, const ConstInput& old, const Tensor& value,
              std::string_view new_name) {
  if (old.is_own) {
    old.node->attrs["value"] = Attr::OfTensor(value);
    return;
  }
  NodeDef made = MakeConst(edit.FreeName(new_name), value);
  made.device = old.node->device;
  made.inputs = old.waits;
  std::vector<std::string> inputs = node.inputs;
  const std::string before(ParseInput(inputs[i]).node);
  inputs[i] = edit.Add(std::move(made), &node).name;
  edit.SetInputs(node, std::move(inputs));
  edit.RemoveUnread(before);
}

std::string AddConst(GraphEdit& edit, std::string_view name, const std::vector<float>& values,
                     const std::vector<std::string>& waits, const NodeDef& before) {
  NodeDef made = MakeConst(edit.FreeName(name), Tensor::Of<float>({static_cast<int64_t>(values.size())}, values));
  made.device = before.device;
  made.inputs = waits;
  return edit.Add(std::move(made), &before).name;
}

}  // namespace rivulet::prepare
