// dx and dy of products of matrices, each of which may be taken transposed (in batches: adjoint).
#include "engine/run/gradient_formula.h"

namespace rivulet {
namespace {

struct Product {
  const char* op;
  const char* turn_x;
  const char* turn_y;
};

struct Factor {
  Edge edge;
  bool turned;
};

Edge Multiply(GradientBuilder& g, const Product& product, Factor a, Factor b) {
  AttrMap attrs;
  attrs.Set(product.turn_x, a.turned);
  attrs.Set(product.turn_y, b.turned);
  return g.Op(product.op, {a.edge, b.edge}, std::move(attrs));
}

// With z = x' y', x' = x or its transpose: dx' = dz y'^T and dy' = x'^T dz, turned again where the factor was.
Result<std::vector<Edge>> Factors(GradientBuilder& g, const Product& product) {
  if (g.IsComplex()) return Unimplemented("the gradient of ", product.op, " of complex numbers is not defined");
  const bool turn_x = g.Flag(product.turn_x), turn_y = g.Flag(product.turn_y);
  const Edge x = g.x(0), y = g.x(1), dz = g.dy();
  const Edge dx =
      turn_x ? Multiply(g, product, {y, turn_y}, {dz, true}) : Multiply(g, product, {dz, false}, {y, !turn_y});
  const Edge dy =
      turn_y ? Multiply(g, product, {dz, true}, {x, turn_x}) : Multiply(g, product, {x, !turn_x}, {dz, false});
  return std::vector<Edge>{dx, dy};
}

Result<std::vector<Edge>> MatMul(GradientBuilder& g) { return Factors(g, {"MatMul", "transpose_a", "transpose_b"}); }
Result<std::vector<Edge>> BatchMatMul(GradientBuilder& g) { return Factors(g, {"BatchMatMul", "adj_x", "adj_y"}); }

// The same where the batches broadcast: all dims but the last two.
Result<std::vector<Edge>> BatchMatMulV2(GradientBuilder& g) {
  RIVULET_ASSIGN_OR_RETURN(const std::vector<Edge> gradients, Factors(g, {"BatchMatMulV2", "adj_x", "adj_y"}));
  const auto batch = [&](Edge shape) { return g.Op("StridedSlice", {shape, g.Ints({0}), g.Ints({-2}), g.Ints({1})}); };
  const Edge shape_x = g.ShapeOf(g.x(0)), shape_y = g.ShapeOf(g.x(1));
  const Edge axes = g.Op("BroadcastGradientArgs", {batch(shape_x), batch(shape_y)});
  return std::vector<Edge>{g.Op("Reshape", {g.Op("Sum", {gradients[0], axes}), shape_x}),
                           g.Op("Reshape", {g.Op("Sum", {gradients[1], {axes.node, 1}}), shape_y})};
}

constexpr GradientFormula kFormulas[] = {
    {"MatMul", MatMul}, {"BatchMatMul", BatchMatMul}, {"BatchMatMulV2", BatchMatMulV2}};

}  // namespace

std::span<const GradientFormula> ProductGradients() { return kFormulas; }

}  // namespace rivulet
