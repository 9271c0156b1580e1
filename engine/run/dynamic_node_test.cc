#include "engine/run/dynamic_node.h"

#include <gtest/gtest.h>

#include "engine/graph/text_form.h"
#include "engine/ops/infer.h"

namespace rivulet {
namespace {

Graph GraphOf(const std::string& text) {
  Result<Graph> graph = ParseGraph(text);
  EXPECT_TRUE(graph.ok()) << graph.status().ToString();
  for (Node& node : graph->nodes()) node.def = FindOp(node.op);
  EXPECT_TRUE(InferGraph(*graph, *Allocator::Create(), {}, /*strict=*/true).ok());
  return std::move(*graph);
}

Tensor Floats(const Shape& shape) {
  const std::vector<float> values(static_cast<size_t>(shape.num_elements()), 1.0f);
  return Tensor::Of<float>(shape, values);
}

// The shape of a node's output for inputs of which none is constant, or only the last.
Shape Find(StepFacts* facts, const Graph& graph, const char* name, const std::vector<Tensor>& inputs,
           bool last_is_constant = false) {
  std::vector<const Tensor*> pointers;
  for (const Tensor& input : inputs) pointers.push_back(&input);
  const auto is_constant = [&](size_t i) { return last_is_constant && i + 1 == inputs.size(); };
  const auto found = facts->Find(graph, graph.node(graph.Find(name)), pointers, is_constant, *Allocator::Create());
  EXPECT_TRUE(found.ok()) << found.status().ToString();
  if (!found.ok() || (*found)->empty()) return Shape::UnknownRank();
  EXPECT_FALSE((*found)->front().value.valid());
  return (*found)->front().shape;
}

constexpr char kGraph[] = R"(
x = Placeholder() {dtype=float32, shape=shape[?,?]}
y = Placeholder() {dtype=float32, shape=shape[?,?]}
s = Placeholder() {dtype=int32, shape=shape[2]}
axis = Placeholder() {dtype=int32, shape=shape[]}
joined = ConcatV2(x, y, axis) {T=float32, N=2}
product = MatMul(x, y) {T=float32}
shaped = Reshape(x, s) {T=float32}
places = Where(x) {T=float32}
negated = Neg(x) {T=float32}
)";

TEST(StepFacts, AreFoundAgainWhenShapesChange) {
  const Graph graph = GraphOf(kGraph);
  StepFacts facts;
  EXPECT_EQ(Find(&facts, graph, "product", {Floats({2, 3}), Floats({3, 4})}), (Shape{2, 4}));
  EXPECT_EQ(Find(&facts, graph, "product", {Floats({5, 3}), Floats({3, 4})}), (Shape{5, 4}));
  EXPECT_EQ(Find(&facts, graph, "product", {Floats({2, 3}), Floats({3, 1})}), (Shape{2, 1}));
}

TEST(StepFacts, AreNotFoundAgainForTheSameShapes) {
  const Graph graph = GraphOf(kGraph);
  StepFacts facts;
  EXPECT_EQ(Find(&facts, graph, "product", {Floats({3, 3}), Floats({3, 4})}), (Shape{3, 4}));
  // Another node, in its place, would be found out.
  EXPECT_EQ(Find(&facts, graph, "shaped", {Floats({3, 3}), Floats({3, 4})}), (Shape{3, 4}));
}

TEST(StepFacts, ThatNoValueTellsAreNotFoundAgain) {
  const Graph graph = GraphOf(kGraph);
  StepFacts facts;
  EXPECT_EQ(Find(&facts, graph, "places", {Floats({2, 3})}), (Shape{Shape::kUnknownDim, 2}));
  // Another node, in its place, would be found out.
  EXPECT_EQ(Find(&facts, graph, "negated", {Floats({2, 3})}), (Shape{Shape::kUnknownDim, 2}));
}

TEST(StepFacts, ThatDependOnValuesAreFoundEachTime) {
  const Graph graph = GraphOf(kGraph);
  StepFacts facts;
  const std::vector<int32_t> wide = {2, 6}, high = {6, 2};
  EXPECT_EQ(Find(&facts, graph, "shaped", {Floats({3, 4}), Tensor::Of<int32_t>({2}, wide)}), (Shape{2, 6}));
  EXPECT_EQ(Find(&facts, graph, "shaped", {Floats({3, 4}), Tensor::Of<int32_t>({2}, high)}), (Shape{6, 2}));
}

TEST(StepFacts, TakeConstantsAsKnown) {
  const Graph graph = GraphOf(kGraph);
  StepFacts known, unknown;
  const std::vector<Tensor> rows = {Floats({2, 3}), Floats({2, 3}), Tensor::Scalar<int32_t>(0)};
  const std::vector<Tensor> columns = {Floats({2, 3}), Floats({2, 3}), Tensor::Scalar<int32_t>(1)};
  EXPECT_EQ(Find(&known, graph, "joined", rows, true), (Shape{4, 3}));
  EXPECT_EQ(Find(&known, graph, "joined", columns, true), (Shape{4, 3})) << "a constant does not change";
  EXPECT_EQ(Find(&unknown, graph, "joined", rows), (Shape{4, 3}));
  EXPECT_EQ(Find(&unknown, graph, "joined", columns), (Shape{2, 6}));
}

}  // namespace
}  // namespace rivulet
