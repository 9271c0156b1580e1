// A rectifier with a slope for negative values, written out in parts, becomes one step.
//
//   y = Relu(x) + alpha * (x - Abs(x)) * 0.5
//   y = Relu(x) + -alpha * Relu(-x)           become    y = _ElementwiseChain(x, alpha) {steps=["_Prelu x0 x1"]}
//   y = Relu(x) - alpha * Relu(-x)
//
// alpha: one value or one for each channel of the last axis, known. The factors may come in any order. Of an infinite x
// the first form makes NaN, this one infinity.
#include <optional>

#include "engine/base/built.h"
#include "engine/passes/match.h"

namespace rivulet {
namespace {

// What is under products with known values: `factor` (one or for each channel) times the edge.
struct Scaled {
  Edge edge;
  std::vector<float> factor = {1.0f};
};

std::vector<float> Product(const std::vector<float>& a, const std::vector<float>& b) {
  const std::vector<float>& longer = a.size() < b.size() ? b : a;
  const std::vector<float>& other = a.size() < b.size() ? a : b;
  std::vector<float> product(longer);
  for (size_t i = 0; i < product.size(); ++i) product[i] *= other[other.size() == 1 ? 0 : i];
  return product;
}

class Matcher {
 public:
  explicit Matcher(const Graph& graph) : graph_(graph) {}

  // The rectifier that node `index` is the last part of.
  std::optional<Scaled> Match(int32_t index) const {
    const Node& root = graph_.node(index);
    const bool subtracts = root.op == "Sub";
    if ((!subtracts && root.op != "Add" && root.op != "AddV2") || !IsPlain(root)) return std::nullopt;
    const Shape& shape = root.outputs[0].shape;
    if (!shape.complete() || shape.rank() == 0 || shape.num_elements() == 0) return std::nullopt;
    for (size_t side = 0; side < (subtracts ? 1 : 2); ++side) {
      const Node& relu = graph_.node(root.inputs[side].node);
      if (relu.op != "Relu" || !IsPlain(relu) || !(graph_.fact(relu.inputs[0]).shape == shape)) continue;
      const auto slope = SlopeOf(root.inputs[1 - side], relu.inputs[0], subtracts, shape[shape.rank() - 1]);
      if (slope) return Scaled{relu.inputs[0], *slope};
    }
    return std::nullopt;
  }

 private:
  static bool IsPlain(const Node& node) {
    return node.control_inputs.empty() && node.outputs.size() == 1 && node.outputs[0].dtype == DType::kFloat;
  }

  // What `part` makes of a negative x, by x; nothing where it is not zero for a positive one.
  std::optional<std::vector<float>> SlopeOf(Edge part, Edge x, bool subtracted, int64_t channels) const {
    const auto scaled = UnderProducts(part, channels, 4);
    if (!scaled) return std::nullopt;
    const Node& leaf = graph_.node(scaled->edge.node);
    if (!IsPlain(leaf)) return std::nullopt;
    float of_negative = 0;
    if (leaf.op == "Sub" && leaf.inputs[0] == x && IsOf(leaf.inputs[1], "Abs", x)) of_negative = 2;
    if (leaf.op == "Relu" && IsOf(leaf.inputs[0], "Neg", x)) of_negative = -1;
    if (of_negative == 0) return std::nullopt;
    return Product(scaled->factor, {subtracted ? -of_negative : of_negative});
  }

  std::optional<Scaled> UnderProducts(Edge edge, int64_t channels, int depth) const {
    const Node& node = graph_.node(edge.node);
    if (node.op != "Mul" || !IsPlain(node) || depth == 0) return Scaled{edge};
    for (size_t side = 0; side < 2; ++side) {
      const std::vector<float> factor = PerChannel(graph_.fact(node.inputs[side]), channels, 1);
      if (factor.empty()) continue;
      auto under = UnderProducts(node.inputs[1 - side], channels, depth - 1);
      if (under) under->factor = Product(under->factor, factor);
      return under;
    }
    return std::nullopt;
  }

  bool IsOf(Edge edge, std::string_view op, Edge x) const {
    const Node& node = graph_.node(edge.node);
    return node.op == op && IsPlain(node) && node.inputs[0] == x;
  }

  const Graph& graph_;
};

}  // namespace

Status FusePrelu(const PassContext& context, PatchSink& sink) {
  if constexpr (!IsBuilt("Relu")) return Status();
  const Matcher matcher(context.graph);
  for (int32_t i = 0; i < context.graph.size(); ++i) {
    auto rectifier = matcher.Match(i);
    if (!rectifier) continue;
    const std::string& name = context.graph.node(i).name;
    const auto count = static_cast<int64_t>(rectifier->factor.size());
    sink.Begin();
    const Edge slope = sink.Add(ConstNode(name + "/slope", Tensor::Of<float>({count}, rectifier->factor)));
    Node node = ChainNode(name, {rectifier->edge, slope}, {"_Prelu x0 x1"}, {0});
    sink.Replace({i, 0}, sink.Add(std::move(node)));
  }
  return Status();
}

}  // namespace rivulet
