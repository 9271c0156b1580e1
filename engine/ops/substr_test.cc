#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(Substr, Shapes) {
  const auto shape = [](const Shape& input, const Shape& pos) {
    return OpTester("Substr")
        .Unknown(DType::kString, input)
        .Unknown(DType::kInt32, pos)
        .Unknown(DType::kInt32, pos)
        .InferShape();
  };
  EXPECT_EQ(shape({-1, 2}, {}), "[?,2]");
  EXPECT_EQ(shape({3, 1}, {4}), "[3,4]");
  EXPECT_EQ(shape(Shape::UnknownRank(), {4}), "?");
}

TEST(Substr, OutsideOfTheString) {
  const auto run = [](int32_t pos) {
    return OpTester("Substr").Input(Strings({1}, {"abc"})).Input(I32({1}, {pos})).Input(I32({1}, {1})).Run();
  };
  EXPECT_TRUE(Fails(run(4), "pos 4 and len 1 are no part of the string 'abc' at element 0"));
  EXPECT_TRUE(Fails(run(-4), "pos -4"));
  EXPECT_TRUE(
      Fails(OpTester("Substr").Input(Strings({2}, {"a", "b"})).Input(I32({2}, {0, 0})).Input(I32({}, {1})).Run(),
            "want one shape, got [2] and []"));
}

}  // namespace
}  // namespace rivulet
