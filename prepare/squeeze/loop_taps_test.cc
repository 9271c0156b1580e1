#include "prepare/squeeze/loop_taps.h"

#include <gtest/gtest.h>

#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"
#include "prepare/squeeze/weights.h"
#include "rivulet/session.h"

namespace rivulet::prepare {
namespace {

NodeDef Typed(std::string name, std::string op, std::vector<std::string> inputs, DType type) {
  NodeDef node{.name = std::move(name), .op = std::move(op), .inputs = std::move(inputs)};
  node.attrs["T"] = Attr::OfType(type);
  return node;
}

NodeDef Enter(std::string name, std::string from, DType type, bool is_constant) {
  NodeDef node = Typed(std::move(name), "Enter", {std::move(from)}, type);
  node.attrs["frame_name"] = Attr::OfString("loop");
  node.attrs["is_constant"] = Attr::OfBool(is_constant);
  return node;
}

// for (i = 0; i < 3; ++i) y = y w, with a w that doubles.
GraphDef ThreeTurns() {
  GraphDef graph = GraphOf(Input("x", "12"));
  const auto add = [&](NodeDef node) { graph.nodes.push_back(std::move(node)); };
  add(MakeConst("w", Tensor::Of<float>({2, 2}, std::vector<float>{2, 0, 0, 2})));
  for (const auto& [name, value] : {std::pair{"zero", 0}, std::pair{"one", 1}, std::pair{"three", 3}}) {
    add(MakeConst(name, Tensor::Of<int32_t>({}, std::vector<int32_t>{value})));
  }
  add(Enter("i/enter", "zero", DType::kInt32, false));
  add(Enter("y/enter", "x", DType::kFloat, false));
  add(Enter("w/enter", "w", DType::kFloat, true));
  add(Enter("one/enter", "one", DType::kInt32, true));
  add(Enter("three/enter", "three", DType::kInt32, true));
  add(Typed("i/merge", "Merge", {"i/enter", "i/again"}, DType::kInt32));
  add(Typed("y/merge", "Merge", {"y/enter", "y/again"}, DType::kFloat));
  for (size_t i = graph.nodes.size() - 2; i < graph.nodes.size(); ++i) graph.nodes[i].attrs["N"] = Attr::OfInt(2);
  add(Typed("less", "Less", {"i/merge", "three/enter"}, DType::kInt32));
  add({.name = "goes_on", .op = "LoopCond", .inputs = {"less"}});
  add(Typed("i/switch", "Switch", {"i/merge", "goes_on"}, DType::kInt32));
  add(Typed("y/switch", "Switch", {"y/merge", "goes_on"}, DType::kFloat));
  add(Typed("i/next", "AddV2", {"i/switch:1", "one/enter"}, DType::kInt32));
  add(Typed("y/next", "MatMul", {"y/switch:1", "w/enter"}, DType::kFloat));
  add(Typed("i/again", "NextIteration", {"i/next"}, DType::kInt32));
  add(Typed("y/again", "NextIteration", {"y/next"}, DType::kFloat));
  add(Typed("y", "Exit", {"y/switch"}, DType::kFloat));
  return graph;
}

TEST(LoopTap, HasTheValueOfEveryTurn) {
  GraphDef graph = ThreeTurns();
  const auto weights = FindWeights(graph, 4);
  ASSERT_TRUE(weights.ok()) << weights.status().ToString();
  ASSERT_EQ(weights->size(), 1u);
  EXPECT_TRUE((*weights)[0].is_product);
  EXPECT_EQ((*weights)[0].enter, "w/enter");
  const auto tap = AddLoopTap((*weights)[0].input, "w/enter", graph);
  ASSERT_TRUE(tap.has_value());
  const std::string bytes = Serialize(graph);
  const auto model =
      Model::LoadBytes({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, nullptr, "the graph");
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const auto session = Session::Create(*model, {});
  ASSERT_TRUE(session.ok());
  const auto values = (*session)->Run({{"x", Tensor::Of<float>({1, 2}, std::vector<float>{1, -3})}}, {*tap, "y"});
  ASSERT_TRUE(values.ok()) << values.status().ToString();
  const auto all = (*values)[0].values<float>(), last = (*values)[1].values<float>();
  EXPECT_EQ(std::vector<float>(all.begin(), all.end()), (std::vector<float>{1, -3, 2, -6, 4, -12}));
  EXPECT_EQ(std::vector<float>(last.begin(), last.end()), (std::vector<float>{8, -24}));
}

TEST(LoopTap, WantsALoop) {
  GraphDef graph = GraphOf(Input("x", "2") + Node("y", "Relu", {"x"}));
  EXPECT_FALSE(AddLoopTap("x", "y", graph).has_value());
  EXPECT_EQ(graph.nodes.size(), 2u);
}

}  // namespace
}  // namespace rivulet::prepare
