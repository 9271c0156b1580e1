#include "engine/ops/op_test_kit.h"

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

TEST(OpTestKit, RunsAnOperator) {
  EXPECT_TRUE(Same(OpTester("Identity").Input(F32({2}, {1, 2})).Run(), F32({2}, {1, 2})));
  EXPECT_TRUE(Same(OpTester("Identity").ConstInput(Strings({2}, {"a", "b"})).Run(), Strings({2}, {"a", "b"})));
  EXPECT_TRUE(Near(OpTester("Identity").Input(F16({2}, {1, 2})).Run(), F16({2}, {1.001f, 2})));
  EXPECT_TRUE(
      Same(OpTester("Const").Attr("dtype", DType::kInt32).Attr("value", I32({2}, {1, 2})).Run(), I32({2}, {1, 2})));
}

TEST(OpTestKit, InfersPartlyKnownShapes) {
  EXPECT_EQ(OpTester("Identity").Unknown(DType::kFloat, {-1, 3}).InferShape(), "[?,3]");
  EXPECT_EQ(OpTester("Identity").Unknown(DType::kFloat).InferShape(), "?");
}

TEST(OpTestKit, FailsWhereItShould) {
  EXPECT_TRUE(Fails(OpTester("Identity").Attr("T", DType::kFloat).Run(), "input"));
  EXPECT_FALSE(Fails(OpTester("Identity").Input(F32({}, {1})).Run()));
  EXPECT_FALSE(Fails(OpTester("Identity").Run(), "no such words"));
  EXPECT_FALSE(Same(OpTester("Identity").Input(F32({2}, {1, 2})).Run(), F32({2}, {1, 3})));
  EXPECT_FALSE(Same(OpTester("Identity").Input(F32({2}, {1, 2})).Run(), F32({2, 1}, {1, 2})));
  EXPECT_FALSE(Same(OpTester("Identity").Input(F32({2}, {1, 2})).Run(), F32({2}, {1, 2}), 1));
  EXPECT_FALSE(Near(OpTester("Identity").Input(I32({2}, {1, 2})).Run(), F32({2}, {1, 2})));
}

TEST(OpTestKit, AttributesOfEveryKind) {
  OpTester tester("Identity");
  tester.Attr("int", 1).Attr("float", 1.5).Attr("bool", true).Attr("text", "abc").Attr("type", DType::kFloat);
  tester.Attr("shape", Shape({1, -1})).Attr("ints", {1, 2}).Attr("types", {DType::kFloat}).Attr("texts", {"a", "b"});
  tester.Attr("bools", {true, false});
  const AttrReader attrs(tester.node());
  EXPECT_EQ(attrs.Int("int"), 1);
  EXPECT_EQ(attrs.Float("float"), 1.5f);
  EXPECT_TRUE(attrs.Bool("bool"));
  EXPECT_EQ(attrs.Str("text"), "abc");
  EXPECT_EQ(attrs.Type("type"), DType::kFloat);
  EXPECT_EQ(attrs.ShapeAttr("shape"), Shape({1, -1}));
  EXPECT_EQ(attrs.Ints("ints"), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(attrs.Types("types"), std::vector<DType>{DType::kFloat});
  EXPECT_EQ(attrs.Strs("texts"), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace rivulet
