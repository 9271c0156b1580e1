// dx of the operators of neural networks. TensorFlow's formulas hand on neither dilations nor explicit paddings of a
// convolution, and no layout of a pooling; neither do these.
#include "engine/run/gradient_formula.h"

namespace rivulet {
namespace {

using Edges = std::vector<Edge>;

Edge SumOfRows(GradientBuilder& g, Edge a) {
  AttrMap keep;
  keep.Set("keep_dims", true);
  return g.Op("Sum", {a, g.Ints({-1})}, std::move(keep));
}

Result<Edges> Softmax(GradientBuilder& g) {
  const Edge y = g.Op("Softmax", {g.x()});
  const Edge mean = SumOfRows(g, g.Mul(g.dy(), y));
  return Edges{g.Mul(g.Op("Sub", {g.dy(), mean}), y)};
}

Result<Edges> LogSoftmax(GradientBuilder& g) {
  const Edge y = g.Op("Softmax", {g.x()});
  return Edges{g.Op("Sub", {g.dy(), g.Mul(SumOfRows(g, g.dy()), y)})};
}

Result<Edges> Relu(GradientBuilder& g) { return Edges{g.Op("ReluGrad", {g.dy(), g.x()})}; }
Result<Edges> Relu6(GradientBuilder& g) { return Edges{g.Op("Relu6Grad", {g.dy(), g.x()})}; }

Result<Edges> Conv2D(GradientBuilder& g) {
  const auto attrs = [&] { return g.Attrs({"strides", "padding", "data_format"}); };
  return Edges{g.Op("Conv2DBackpropInput", {g.ShapeOf(g.x(0)), g.x(1), g.dy()}, attrs()),
               g.Op("Conv2DBackpropFilter", {g.x(0), g.ShapeOf(g.x(1)), g.dy()}, attrs())};
}

AttrMap Window(GradientBuilder& g) { return g.Attrs({"ksize", "strides", "padding"}); }

Result<Edges> MaxPool(GradientBuilder& g) {
  const Edge y = g.Op("MaxPool", {g.x()}, Window(g));
  return Edges{g.Op("MaxPoolGrad", {g.x(), y, g.dy()}, Window(g))};
}

Result<Edges> AvgPool(GradientBuilder& g) { return Edges{g.Op("AvgPoolGrad", {g.ShapeOf(g.x()), g.dy()}, Window(g))}; }

Result<Edges> BiasAdd(GradientBuilder& g) {
  return Edges{g.dy(), g.Op("BiasAddGrad", {g.dy()}, g.Attrs({"data_format"}))};
}

constexpr GradientFormula kFormulas[] = {
    {"Softmax", Softmax}, {"LogSoftmax", LogSoftmax}, {"Relu", Relu},       {"Relu6", Relu6},
    {"Conv2D", Conv2D},   {"MaxPool", MaxPool},       {"AvgPool", AvgPool}, {"BiasAdd", BiasAdd},
};

}  // namespace

std::span<const GradientFormula> NeuralGradients() { return kFormulas; }

}  // namespace rivulet
