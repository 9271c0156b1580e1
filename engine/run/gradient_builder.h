// What the gradient of one operator is written with: nodes are added behind the operator's inputs and the gradients of
// its outputs, and what they come to are the gradients of its inputs.
#ifndef RIVULET_ENGINE_RUN_GRADIENT_BUILDER_H_
#define RIVULET_ENGINE_RUN_GRADIENT_BUILDER_H_

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/graph.h"

namespace rivulet {

class GradientBuilder {
 public:
  // `x` are the operator's inputs, `dy` one gradient for each of its outputs, all in `graph`, where nodes are added.
  // `attrs` are the operator's.
  GradientBuilder(Graph* graph, std::string stem, const AttrMap& attrs, std::vector<Edge> x, std::vector<Edge> dy)
      : graph_(*graph), stem_(std::move(stem)), attrs_(attrs), x_(std::move(x)), dy_(std::move(dy)) {}

  Edge x(size_t i = 0) const { return x_[i]; }
  Edge dy(size_t i = 0) const { return dy_[i]; }
  const std::vector<Edge>& all_x() const { return x_; }
  const std::vector<Edge>& all_dy() const { return dy_; }

  const AttrMap& attrs() const { return attrs_; }
  // The type attribute of that name, kInvalid when the operator was given none.
  DType Type(std::string_view name = "T") const;
  bool Flag(std::string_view name) const;
  bool IsComplex() const { return Type() == DType::kComplex64 || Type() == DType::kComplex128; }

  // Output 0 of a new node. Types and lengths of lists come from the inputs, but for those that outputs need.
  Edge Op(std::string_view op, std::vector<Edge> inputs, AttrMap attrs = {});
  // The operator's own attributes of these names, where it has them, for a node that takes the same.
  AttrMap Attrs(std::initializer_list<std::string_view> names) const;

  Edge Mul(Edge a, Edge b) { return Op("Mul", {a, b}); }
  Edge Neg(Edge a) { return Op("Neg", {a}); }
  Edge Square(Edge a) { return Op("Square", {a}); }
  Edge Reciprocal(Edge a) { return Op("Reciprocal", {a}); }
  Edge ShapeOf(Edge a) { return Op("Shape", {a}); }
  Edge ZerosLike(Edge a) { return Op("ZerosLike", {a}); }
  Edge Cast(Edge a, DType to);
  // A float turned into the operator's type, as TensorFlow does it: in integers a half is 0.
  Edge Constant(float value);
  // An int32 scalar, and a vector.
  Edge Int(int32_t value);
  Edge Ints(std::vector<int32_t> values);

 private:
  Graph& graph_;
  const std::string stem_;
  const AttrMap& attrs_;
  const std::vector<Edge> x_;
  const std::vector<Edge> dy_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_GRADIENT_BUILDER_H_
