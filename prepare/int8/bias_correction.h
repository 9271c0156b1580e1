// What 8-bit weights and inputs do to the mean of each channel of a product.
#ifndef RIVULET_PREPARE_INT8_BIAS_CORRECTION_H_
#define RIVULET_PREPARE_INT8_BIAS_CORRECTION_H_

#include <functional>
#include <string>
#include <vector>

#include "prepare/int8/code_range.h"
#include "rivulet/session.h"
#include "prepare/scaled_product.h"

namespace rivulet::prepare {

// A product of the float graph, and what takes the place of its inputs.
struct RoundedProduct {
  NodeDef node;            // as it is in the float graph
  Tensor filter;           // rounded, in the shape of the old one
  bool has_range = false;  // else its input is rounded already
  CodeRange range;         // of its input
  bool channels_first = false;
  int64_t channels = 0;
};

// For each product the mean of (rounded - float) by channel, over all places and samples. Each product has the float
// network's input, rounded: what the products before it do to the mean, they make up for themselves.
Result<std::vector<std::vector<float>>> MeanErrors(const GraphDef& graph, const std::vector<RoundedProduct>& products,
                                                   const std::vector<Feeds>& samples, int threads,
                                                   const std::function<void(size_t done, size_t all)>& progress);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_BIAS_CORRECTION_H_
