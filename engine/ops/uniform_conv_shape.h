// Shapes of the uniform convolutions: any number of spatial axes, axes in any order, both operands dilated, groups of
// features and of batch entries.
#ifndef RIVULET_ENGINE_OPS_UNIFORM_CONV_SHAPE_H_
#define RIVULET_ENGINE_OPS_UNIFORM_CONV_SHAPE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/graph/shape_math.h"
#include "engine/ops/op.h"

namespace rivulet {

// What the attributes say; lists are empty or have an entry for each spatial axis.
struct UniformConvSpec {
  std::vector<int64_t> strides;
  std::vector<int64_t> lhs_dilations;
  std::vector<int64_t> rhs_dilations;
  std::vector<int64_t> pads;  // of kExplicit, before and after
  Padding padding = Padding::kValid;
  int64_t feature_groups = 1;
  int64_t batch_groups = 1;
  // A message of nine fields: batch, feature and spatial axes of lhs; input, output and spatial axes of rhs; batch,
  // feature and spatial axes of the output. Empty: in this order, but the output's axis of rhs is the first.
  std::string numbers;
};
Result<UniformConvSpec> ParseUniformConvSpec(const AttrReader& attrs);

struct SpatialSizes {
  int64_t in = -1, k = -1, out = -1;
  int64_t stride = 1, lhs_dilation = 1, rhs_dilation = 1, pad = 0;
};

struct UniformConvSizes {
  int64_t batch = -1;  // of lhs
  int64_t in_c = -1;   // of lhs
  int64_t out_c = -1;
  std::vector<SpatialSizes> spatial;
  // Axes of the tensors, batch or none first, then the spatial ones, then features: [batch, .., feature],
  // [.., input feature, output feature], [batch, .., feature].
  std::vector<int> lhs_axes;
  std::vector<int> rhs_axes;
  std::vector<int> output_axes;
  Shape output;
};

// For shapes of known rank, whose dims may be unknown, with every check.
Result<UniformConvSizes> ComputeUniformConv(const UniformConvSpec& spec, const Shape& lhs, const Shape& rhs);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_UNIFORM_CONV_SHAPE_H_
