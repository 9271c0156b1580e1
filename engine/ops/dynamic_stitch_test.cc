#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(DynamicStitchTest, IndicesThatAreWrong) {
  for (const int32_t index : {-1, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()}) {
    EXPECT_TRUE(Fails(OpTester("DynamicStitch")
                          .Budget(1 << 20)
                          .Attr("N", 1)
                          .Input(I32({2}, {0, index}))
                          .Input(F32({2}, {1, 2}))
                          .Run()));
  }
  EXPECT_TRUE(Fails(OpTester("DynamicStitch").Attr("N", 1).Input(I32({2}, {0, 1})).Input(F32({3}, {1, 2, 3})).Run(),
                    "must start"));
  EXPECT_TRUE(Fails(OpTester("DynamicStitch").Attr("N", 0).Run()));
}

TEST(DynamicStitchTest, PlacesWithoutDataAreZero) {
  EXPECT_TRUE(Same(OpTester("ParallelDynamicStitch")
                       .Attr("N", 2)
                       .Input(I32({1}, {3}))
                       .Input(I32({}, {0}))
                       .Input(I8({1, 2}, {1, 2}))
                       .Input(I8({2}, {3, 4}))
                       .Run(),
                   I8({4, 2}, {3, 4, 0, 0, 0, 0, 1, 2})));
}

TEST(DynamicStitchTest, UnknownShapes) {
  EXPECT_EQ(
      OpTester("DynamicStitch").Attr("N", 1).Unknown(DType::kInt32, {-1}).Unknown(DType::kFloat, {-1, 3}).InferShape(),
      "[?,3]");
  EXPECT_EQ(OpTester("DynamicStitch").Attr("N", 1).Unknown(DType::kInt32).Unknown(DType::kFloat, {-1, 3}).InferShape(),
            "?");
  EXPECT_EQ(
      OpTester("DynamicStitch").Attr("N", 1).ConstInput(I32({2}, {1, 5})).Unknown(DType::kFloat, {2, -1}).InferShape(),
      "[6,?]");
}

}  // namespace
}  // namespace rivulet
