// dx of reductions over the axes of input 1, which are int32: TensorFlow has no gradient for int64 axes here.
#include "engine/run/gradient_formula.h"

namespace rivulet {
namespace {

// The shape of x with 1 for each axis that was reduced, and how often the result is repeated along each.
struct Spread {
  Edge kept;
  Edge times;
};

Spread SpreadOf(GradientBuilder& g) {
  const Edge shape = g.ShapeOf(g.x(0));
  const Edge all_axes = g.Op("Range", {g.Int(0), g.Op("Rank", {g.x(0)}), g.Int(1)});
  const Edge ones = g.Op("Fill", {g.ShapeOf(g.x(1)), g.Int(1)});
  AttrMap attrs;
  attrs.Set("T", DType::kInt32);
  attrs.Set("N", int64_t{2});
  const Edge kept = g.Op("DynamicStitch", {all_axes, g.x(1), shape, ones}, std::move(attrs));
  return {kept, g.Op("Div", {shape, kept})};
}

std::vector<Edge> Spreading(GradientBuilder& g, const Spread& spread, Edge dy) {
  return {g.Op("Tile", {g.Op("Reshape", {dy, spread.kept}), spread.times}), g.ZerosLike(g.x(1))};
}

Result<std::vector<Edge>> Sum(GradientBuilder& g) { return Spreading(g, SpreadOf(g), g.dy()); }

Result<std::vector<Edge>> Mean(GradientBuilder& g) {
  const Spread spread = SpreadOf(g);
  const Edge count = g.Cast(g.Op("Prod", {spread.times, g.Int(0)}), g.Type());
  return Spreading(g, spread, g.Op("Div", {g.dy(), count}));
}

// Shared among all the elements that are the largest (smallest).
std::vector<Edge> Extreme(GradientBuilder& g, const char* op) {
  AttrMap keep;
  keep.Set("keep_dims", true);
  const Edge y = g.Op(op, {g.x(0), g.x(1)}, std::move(keep));
  const Edge is_extreme = g.Cast(g.Op("Equal", {g.x(0), y}), g.Type());
  const Edge share = g.Op("Div", {g.dy(), g.Op("Sum", {is_extreme, g.x(1)})});
  return {g.Mul(is_extreme, g.Op("Reshape", {share, g.ShapeOf(y)})), g.ZerosLike(g.x(1))};
}

Result<std::vector<Edge>> Max(GradientBuilder& g) { return Extreme(g, "Max"); }
Result<std::vector<Edge>> Min(GradientBuilder& g) { return Extreme(g, "Min"); }

constexpr GradientFormula kFormulas[] = {{"Sum", Sum}, {"Mean", Mean}, {"Max", Max}, {"Min", Min}};

}  // namespace

std::span<const GradientFormula> ReductionGradients() { return kFormulas; }

}  // namespace rivulet
