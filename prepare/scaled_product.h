// Products with constant filters, and scales and offsets for each of their output channels.
#ifndef RIVULET_PREPARE_SCALED_PRODUCT_H_
#define RIVULET_PREPARE_SCALED_PRODUCT_H_

#include <optional>
#include <string>
#include <vector>

#include "prepare/graph_edit.h"

namespace rivulet::prepare {

// A float Conv2D, DepthwiseConv2dNative or MatMul with a constant filter.
struct Product {
  NodeDef* node = nullptr;
  ConstInput filter;
  int64_t channels = 0;  // of the output; its last axis unless channels_first
  bool channels_first = false;
};
std::optional<Product> ReadProduct(GraphEdit& edit, NodeDef* node);

// A constant added to each channel: BiasAdd, Add, AddV2, or Sub of a constant.
struct Adder {
  NodeDef* node = nullptr;
  size_t constant_input = 1;
  ConstInput constant;
  std::vector<float> offsets;  // what is added to each channel
};

// The product that only this input reads, directly or through adders.
struct BiasedProduct {
  Product product;
  std::vector<Adder> adders;  // the last one first
};
std::optional<BiasedProduct> ReadBiasedProduct(GraphEdit& edit, const NodeDef& reader, size_t input);

// The constant as one value a channel of an output of `rank` axes, as broadcasting reads it: a scalar, or as many
// values as channels along their axis, with 1 along the others. Nothing where it is something else.
std::optional<std::vector<float>> PerChannel(const Tensor& constant, const Product& product);

// The filter that gives every channel times its scale; nothing when a weight would not be finite.
std::optional<Tensor> ScaledFilter(const Product& product, const std::vector<float>& scale);

// Gives `node` `value` for its constant input `i`: in place where nobody else reads the constant, else by a new Const.
void PutConst(GraphEdit& edit, NodeDef& node, size_t i, const ConstInput& old, const Tensor& value,
              std::string_view new_name);

// A Const of these values; it waits for the same as what it is made from.
std::string AddConst(GraphEdit& edit, std::string_view name, const std::vector<float>& values,
                     const std::vector<std::string>& waits, const NodeDef& before);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SCALED_PRODUCT_H_
