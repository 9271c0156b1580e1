#include "engine/ops/op_test_kit.h"

#include <cstdint>

namespace rivulet {
namespace {

TEST(AddNTest, Sums) {
  EXPECT_TRUE(Same(
      OpTester("AddN").Attr("N", 3).Input(I8({2}, {100, 1})).Input(I8({2}, {100, 2})).Input(I8({2}, {100, 3})).Run(),
      I8({2}, {44, 6})));
  EXPECT_TRUE(Same(OpTester("AddN").Attr("N", 1).Input(F16({1}, {3})).Run(), F16({1}, {3})));
  // Rounded once: 2048 + 1 + 1 in float16 would stay 2048.
  EXPECT_TRUE(Same(OpTester("AddN").Attr("N", 3).Input(F16({}, {2048})).Input(F16({}, {1})).Input(F16({}, {1})).Run(),
                   F16({}, {2050})));
}

TEST(AddNTest, Shapes) {
  EXPECT_TRUE(Fails(OpTester("AddN").Attr("N", 2).Input(F32({2}, {1, 2})).Input(F32({3}, {1, 2, 3})).Run(), "differ"));
  EXPECT_TRUE(Fails(OpTester("AddN").Attr("N", 2).Input(F32({2}, {1, 2})).Run(), "want 2"));
  EXPECT_TRUE(Fails(OpTester("AddN").Attr("N", 0).Run(), "N"));
  EXPECT_TRUE(Fails(OpTester("AddN").Attr("N", INT64_MIN).Run(), "N"));
  EXPECT_EQ(OpTester("AddN").Attr("N", 2).Unknown(DType::kFloat).Unknown(DType::kFloat, {-1, 2}).InferShape(), "[?,2]");
  EXPECT_EQ(OpTester("AccumulateNV2").Attr("N", 1).Attr("shape", Shape{3}).Unknown(DType::kFloat, {-1, 2}).InferShape(),
            "[?,2]");
  EXPECT_TRUE(Same(OpTester("AccumulateNV2").Attr("N", 1).Attr("shape", Shape{3}).Input(F32({2}, {1, 2})).Run(),
                   F32({2}, {1, 2})));
}

}  // namespace
}  // namespace rivulet
