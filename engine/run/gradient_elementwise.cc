// dx of y = f(x), element by element. Real, Imag, Angle and Complex have formulas in TensorFlow that it cannot run.
#include "engine/run/gradient_formula.h"

namespace rivulet {
namespace {

// A rule that gives the one gradient of an operator with one input.
template <typename Rule>
constexpr GradientRule One(Rule) {
  return +[](GradientBuilder& g) -> Result<std::vector<Edge>> { return std::vector<Edge>{Rule()(g)}; };
}

Edge OneMinusSquare(GradientBuilder& g, Edge a) { return g.Op("Sub", {g.Constant(1), g.Square(a)}); }

// dy / x'(y): what the inverse functions have in common.
Edge Over(GradientBuilder& g, Edge slope) { return g.Mul(g.dy(), g.Reciprocal(slope)); }

// -dy / x^2.
constexpr auto kReciprocal = [](GradientBuilder& g) { return g.Mul(g.dy(), g.Neg(g.Square(g.Reciprocal(g.x())))); };

// TensorFlow's formula has exp(x) for expm1, too.
constexpr auto kExp = [](GradientBuilder& g) { return g.Mul(g.dy(), g.Op("Exp", {g.x()})); };

constexpr GradientFormula kFormulas[] = {
    {"Abs", One([](GradientBuilder& g) { return g.Mul(g.dy(), g.Op("Sign", {g.x()})); })},
    {"Neg", One([](GradientBuilder& g) { return g.Neg(g.dy()); })},
    {"Inv", One(kReciprocal)},
    {"Reciprocal", One(kReciprocal)},
    {"Square", One([](GradientBuilder& g) { return g.Mul(g.dy(), g.Mul(g.x(), g.Constant(2))); })},
    {"Sqrt", One([](GradientBuilder& g) {
       return g.Mul(g.dy(), g.Mul(g.Constant(0.5f), g.Reciprocal(g.Op("Sqrt", {g.x()}))));
     })},
    {"Rsqrt", One([](GradientBuilder& g) {
       const Edge half = g.Mul(g.Constant(-0.5f), g.Reciprocal(g.x()));
       return g.Mul(g.dy(), g.Mul(half, g.Op("Rsqrt", {g.x()})));
     })},
    {"Exp", One(kExp)},
    {"Expm1", One(kExp)},
    {"Log", One([](GradientBuilder& g) { return Over(g, g.x()); })},
    {"Log1p", One([](GradientBuilder& g) {
       return g.Op("Div", {g.dy(), g.Op("Add", {g.Constant(1), g.x()})});
     })},
    {"Sinh", One([](GradientBuilder& g) { return g.Mul(g.dy(), g.Op("Cosh", {g.x()})); })},
    {"Cosh", One([](GradientBuilder& g) { return g.Mul(g.dy(), g.Op("Sinh", {g.x()})); })},
    {"Tanh", One([](GradientBuilder& g) { return g.Mul(g.dy(), OneMinusSquare(g, g.Op("Tanh", {g.x()}))); })},
    {"Asinh", One([](GradientBuilder& g) { return g.Mul(g.dy(), g.Op("Cosh", {g.Op("Asinh", {g.x()})})); })},
    {"Acosh", One([](GradientBuilder& g) { return g.Mul(g.dy(), g.Op("Sinh", {g.Op("Acosh", {g.x()})})); })},
    {"Atanh", One([](GradientBuilder& g) { return Over(g, OneMinusSquare(g, g.x())); })},
    {"Sigmoid", One([](GradientBuilder& g) {
       const Edge y = g.Op("Sigmoid", {g.x()});
       return g.Mul(g.dy(), g.Mul(y, g.Op("Sub", {g.Constant(1), y})));
     })},
    {"Sign", One([](GradientBuilder& g) {
       return g.Op("Fill", {g.ShapeOf(g.x()), g.Constant(0)});
     })},
    {"Sin", One([](GradientBuilder& g) { return g.Mul(g.dy(), g.Op("Cos", {g.x()})); })},
    {"Cos", One([](GradientBuilder& g) { return g.Mul(g.dy(), g.Neg(g.Op("Sin", {g.x()}))); })},
    {"Tan", One([](GradientBuilder& g) { return g.Mul(g.dy(), g.Square(g.Reciprocal(g.Op("Cos", {g.x()})))); })},
    {"Asin", One([](GradientBuilder& g) { return Over(g, g.Op("Sqrt", {OneMinusSquare(g, g.x())})); })},
    {"Acos", One([](GradientBuilder& g) {
       return g.Mul(g.dy(), g.Neg(g.Reciprocal(g.Op("Sqrt", {OneMinusSquare(g, g.x())}))));
     })},
    {"Atan", One([](GradientBuilder& g) {
       return Over(g, g.Op("Add", {g.Constant(1), g.Square(g.x())}));
     })},
    {"Conj", One([](GradientBuilder& g) { return g.Op("Conj", {g.dy()}); })},
    {"Cast", One([](GradientBuilder& g) { return g.Cast(g.dy(), g.Type("SrcT")); })},
};

}  // namespace

std::span<const GradientFormula> ElementwiseGradients() { return kFormulas; }

}  // namespace rivulet
