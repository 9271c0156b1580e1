#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(SelectTest, BroadcastsAllThree) {
  EXPECT_TRUE(Same(
      OpTester("SelectV2").Input(Bools({2, 1}, {true, false})).Input(F32({3}, {1, 2, 3})).Input(F32({}, {9})).Run(),
      F32({2, 3}, {1, 2, 3, 9, 9, 9})));
  EXPECT_TRUE(Same(OpTester("SelectV2")
                       .Input(Bools({2}, {true, false}))
                       .Input(Strings({2}, {"a", "b"}))
                       .Input(Strings({}, {"z"}))
                       .Run(),
                   Strings({2}, {"a", "z"})));
  EXPECT_TRUE(Same(
      OpTester("SelectV2").Input(Bools({2}, {true, false})).Input(C128({}, {{1, 2}})).Input(C128({}, {{3, 4}})).Run(),
      C128({2}, {{1, 2}, {3, 4}})));
}

TEST(SelectTest, VectorChoosesRows) {
  const Tensor t = F32({2, 2}, {1, 2, 3, 4}), e = F32({2, 2}, {5, 6, 7, 8});
  EXPECT_TRUE(
      Same(OpTester("Select").Input(Bools({2}, {false, true})).Input(t).Input(e).Run(), F32({2, 2}, {5, 6, 3, 4})));
  EXPECT_TRUE(Same(OpTester("Select").Input(Bools({}, {false})).Input(t).Input(e).Run(), e));
  EXPECT_TRUE(Fails(OpTester("Select").Input(Bools({3}, {true, true, true})).Input(t).Input(e).Run(), "dim 0"));
  EXPECT_TRUE(Fails(OpTester("Select").Input(Bools({2, 1}, {true, true})).Input(t).Input(e).Run(), "differ"));
  EXPECT_TRUE(
      Fails(OpTester("Select").Input(Bools({2}, {true, true})).Input(t).Input(F32({2}, {1, 2})).Run(), "ranks"));
}

TEST(SelectTest, InfersWithoutKnowingAll) {
  EXPECT_EQ(OpTester("Select")
                .Unknown(DType::kBool)
                .Unknown(DType::kFloat, {-1, 2})
                .Unknown(DType::kFloat, {3, -1})
                .InferShape(),
            "[3,2]");
  EXPECT_EQ(OpTester("Select").Unknown(DType::kBool, {-1}).Unknown(DType::kFloat).Unknown(DType::kFloat).InferShape(),
            "?");
  EXPECT_EQ(OpTester("ClipByValue")
                .Unknown(DType::kFloat)
                .Unknown(DType::kFloat, {})
                .Unknown(DType::kFloat, {3})
                .InferShape(),
            "[3]");
}

TEST(SelectTest, ClipBounds) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto clip = [](const Tensor& t, const Tensor& lo, const Tensor& hi) {
    return OpTester("ClipByValue").Input(t).Input(lo).Input(hi).Run();
  };
  EXPECT_TRUE(Same(clip(F32({3}, {-1, 3, nan}), F32({}, {0}), F32({}, {2})), F32({3}, {0, 2, nan})));
  EXPECT_TRUE(Same(clip(F32({2}, {-1, 9}), F32({}, {5}), F32({}, {2})), F32({2}, {5, 5})));
  EXPECT_TRUE(Same(clip(F32({2}, {-1, 9}), F32({}, {nan}), F32({}, {2})), F32({2}, {-1, 2})));
  EXPECT_TRUE(Fails(clip(F32({2}, {1, 2}), F32({1}, {0}), F32({}, {2})), "bounds: want scalars or"));
  EXPECT_TRUE(Fails(clip(F32({}, {1}), F32({2}, {0, 1}), F32({}, {2})), "bounds: want scalars or"));
}

}  // namespace
}  // namespace rivulet
