#include "prepare/quantize_round_trips.h"

#include <gtest/gtest.h>

#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

TEST(RoundTrips, GoAroundWhatProductsRead) {
  GraphDef graph = GraphOf(Input("x", "12") + Node("y", "MatMul", {"x", "w"}) + Node("z", "Relu", {"y"}));
  graph.nodes.push_back(MakeConst("w", Tensor::Of<float>({2, 2}, std::vector<float>{1, 2, 3, 4})));
  const auto count = QuantizeRoundTrips(graph);
  ASSERT_TRUE(count.ok()) << count.status().ToString();
  EXPECT_EQ(*count, 2u);
  const auto nodes = IndexNodes(graph);
  ASSERT_TRUE(nodes.ok());
  EXPECT_TRUE(CheckReferences(graph).ok());
  const auto inputs = [&](std::string_view name) { return nodes->at(name)->inputs; };
  // A placeholder keeps its name, so that it can be fed; a weight's name is what is read instead of it.
  EXPECT_EQ(inputs("y"), (std::vector<std::string>{"x_dequantize", "w"}));
  EXPECT_EQ(nodes->at("x")->op, "Placeholder");
  EXPECT_EQ(nodes->at("w")->op, "Dequantize");
  EXPECT_EQ(nodes->at("w_original")->op, "Const");
  EXPECT_EQ(inputs("w_quantize"), (std::vector<std::string>{"w_original", "w_min", "w_max"}));
  EXPECT_EQ(inputs("w_min"), (std::vector<std::string>{"w_reshape", "w_dims"}));
  EXPECT_EQ(inputs("z"), (std::vector<std::string>{"y"}));
}

TEST(RoundTrips, ANameThatIsTakenIsAnError) {
  GraphDef graph = GraphOf(Input("x", "12") + Node("y", "MatMul", {"x", "w"}) + Node("w_min", "Relu", {"y"}));
  graph.nodes.push_back(MakeConst("w", Tensor::Of<float>({2, 2}, std::vector<float>{1, 2, 3, 4})));
  const auto count = QuantizeRoundTrips(graph);
  ASSERT_FALSE(count.ok());
  EXPECT_NE(count.status().message().find("w_min"), std::string::npos) << count.status().ToString();
}

}  // namespace
}  // namespace rivulet::prepare
