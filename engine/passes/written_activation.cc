#include "engine/passes/written_activation.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/base/built.h"

namespace rivulet {
namespace {

// A product without its constant factors.
struct Factors {
  double constant = 1;
  std::vector<Edge> edges;
};

struct Gate {
  double constant;  // that belongs to it
  int32_t uses;     // of x, in the gate
  std::string_view name;
};

bool Near(double found, double wanted) { return std::abs(found - wanted) <= 1e-5 * std::abs(wanted); }

class Matcher {
 public:
  explicit Matcher(const PassContext& context) : graph_(context.graph), users_(context), uses_(context.uses) {}

  // The activation that node `root` is the last part of, and the node it is of.
  std::optional<std::pair<int32_t, std::string_view>> Match(int32_t root) const {
    const Node& node = graph_.node(root);
    if ((node.op != "Mul" && node.op != "RealDiv") || !IsPlain(node)) return std::nullopt;
    Factors product;
    Collect(root, 4, product);
    if (product.edges.size() != 2) return std::nullopt;
    for (size_t side = 0; side < 2; ++side) {
      const Edge x = product.edges[side];
      const auto gate = GateOf(product.edges[1 - side], x);
      if (!gate || !Near(product.constant, gate->constant) || x.slot != 0) continue;
      if (uses_[static_cast<size_t>(x.node)] == gate->uses + 1) return std::pair(x.node, gate->name);
    }
    return std::nullopt;
  }

 private:
  static bool IsPlain(const Node& node) {
    return node.control_inputs.empty() && node.outputs.size() == 1 && node.outputs[0].dtype == DType::kFloat;
  }
  // A part that nothing else reads, or null.
  const Node* Part(Edge edge, std::string_view op) const {
    const Node& node = graph_.node(edge.node);
    return node.op == op && IsPlain(node) && users_.Of(edge.node) >= 0 ? &node : nullptr;
  }
  std::optional<double> Scalar(Edge edge) const {
    const Fact& fact = graph_.fact(edge);
    if (!fact.value.valid() || fact.value.dtype() != DType::kFloat || fact.value.shape().rank() != 0) return {};
    return static_cast<double>(ReadFloats(fact.value)[0]);
  }

  void Collect(int32_t index, int depth, Factors& product) const {
    const Node& node = graph_.node(index);
    const auto take = [&](Edge edge) {
      const Node& next = graph_.node(edge.node);
      const bool inner = next.op == "Mul" || next.op == "RealDiv" || next.op == "Neg";
      if (inner && depth > 0 && IsPlain(next) && users_.Of(edge.node) >= 0)
        return Collect(edge.node, depth - 1, product);
      product.edges.push_back(edge);
    };
    if (node.op == "Neg") {
      product.constant = -product.constant;
      return take(node.inputs[0]);
    }
    if (node.op == "RealDiv") {
      const auto divisor = Scalar(node.inputs[1]);
      if (!divisor) return product.edges.push_back({index, 0});
      product.constant /= *divisor;
      return take(node.inputs[0]);
    }
    for (const Edge& input : node.inputs) {
      if (const auto factor = Scalar(input)) {
        product.constant *= *factor;
      } else {
        take(input);
      }
    }
  }

  // The other side of a sum with the constant, or nothing.
  std::optional<Edge> Beside(Edge sum, double constant) const {
    const Node* add = Part(sum, "AddV2");
    if (add == nullptr) add = Part(sum, "Add");
    if (add == nullptr) return std::nullopt;
    for (size_t side = 0; side < 2; ++side) {
      const auto value = Scalar(add->inputs[side]);
      if (value && Near(*value, constant)) return add->inputs[1 - side];
    }
    return std::nullopt;
  }

  // Whether the edge is x times the factor.
  bool IsScaled(Edge edge, Edge x, double factor) const {
    Factors scaled;
    if (users_.Of(edge.node) < 0) return false;
    Collect(edge.node, 2, scaled);
    return scaled.edges.size() == 1 && scaled.edges[0] == x && Near(scaled.constant, factor);
  }

