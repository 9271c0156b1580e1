#include "prepare/facts.h"

#include <gtest/gtest.h>

#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

TEST(Facts, TypesAndShapesOfEdges) {
  const Result<Facts> facts = Facts::Of(GraphOf(
      Input("x", "26") + Ints("axis", "", "1") +
      Node("s", "Split", {"axis", "x"}, "attr { key: 'num_split' value { i: 3 } }") + Node("u", "Unheard", {"s:2"})));
  ASSERT_TRUE(facts.ok()) << facts.status().ToString();
  EXPECT_EQ(facts->ShapeOf("s:2").ToString(), "[2,2]");
  EXPECT_EQ(facts->TypeOf("s"), DType::kFloat);
  EXPECT_EQ(facts->TypeOf("axis"), DType::kInt32);
  for (const std::string_view unknown : {"s:3", "^s", "u", "none"}) {
    EXPECT_EQ(facts->TypeOf(unknown), DType::kInvalid) << unknown;
    EXPECT_FALSE(facts->ShapeOf(unknown).has_rank()) << unknown;
  }
}

TEST(Facts, ANodeThatIsRefusedIsUnknownAndTheRestIsNot) {
  const Result<Facts> facts =
      Facts::Of(GraphOf(Input("x", "23") + Input("y", "45") + Node("bad", "MatMul", {"x", "y"}) +
                        Node("after", "Neg", {"bad"}) + Node("worse", "Add", {"x", "y"}) + Node("fine", "Neg", {"x"})));
  ASSERT_TRUE(facts.ok()) << facts.status().ToString();
  EXPECT_EQ(facts->ShapeOf("fine").ToString(), "[2,3]");
  EXPECT_EQ(facts->TypeOf("bad"), DType::kInvalid);
  ASSERT_EQ(facts->failures().size(), 2u);
  EXPECT_NE(facts->failures().at("bad").ToString().find("node 'bad' (MatMul): "), std::string::npos);
  EXPECT_TRUE(facts->failures().contains("worse"));
}

}  // namespace
}  // namespace rivulet::prepare
