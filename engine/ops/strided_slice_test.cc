#include "engine/ops/op_test_kit.h"

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

TEST(StridedSlice, RankIsKnownBeforeTheBounds) {
  const auto shape = [](const Shape& in, int64_t shrink) {
    return OpTester("StridedSlice")
        .Attr("shrink_axis_mask", shrink)
        .Unknown(DType::kFloat, in)
        .Unknown(DType::kInt32, {2})
        .Unknown(DType::kInt32, {2})
        .ConstInput(I32({2}, {1, 1}))
        .InferShape();
  };
  EXPECT_EQ(shape({4, 5, 6}, 2), "[?,6]");
  EXPECT_EQ(shape({4, 5, 6}, 0), "[?,?,6]");
  EXPECT_EQ(shape(Shape::UnknownRank(), 0), "?");
}

// A shape of known rank is cut before its dims are all known: the output is a scalar either way.
TEST(StridedSlice, PlaceFoundOnlyWhenRun) {
  const auto run = [](int32_t at) {
    return OpTester("StridedSlice")
        .Attr("shrink_axis_mask", 1)
        .Input(F32({3}, {1, 2, 3}))
        .Input(I32({1}, {at}))
        .Input(I32({1}, {0}))
        .ConstInput(I32({1}, {1}))
        .Run();
  };
  EXPECT_TRUE(Same(run(-1), F32({}, {3})));
  EXPECT_TRUE(Fails(run(3), "outside"));
}

TEST(StridedSlice, LengthsMustAgree) {
  EXPECT_TRUE(Fails(OpTester("StridedSlice")
                        .Unknown(DType::kFloat, {4})
                        .Unknown(DType::kInt32, {1})
                        .Unknown(DType::kInt32, {2})
                        .Unknown(DType::kInt32)
                        .Infer(),
                    "one length"));
  EXPECT_TRUE(Fails(OpTester("StridedSlice")
                        .Unknown(DType::kFloat, {4})
                        .Unknown(DType::kInt32, {})
                        .Unknown(DType::kInt32)
                        .Unknown(DType::kInt32)
                        .Infer(),
                    "vector"));
}

TEST(StridedSliceGrad, WantsTheSlicesShape) {
  const Tensor one = I32({1}, {1});
  const auto run = [&](const Tensor& shape, const Tensor& dy) {
    return OpTester("StridedSliceGrad").Input(shape).Input(one).Input(I32({1}, {3})).Input(one).Input(dy).Run();
  };
  EXPECT_TRUE(Same(run(I32({1}, {4}), F32({2}, {5, 6})), F32({4}, {0, 5, 6, 0})));
  EXPECT_TRUE(Fails(run(I32({1}, {4}), F32({1}, {5})), "want shape [2]"));
  EXPECT_TRUE(Fails(run(I32({1}, {-4}), F32({2}, {5, 6})), "shape[0]"));
  EXPECT_TRUE(Fails(run(I32({0}, {}), F32({2}, {5, 6})), "at most the input's 0 axes"));
}

TEST(TensorStridedSliceUpdate, Broadcasts) {
  const auto run = [](const Tensor& value) {
    return OpTester("TensorStridedSliceUpdate")
        .Input(F32({2, 3}, {1, 2, 3, 4, 5, 6}))
        .Input(I32({2}, {0, 1}))
        .Input(I32({2}, {2, 3}))
        .Input(I32({2}, {1, 1}))
        .Input(value)
        .Run();
  };
  EXPECT_TRUE(Same(run(F32({2, 1}, {8, 9})), F32({2, 3}, {1, 8, 8, 4, 9, 9})));
  EXPECT_TRUE(Same(run(F32({1, 1, 2}, {8, 9})), F32({2, 3}, {1, 8, 9, 4, 8, 9})));
  EXPECT_TRUE(Fails(run(F32({3}, {7, 8, 9})), "does not broadcast"));
  EXPECT_TRUE(Fails(run(F32({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})), "does not broadcast"));
}

}  // namespace
}  // namespace rivulet
