#include "prepare/squeeze/half_weights.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "prepare/constants.h"

namespace rivulet::prepare {
namespace {

constexpr float kLargestHalf = 65504;

}  // namespace

Result<size_t> HalveWeights(GraphDef& graph, int64_t min_elements) {
  std::set<std::string, std::less<>> names;
  for (const NodeDef& node : graph.nodes) names.insert(node.name);
  std::vector<NodeDef> nodes;
  size_t count = 0;
  for (NodeDef& node : graph.nodes) {
    const std::optional<Shape> shape = IsFloatConst(node) ? node.Find("value")->AsTensorShape() : std::nullopt;
    if (!shape || shape->num_elements() < min_elements) {
      nodes.push_back(std::move(node));
      continue;
    }
    RIVULET_ASSIGN_OR_RETURN(const Tensor value, ValueOf(node));
    const auto floats = value.values<float>();
    if (!std::all_of(floats.begin(), floats.end(), [](float v) { return std::abs(v) <= kLargestHalf; })) {
      nodes.push_back(std::move(node));
      continue;
    }
    RIVULET_ASSIGN_OR_RETURN(Tensor halves, Tensor::Allocate(DType::kHalf, value.shape(), *Allocator::Create()));
    for (size_t i = 0; i < floats.size(); ++i) halves.data<Half>()[i] = Half(floats[i]);
    std::string name = node.name + "/half";
    while (!names.insert(name).second) name += '_';
    NodeDef constant = MakeConst(name, halves);
    constant.device = node.device;
    constant.inputs = node.inputs;
    NodeDef cast{.name = std::move(node.name), .op = "Cast", .device = std::move(node.device), .inputs = {name}};
    cast.attrs["SrcT"] = Attr::OfType(DType::kHalf);
    cast.attrs["DstT"] = Attr::OfType(DType::kFloat);
    nodes.push_back(std::move(constant));
    nodes.push_back(std::move(cast));
    ++count;
  }
  graph.nodes = std::move(nodes);
  return count;
}

}  // namespace rivulet::prepare
