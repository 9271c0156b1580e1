#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

OpTester BatchNorm(const Tensor& x, const Tensor& mean, const Tensor& variance, bool training) {
  OpTester op("FusedBatchNormV3");
  op.Attr("epsilon", 0.0f)
      .Attr("is_training", training)
      .Input(x)
      .Input(F32({1}, {2}))
      .Input(F32({1}, {1}))
      .Input(mean)
      .Input(variance);
  return op;
}
const Tensor kX = F32({1, 1, 3, 1}, {1, 2, 3});
const Tensor kNone = Zeros(DType::kFloat, {0});

TEST(BatchNorm, TrainingGivesTheUnbiasedVarianceAndKeepsThePlainOne) {
  const auto got = BatchNorm(kX, kNone, kNone, true).Run();
  const float r = 2.449489743f;  // 2 / sqrt(2 / 3)
  EXPECT_TRUE(Near(got, F32({1, 1, 3, 1}, {1 - r, 1, 1 + r})));
  EXPECT_TRUE(Near(got, F32({1}, {2}), 1));
  EXPECT_TRUE(Near(got, F32({1}, {1}), 2));
  EXPECT_TRUE(Near(got, F32({1}, {2}), 3));
  EXPECT_TRUE(Near(got, F32({1}, {0.6666667f}), 4));
  EXPECT_TRUE(Same(got, F32({}, {0}), 5));
}

TEST(BatchNorm, InferenceHandsOnMeanAndVariance) {
  const auto got = BatchNorm(kX, F32({1}, {1}), F32({1}, {4}), false).Run();
  EXPECT_TRUE(Near(got, F32({1, 1, 3, 1}, {1, 2, 3})));
  for (const size_t i : {1, 3}) EXPECT_TRUE(Same(got, F32({1}, {1}), i));
  for (const size_t i : {2, 4}) EXPECT_TRUE(Same(got, F32({1}, {4}), i));
}

TEST(BatchNorm, RunningAverages) {
  const auto got = BatchNorm(kX, F32({1}, {10}), F32({1}, {20}), true).Attr("exponential_avg_factor", 0.25f).Run();
  EXPECT_TRUE(Near(got, F32({1}, {8}), 1));
  EXPECT_TRUE(Near(got, F32({1}, {15.25f}), 2));
  EXPECT_TRUE(Fails(BatchNorm(kX, kNone, kNone, true).Attr("exponential_avg_factor", 0.25f).Run(), "elements"));
}

TEST(BatchNorm, FarFromZeroIsAccurate) {
  Tensor x = Zeros(DType::kFloat, {1, 100, 100, 1});
  for (int i = 0; i < 10000; ++i) x.data<float>()[i] = 10000.0f + static_cast<float>(i % 2);
  const auto got = BatchNorm(x, kNone, kNone, true).Run();
  EXPECT_TRUE(Near(got, F32({1}, {10000.5f}), 1));
  EXPECT_TRUE(Near(got, F32({1}, {0.25f}), 4));
}

TEST(BatchNorm, EmptyAndIllShaped) {
  EXPECT_TRUE(Same(BatchNorm(Zeros(DType::kFloat, {0, 1, 3, 1}), kNone, kNone, true).Run(), F32({1}, {kNan}), 1));
  EXPECT_TRUE(Fails(BatchNorm(kX, kNone, kNone, false).Run(), "elements"));
  EXPECT_TRUE(Fails(BatchNorm(F32({3, 1}, {1, 2, 3}), kNone, kNone, true).Run(), "rank 4"));
  EXPECT_TRUE(Fails(BatchNorm(F32({1, 1, 1, 3}, {1, 2, 3}), kNone, kNone, true).Run(), "elements"));
  EXPECT_TRUE(Fails(BatchNorm(kX, F32({1, 1}, {1}), F32({1}, {1}), false).Run(), "rank 1"));
}

TEST(BatchNorm, UnknownShapes) {
  OpTester op("FusedBatchNorm");
  op.Unknown(DType::kFloat, {-1, -1, -1, -1}).Unknown(DType::kFloat, {7});
  for (int i = 0; i < 3; ++i) op.Unknown(DType::kFloat);
  EXPECT_EQ(op.InferShape(0), "[?,?,?,7]");
  EXPECT_EQ(op.InferShape(1), "[7]");
}

}  // namespace
}  // namespace rivulet
