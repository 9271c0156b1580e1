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

constexpr size_t kMostAdders = 16;

// Without its offsets, for which the product must be known.
std::optional<Adder> ReadAdder(GraphEdit& edit, NodeDef& node) {
  const bool is_bias = node.op == "BiasAdd", is_sub = node.op == "Sub";
  if ((!is_bias && !is_sub && node.op != "Add" && node.op != "AddV2") || NumDataInputs(node) != 2) return std::nullopt;
  for (const size_t side : {1, 0}) {
    if (side == 0 && (is_bias || is_sub)) break;
    std::optional<ConstInput> constant = edit.ReadConst(node, side);
    if (constant && constant->value.dtype() == DType::kFloat) return Adder{&node, side, std::move(*constant), {}};
  }
  return std::nullopt;
}

std::optional<std::vector<float>> OffsetsOf(const Adder& adder, const Product& product) {
  const Tensor& constant = adder.constant.value;
  if (adder.node->op != "BiasAdd") {
    std::optional<std::vector<float>> offsets = PerChannel(constant, product);
    if (offsets && adder.node->op == "Sub") {
      for (float& offset : *offsets) offset = -offset;
    }
    return offsets;
  }
  const bool channels_first = StringAttr(*adder.node, "data_format", "NHWC") == "NCHW";
  const bool same_axis = RankOf(product) == 2 || channels_first == product.channels_first;
  if (!same_axis || constant.rank() != 1 || constant.dim(0) != product.channels) return std::nullopt;
  return std::vector<float>(constant.values<float>().begin(), constant.values<float>().end());
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
  BiasedProduct found;
  NodeDef* node = edit.Producer(reader, input);
  for (;;) {
    if (node == nullptr || !edit.IsPrivate(*node)) return std::nullopt;
    if (std::optional<Product> product = ReadProduct(edit, node)) {
      found.product = std::move(*product);
      break;
    }
    std::optional<Adder> adder = ReadAdder(edit, *node);
    if (!adder || found.adders.size() == kMostAdders) return std::nullopt;
    node = edit.Producer(*node, 1 - adder->constant_input);
    found.adders.push_back(std::move(*adder));
  }
  for (Adder& adder : found.adders) {
    std::optional<std::vector<float>> offsets = OffsetsOf(adder, found.product);
    if (!offsets) return std::nullopt;
    adder.offsets = std::move(*offsets);
  }
  return found;
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
