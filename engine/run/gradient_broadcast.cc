// dx and dy of z = f(x, y) where x and y broadcast: what was repeated is summed up again. And Select, which does not.
#include "engine/run/gradient_formula.h"

namespace rivulet {
namespace {

struct Two {
  Edge x, y;
};

std::vector<Edge> Unbroadcast(GradientBuilder& g, Two gradient) {
  const Edge shape_x = g.ShapeOf(g.x(0)), shape_y = g.ShapeOf(g.x(1));
  const Edge axes = g.Op("BroadcastGradientArgs", {shape_x, shape_y});
  return {g.Op("Reshape", {g.Op("Sum", {gradient.x, axes}), shape_x}),
          g.Op("Reshape", {g.Op("Sum", {gradient.y, {axes.node, 1}}), shape_y})};
}

// A rule from what each element's gradients are.
template <typename Rule>
constexpr GradientRule Each(Rule) {
  return +[](GradientBuilder& g) -> Result<std::vector<Edge>> { return Unbroadcast(g, Rule()(g)); };
}

constexpr auto kAdd = [](GradientBuilder& g) { return Two{g.dy(), g.dy()}; };

// TensorFlow has this one also for MulNoNan.
constexpr auto kMul = [](GradientBuilder& g) {
  if (!g.IsComplex()) return Two{g.Mul(g.dy(), g.x(1)), g.Mul(g.x(0), g.dy())};
  return Two{g.Mul(g.dy(), g.Op("Conj", {g.x(1)})), g.Mul(g.Op("Conj", {g.x(0)}), g.dy())};
};

// dz / y and -x dz / y^2, with the division that was used.
Two Quotient(GradientBuilder& g, const char* division) {
  const Edge slope = g.Op(division, {g.Neg(g.x(0)), g.Square(g.x(1))});
  return {g.Op(division, {g.dy(), g.x(1)}), g.Mul(g.dy(), slope)};
}

// y x^(y-1) and x^y log x, where the logarithm of what has none counts as 0.
constexpr auto kPow = [](GradientBuilder& g) {
  const Edge x = g.x(0), y = g.x(1);
  const Edge less = g.Op("Pow", {x, g.Op("Sub", {y, g.Constant(1)})});
  const Edge has_log = g.Op(g.IsComplex() ? "NotEqual" : "Greater", {x, g.Constant(0)});
  const Edge log = g.Op("Select", {has_log, g.Op("Log", {x}), g.ZerosLike(x)});
  return Two{g.Mul(less, g.Mul(g.dy(), y)), g.Mul(log, g.Mul(g.dy(), g.Op("Pow", {x, y})))};
};

// 1 where x is not 0, else 0.
Edge NotZero(GradientBuilder& g) { return g.Cast(g.Op("NotEqual", {g.x(0), g.ZerosLike(g.x(0))}), g.Type()); }

constexpr auto kXlogy = [](GradientBuilder& g) {
  return Two{g.Mul(g.Op("Xlogy", {NotZero(g), g.x(1)}), g.dy()), g.Mul(g.Op("Xdivy", {g.x(0), g.x(1)}), g.dy())};
};

constexpr auto kXlog1py = [](GradientBuilder& g) {
  const Edge more = g.Op("Add", {g.x(1), g.Constant(1)});
  return Two{g.Mul(g.Op("Xlog1py", {NotZero(g), g.x(1)}), g.dy()), g.Mul(g.Op("Xdivy", {g.x(0), more}), g.dy())};
};

constexpr auto kXdivy = [](GradientBuilder& g) {
  const Edge minus_square = g.Neg(g.Square(g.x(1)));
  return Two{g.Mul(g.Op("Xdivy", {NotZero(g), g.x(1)}), g.dy()), g.Mul(g.Op("Xdivy", {g.x(0), minus_square}), g.dy())};
};

constexpr auto kSquaredDifference = [](GradientBuilder& g) {
  const Edge twice = g.Mul(g.Constant(2), g.Op("Sub", {g.x(0), g.x(1)}));
  const Edge gradient = g.Mul(twice, g.dy());
  return Two{gradient, g.Neg(gradient)};
};

// All of it goes to the one that was taken; of equals, to the first.
Two Taken(GradientBuilder& g, const char* takes_first) {
  const Edge first = g.Mul(g.dy(), g.Cast(g.Op(takes_first, {g.x(0), g.x(1)}), g.Type()));
  return {first, g.Op("Sub", {g.dy(), first})};
}

Result<std::vector<Edge>> Select(GradientBuilder& g) {
  const Edge zeros = g.ZerosLike(g.x(1));
  return std::vector<Edge>{g.ZerosLike(g.x(0)), g.Op("Select", {g.x(0), g.dy(), zeros}),
                           g.Op("Select", {g.x(0), zeros, g.dy()})};
}

constexpr GradientFormula kFormulas[] = {
    {"Add", Each(kAdd)},
    {"AddV2", Each(kAdd)},
    {"Sub", Each([](GradientBuilder& g) {
       return Two{g.dy(), g.Neg(g.dy())};
     })},
    {"Mul", Each(kMul)},
    {"MulNoNan", Each(kMul)},
    {"Div", Each([](GradientBuilder& g) { return Quotient(g, "Div"); })},
    {"RealDiv", Each([](GradientBuilder& g) { return Quotient(g, "RealDiv"); })},
    {"DivNoNan", Each([](GradientBuilder& g) { return Quotient(g, "DivNoNan"); })},
    {"Pow", Each(kPow)},
    {"Xlogy", Each(kXlogy)},
    {"Xlog1py", Each(kXlog1py)},
    {"Xdivy", Each(kXdivy)},
    {"SquaredDifference", Each(kSquaredDifference)},
    {"Maximum", Each([](GradientBuilder& g) { return Taken(g, "GreaterEqual"); })},
    {"Minimum", Each([](GradientBuilder& g) { return Taken(g, "LessEqual"); })},
    {"Select", Select},
};

}  // namespace

std::span<const GradientFormula> BroadcastGradients() { return kFormulas; }

}  // namespace rivulet
