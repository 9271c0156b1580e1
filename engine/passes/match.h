// What several passes ask of a graph: who uses an edge, which nodes are products with constant filters.
#ifndef RIVULET_ENGINE_PASSES_MATCH_H_
#define RIVULET_ENGINE_PASSES_MATCH_H_

#include <optional>
#include <string>
#include <vector>

#include "engine/passes/pass.h"

namespace rivulet {

// The one reader of each node's output 0: its node, or kNone / kMany (several readers, a fetch, or a use of another
// output).
class SoleUsers {
 public:
  static constexpr int32_t kNone = -1;
  static constexpr int32_t kMany = -2;
  explicit SoleUsers(const PassContext& context);
  int32_t Of(int32_t node) const { return user_[static_cast<size_t>(node)]; }

 private:
  std::vector<int32_t> user_;
};

// A float32 product with filter: Conv2D, Conv3D, DepthwiseConv2dNative or MatMul.
struct Product {
  int32_t node = -1;
  int64_t channels = 0;  // of its output, in the last axis unless channels_first
  bool channels_first = false;
};
std::optional<Product> MatchProduct(const Graph& graph, int32_t node);

// A fused product whose fused_ops are FusedBatchNorm alone, with known filter.
std::optional<Product> MatchScaledProduct(const Graph& graph, int32_t node);

// The operator that takes a product's tail in: "_FusedConv2D" for "Conv2D", itself for a fused one.
std::string FusedOpOf(const std::string& op);
// Sets the attributes that say so.
void SetFusedOps(Node& node, std::vector<std::string> ops, int64_t num_args);

// A known float32 tensor as one value per channel: a scalar, or [C] under leading ones as broadcasting against an
// output of `rank` axes reads it. Empty when it is something else.
std::vector<float> PerChannel(const Fact& fact, int64_t channels, int rank);

// The values of a float32 tensor, also where it lies unaligned in the model file.
std::vector<float> ReadFloats(const Tensor& tensor);

// y = x * scale + offset, a value for each channel.
struct KnownNorm {
  std::vector<float> scale;
  std::vector<float> offset;
};
// A FusedBatchNorm of any version, in inference, whose parameters are known.
std::optional<KnownNorm> KnownBatchNorm(const Graph& graph, const Node& node, int64_t channels);

// A float32 value under another shape of known dims.
Edge AddReshape(PatchSink& sink, const std::string& name, Edge edge, const Shape& shape);

// The node of elementwise_chain.h; an alpha for each step.
Node ChainNode(std::string name, std::vector<Edge> inputs, std::vector<std::string> steps, std::vector<float> alphas);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_PASSES_MATCH_H_
