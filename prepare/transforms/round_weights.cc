// round_weights: float weights of 16 elements or more keep only num_steps values, so that the file compresses well. A
// value becomes the middle of its step; the steps are as wide as (largest - least) / num_steps, and the largest value
// lies in one more.
//
// A depthwise filter has a range for each channel, unlike TensorFlow's: where a norm was folded into it, channels
// differ by their variances, up to thousands of times, and steps for the widest leave nothing of the others. Such
// filters are a hundredth of a network's weights, so that the file compresses as before.
//
// Two kinds stay as they are, unlike TensorFlow's. What has an infinity in it, such as a mask of -inf, which is told:
// there are no steps to the infinite, and what came out would be no numbers. And what has few values already, such as a
// mask of 0 and -1e9, of which 0 would become 2e6, a scale of ones, or weights that were rounded before.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/names.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

constexpr int64_t kFewElements = 16;
constexpr int64_t kMostCounted = 65536;  // values that are told apart

// Every `stride`th of the values.
void Round(const float* in, float* out, int64_t count, int64_t stride, int64_t num_steps) {
  // The least positive number to begin with, as TensorFlow has it: steps of values below 0 reach up to it.
  float least = std::numeric_limits<float>::max(), largest = std::numeric_limits<float>::min();
  for (int64_t i = 0; i < count; i += stride) {
    least = std::min(least, in[i]);
    largest = std::max(largest, in[i]);
  }
  if (least == largest) {
    if (std::abs(least) < 0.000001f) {
      largest = least + 1;
    } else if (least > 0) {
      largest = 2 * least;
    } else {
      least = 2 * largest;
    }
  }
  const float width = (largest - least) / static_cast<float>(num_steps);
  for (int64_t i = 0; i < count; i += stride) {
    const float step = std::floor((in[i] - least) / width);
    out[i] = least + width * (step + 0.5f);
  }
}

// No more values than rounding would leave, each twice in the mean.
bool HasFewValues(std::span<const float> values, int64_t num_steps) {
  const auto most =
      static_cast<size_t>(std::min({num_steps + 1, static_cast<int64_t>(values.size() / 2), kMostCounted}));
  std::unordered_set<uint32_t> seen;
  for (const float value : values) {
    if (seen.insert(std::bit_cast<uint32_t>(value)).second && seen.size() > most) return false;
  }
  return true;
}

// The constants that depthwise convolutions read as their filters, directly or through Identity.
Result<NameSet> DepthwiseFilters(const GraphDef& graph) {
  RIVULET_ASSIGN_OR_RETURN(const NodeIndex index, IndexNodes(graph));
  NameSet filters;
  for (const NodeDef& node : graph.nodes) {
    if (node.op != "DepthwiseConv2dNative" || node.inputs.size() < 2) continue;
    auto it = index.find(ParseInput(node.inputs[1]).node);
    for (size_t steps = 0; it != index.end() && it->second->op == "Identity" && !it->second->inputs.empty(); ++steps) {
      if (steps == graph.nodes.size()) break;  // in a circle
      it = index.find(ParseInput(it->second->inputs[0]).node);
    }
    if (it != index.end()) filters.insert(it->second->name);
  }
  return filters;
}

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(const int64_t num_steps, context.arguments.Int("num_steps", 256));
  if (num_steps < 1 || num_steps > (int64_t{1} << 24)) {
    return InvalidArgument("argument 'num_steps': want 1 to ", int64_t{1} << 24, ", got ", num_steps);
  }
  RIVULET_ASSIGN_OR_RETURN(const auto depthwise, DepthwiseFilters(graph));
  for (NodeDef& node : graph.nodes) {
    if (!IsFloatConst(node)) continue;
    RIVULET_ASSIGN_OR_RETURN(const Tensor old, ValueOf(node));
    if (old.num_elements() < kFewElements || !context.MayRewrite(node.name)) continue;
    if (!AreFinite(old.values<float>())) {
      if (context.report != nullptr) context.report(Cat("Constant '", node.name, "' is not finite and is not rounded"));
      continue;
    }
    if (HasFewValues(old.values<float>(), num_steps)) continue;
    RIVULET_ASSIGN_OR_RETURN(Tensor rounded, Tensor::Allocate(DType::kFloat, old.shape(), *Allocator::Create()));
    const bool by_channel = old.shape().rank() == 4 && depthwise.contains(node.name);
    const int64_t channels = by_channel ? old.shape()[2] * old.shape()[3] : 1;
    for (int64_t c = 0; c < channels; ++c) {
      Round(old.data<float>() + c, rounded.data<float>() + c, old.num_elements() - c, channels, num_steps);
    }
    node.attrs["value"] = Attr::OfTensor(rounded);
  }
  return Status();
}

}  // namespace

const Transform kRoundWeights = {"round_weights", "num_steps", Apply, Promise::kLossy};

}  // namespace rivulet::prepare
