// What products multiply their weights with: where it comes by in the graph, in which order, and its windows.
#ifndef RIVULET_PREPARE_SQUEEZE_PRODUCT_INPUTS_H_
#define RIVULET_PREPARE_SQUEEZE_PRODUCT_INPUTS_H_

#include <functional>
#include <string>
#include <vector>

#include "prepare/squeeze/weights.h"
#include "rivulet/session.h"

namespace rivulet::prepare {

struct ProductInputs {
  GraphDef graph;                  // with what gathers the inputs of loops
  std::vector<std::string> edges;  // of each weight; empty where it is no product, or its loop is not understood
  // Of each weight: a product is of a later stage than those that it depends on, as far as there are stages for it.
  std::vector<int> stages;
  std::vector<bool> begins_stage;  // whether it depends on no product of its own stage
};

inline constexpr int kMostStages = 12;

ProductInputs FindInputs(const GraphDef& graph, const std::vector<Weight>& weights);

// Runs `graph`, which is that of the inputs but for its constants, and calls see(weight, sample, input) for these
// weights. What cannot be fetched is an error, after which some may have been seen.
Status SeeInputs(const GraphDef& graph, const ProductInputs& inputs, const std::vector<size_t>& of,
                 const std::vector<Feeds>& samples, int threads,
                 const std::function<void(size_t weight, size_t sample, const Tensor& input)>& see,
                 const std::function<void(size_t done, size_t all)>& progress);

// How many windows of the input the weight meets.
int64_t CountWindows(const Weight& weight, const Tensor& input);

// At most about `most` windows of the input that the weight meets, spread evenly, always at the same places of an input
// of the same shape: groups() × rows() values, one group after the other. None where the input's shape does not fit.
void ForWindows(const Weight& weight, const Tensor& input, int64_t most,
                const std::function<void(const float* window)>& see);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_PRODUCT_INPUTS_H_
