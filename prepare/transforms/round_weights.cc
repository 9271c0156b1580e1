// round_weights: float weights of 16 elements or more keep only num_steps values, so that the file compresses well. A
// value becomes the middle of its step; the steps are as wide as (largest - least) / num_steps, and the largest value
// lies in one more.
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/transforms/transforms.h"

namespace rivulet::prepare {
namespace {

constexpr int64_t kFewElements = 16;

void Round(const float* in, float* out, int64_t count, int64_t num_steps) {
  // The least positive number to begin with, as TensorFlow has it: steps of values below 0 reach up to it.
  float least = std::numeric_limits<float>::max(), largest = std::numeric_limits<float>::min();
  for (int64_t i = 0; i < count; ++i) {
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
  for (int64_t i = 0; i < count; ++i) {
    const float step = std::floor((in[i] - least) / width);
    out[i] = least + width * (step + 0.5f);
  }
}

Status Apply(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(const int64_t num_steps, context.arguments.Int("num_steps", 256));
  if (num_steps < 1 || num_steps > (int64_t{1} << 24)) {
    return InvalidArgument("argument 'num_steps': want 1 to ", int64_t{1} << 24, ", got ", num_steps);
  }
  for (NodeDef& node : graph.nodes) {
    if (!IsFloatConst(node)) continue;
    RIVULET_ASSIGN_OR_RETURN(const Tensor old, ValueOf(node));
    if (old.num_elements() < kFewElements) continue;
    RIVULET_ASSIGN_OR_RETURN(Tensor rounded, Tensor::Allocate(DType::kFloat, old.shape(), *Allocator::Create()));
    Round(old.data<float>(), rounded.data<float>(), old.num_elements(), num_steps);
    node.attrs["value"] = Attr::OfTensor(rounded);
  }
  return Status();
}

}  // namespace

const Transform kRoundWeights = {"round_weights", "num_steps", Apply, Promise::kLossy};

}  // namespace rivulet::prepare
