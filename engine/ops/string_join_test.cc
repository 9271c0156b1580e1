#include "engine/ops/op_test_kit.h"

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

TEST(StringJoin, Shapes) {
  const auto shape = [](const Shape& a, const Shape& b) {
    return OpTester("StringJoin").Attr("N", 2).Unknown(DType::kString, a).Unknown(DType::kString, b).InferShape();
  };
  EXPECT_EQ(shape({}, {2, -1}), "[2,?]");
  EXPECT_EQ(shape({-1, 3}, {2, -1}), "[2,3]");
  EXPECT_EQ(shape({}, Shape::UnknownRank()), "?");
  EXPECT_EQ(shape({2}, Shape::UnknownRank()), "[2]");
  EXPECT_TRUE(
      Fails(OpTester("StringJoin").Attr("N", 2).Unknown(DType::kString, {2}).Unknown(DType::kString, {1}).Infer(),
            "input 1"));
}

TEST(StringJoin, WithinTheBudget) {
  const std::string text(10000, 'x');
  const Tensor long_text = Tensor::Of<std::string>({}, std::span<const std::string>(&text, 1));
  OpTester tester("StringJoin");
  tester.Attr("N", 20).Budget(100000);
  for (int i = 0; i < 20; ++i) tester.Input(long_text);
  const auto run = tester.Run();
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.status().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace rivulet