  std::optional<Gate> GateOf(Edge edge, Edge x) const {
    constexpr double kRootOfHalf = 0.70710678118654752;
    if (const Node* sigmoid = Part(edge, "Sigmoid")) {
      if (sigmoid->inputs[0] == x) return Gate{1, 1, "Swish"};
    }
    if (const Node* relu6 = Part(edge, "Relu6")) {
      const auto moved = Beside(relu6->inputs[0], 3);
      if (moved && *moved == x) return Gate{1.0 / 6, 1, "HardSwish"};
    }
    if (const Node* erfc = Part(edge, "Erfc")) {
      if (IsScaled(erfc->inputs[0], x, -kRootOfHalf)) return Gate{0.5, 1, "GeluExact"};
    }
    const auto grown = Beside(edge, 1);
    if (!grown) return std::nullopt;
    if (const Node* erf = Part(*grown, "Erf")) {
      if (IsScaled(erf->inputs[0], x, kRootOfHalf)) return Gate{0.5, 1, "GeluExact"};
    }
    if (const Node* tanh = Part(*grown, "Tanh")) {
      const int32_t uses = UsesInPolynomial(tanh->inputs[0], x);
      if (uses > 0) return Gate{0.5, uses, "GeluApproximate"};
    }
    return std::nullopt;
  }

  // How often sqrt(2 / pi) (x + 0.044715 x^3) reads x; 0: the edge is something else.
  int32_t UsesInPolynomial(Edge edge, Edge x) const {
    Factors outer;
    if (users_.Of(edge.node) < 0 || graph_.node(edge.node).op != "Mul") return 0;
    Collect(edge.node, 2, outer);
    if (outer.edges.size() != 1 || !Near(outer.constant, 0.79788456080286536)) return 0;
    const Node* add = Part(outer.edges[0], "AddV2");
    if (add == nullptr) add = Part(outer.edges[0], "Add");
    if (add == nullptr) return 0;
    for (size_t side = 0; side < 2; ++side) {
      if (!(add->inputs[side] == x)) continue;
      const Edge cubic = add->inputs[1 - side];
      if (users_.Of(cubic.node) < 0 || graph_.node(cubic.node).op != "Mul") return 0;
      Factors cube;
      Collect(cubic.node, 3, cube);
      if (!Near(cube.constant, 0.044715)) return 0;
      int32_t power = 0;
      int32_t uses = 1;
      for (const Edge& factor : cube.edges) {
        power += PowerOf(factor, x);
        ++uses;
      }
      return power == 3 ? uses : 0;
    }
    return 0;
  }

  // Of x, which the edge is: 1, 2 or 3; a number that spoils any sum for something else.
  int32_t PowerOf(Edge edge, Edge x) const {
    if (edge == x) return 1;
    const Node* square = Part(edge, "Square");
    if (square != nullptr && square->inputs[0] == x) return 2;
    const Node* pow = Part(edge, "Pow");
    if (pow == nullptr || !(pow->inputs[0] == x)) return 100;
    const auto exponent = Scalar(pow->inputs[1]);
    if (exponent && *exponent == 3) return 3;
    return exponent && *exponent == 2 ? 2 : 100;
  }

  const Graph& graph_;
  const SoleUsers users_;
  const std::vector<int32_t>& uses_;
};

}  // namespace

WrittenActivations::WrittenActivations(const PassContext& context) : found_(static_cast<size_t>(context.graph.size())) {
  if constexpr (!IsBuilt("Mul")) return;
  const Matcher matcher(context);
  for (int32_t i = 0; i < context.graph.size(); ++i) {
    if (const auto match = matcher.Match(i)) found_[static_cast<size_t>(match->first)] = {i, match->second};
  }
  for (const Node& node : context.graph.nodes()) {
    for (const int32_t control : node.control_inputs) found_[static_cast<size_t>(control)] = {};
  }
}

}  // namespace rivulet
