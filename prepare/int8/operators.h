// What operators mean for a graph in 8 bits.
#ifndef RIVULET_PREPARE_INT8_OPERATORS_H_
#define RIVULET_PREPARE_INT8_OPERATORS_H_

#include <optional>
#include <string>
#include <vector>

#include "prepare/names.h"
#include "prepare/scaled_product.h"

namespace rivulet::prepare {

// A Conv2D, DepthwiseConv2dNative or MatMul of floats, whatever its filter is.
bool IsFloatProduct(const NodeDef& node);
// Whether its codes can stand in the filter's place: every weight is finite, the left side is not transposed.
bool HasCodes(const Product& product);
// Adds one constant to each channel of the product, which is its input 0.
bool IsBiasOf(GraphEdit& edit, const Product& product, const NodeDef& node);

// The activations of an operator that is 8-bit when they are: a sum, a product of two, a concatenation, an average over
// an image. Nothing for another.
std::vector<size_t> SoftInputs(GraphEdit& edit, const NodeDef& node);
bool IsConcat(const NodeDef& node);

// The input whose values, or some of them and 0, are the output's.
std::optional<size_t> PassedOn(const NodeDef& node);

// Rounds to codes of 8 bits or fewer.
bool IsFakeQuant(const NodeDef& node);

// Nodes that may run never or several times. `order` is that of execution.
NameSet WithinLoopsAndBranches(const std::vector<const NodeDef*>& order);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_OPERATORS_H_
