#include "prepare/engine_graph.h"

#include "prepare/graph_test_kit.h"
#include "rivulet/session.h"

namespace rivulet::prepare {
namespace {

GraphDef WithWeights(std::vector<float>* values, int64_t count) {
  GraphDef graph = GraphOf(Node("y", "Neg", {"w"}) + "versions { producer: 27 }");
  std::vector<float> weight_values;
  for (int64_t i = 0; i < count; ++i) {
    weight_values.push_back(static_cast<float>(i) / 2);
    values->push_back(-weight_values.back());
  }
  NodeDef weights{.name = "w", .op = "Const"};
  weights.attrs["dtype"] = Attr::OfType(DType::kFloat);
  weights.attrs["value"] = Attr::OfTensor(Tensor::Of<float>({count}, weight_values));
  graph.nodes.push_back(std::move(weights));
  return graph;
}

TEST(EngineGraph, RunsAsItsFileWould) {
  for (const int64_t count : {3, 5000}) {
    std::vector<float> want;
    const GraphDef graph = WithWeights(&want, count);
    const auto model = ModelOf(graph, "it");
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    auto session = Session::Create(*model);
    ASSERT_TRUE(session.ok());
    const auto got = (*session)->Run({}, {"y"});
    ASSERT_TRUE(got.ok()) << got.status().ToString();
    const auto values = (*got)[0].values<float>();
    EXPECT_EQ(std::vector<float>(values.begin(), values.end()), want);
  }
}

TEST(EngineGraph, WeightsAreNotCopied) {
  std::vector<float> want;
  const GraphDef graph = WithWeights(&want, 5000);
  const Result<Graph> made = ToEngineGraph(graph);
  ASSERT_TRUE(made.ok());
  const auto& weights = made->node(made->Find("w"));
  const auto* literal = weights.attrs.Get<std::shared_ptr<const TensorLiteral>>("value");
  ASSERT_NE(literal, nullptr);
  const std::string_view bytes = graph.nodes.back().Find("value")->bytes();
  const auto* at = static_cast<const char*>((*literal)->prefix.raw());
  EXPECT_TRUE(at >= bytes.data() && at + 20000 <= bytes.data() + bytes.size());
}

// What is wrong with a file is said as the importer says it.
TEST(EngineGraph, ABrokenWeightIsToldByItsNode) {
  std::vector<float> want;
  GraphDef graph = WithWeights(&want, 5000);
  const std::string_view bytes = graph.nodes.back().Find("value")->bytes();
  graph.nodes.back().attrs["value"] = Attr(bytes.substr(0, bytes.size() - 1), nullptr);
  const auto model = ModelOf(graph, "it");
  ASSERT_FALSE(model.ok());
  EXPECT_NE(model.status().message().find("'w'"), std::string::npos) << model.status().ToString();
}

}  // namespace
}  // namespace rivulet::prepare
