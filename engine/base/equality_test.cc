#include "engine/base/equality.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <ctime>
#include <limits>
#include <vector>

namespace rivulet {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

template <typename T>
Tensor Of(std::vector<T> values) {
  return Tensor::Of<T>({static_cast<int64_t>(values.size())}, std::span<const T>(values));
}
template <typename T>
bool Equal(std::vector<T> got, std::vector<T> want, TensorTolerance tolerance = {}) {
  return CompareTensors(Of(std::move(got)), Of(std::move(want)), tolerance).ok();
}

TEST(Equality, FloatsWithinRelativeAndAbsoluteTolerance) {
  EXPECT_TRUE(Equal<float>({1.0001f}, {1}));
  EXPECT_FALSE(Equal<float>({1.0002f}, {1}));
  EXPECT_TRUE(Equal<float>({0.000009f}, {0}));
  EXPECT_FALSE(Equal<float>({0.000011f}, {0}));
  // The absolute part grows with the largest reference.
  EXPECT_TRUE(Equal<float>({1000, 0.009f}, {1000, 0}));
  EXPECT_FALSE(Equal<float>({1000, 0.011f}, {1000, 0}));
  // But an infinity does not make everything equal.
  EXPECT_FALSE(Equal<float>({kInf, 1}, {kInf, 0}));
}

TEST(Equality, StatedTolerance) {
  EXPECT_TRUE(Equal<float>({1.05f}, {1}, {0.1f, 0}));
  EXPECT_FALSE(Equal<float>({1.15f}, {1}, {0.1f, 0}));
}

TEST(Equality, NanAndInfinities) {
  EXPECT_TRUE(Equal<float>({kNan, kInf, -kInf}, {kNan, kInf, -kInf}));
  EXPECT_FALSE(Equal<float>({kNan}, {1}));
  EXPECT_FALSE(Equal<float>({1}, {kNan}));
  EXPECT_FALSE(Equal<float>({kInf}, {-kInf}));
  EXPECT_FALSE(Equal<float>({3e38f}, {kInf}));
  EXPECT_FALSE(Equal<float>({kInf}, {3e38f}));
}

TEST(Equality, EveryFloatTypeHasItsTolerance) {
  EXPECT_TRUE(Equal<double>({1.0001}, {1}));
  EXPECT_FALSE(Equal<double>({1.0002}, {1}));
  EXPECT_TRUE(Equal<Half>({Half(1.003f)}, {Half(1.0f)}));
  EXPECT_FALSE(Equal<Half>({Half(1.006f)}, {Half(1.0f)}));
  EXPECT_TRUE(Equal<BFloat16>({BFloat16(1.03f)}, {BFloat16(1.0f)}));
  EXPECT_FALSE(Equal<BFloat16>({BFloat16(1.05f)}, {BFloat16(1.0f)}));
}

TEST(Equality, ComplexByModulus) {
  EXPECT_TRUE(Equal<Complex64>({{1000, 0.05f}}, {{1000, 0}}));
  EXPECT_FALSE(Equal<Complex64>({{1, 0.001f}}, {{1, 0}}));
  EXPECT_TRUE(Equal<Complex128>({{NAN, 1}}, {{NAN, 1}}));
  EXPECT_FALSE(Equal<Complex128>({{NAN, 1}}, {{NAN, 2}}));
}

TEST(Equality, IntegersBoolsAndStringsAreExact) {
  EXPECT_TRUE(Equal<int32_t>({5}, {5}));
  EXPECT_FALSE(Equal<int32_t>({5}, {6}));
  EXPECT_FALSE(Equal<int64_t>({std::numeric_limits<int64_t>::min()}, {std::numeric_limits<int64_t>::max()}));
  EXPECT_FALSE(Equal<uint64_t>({~uint64_t{0}}, {0}));
  EXPECT_FALSE(Equal<uint8_t>({1}, {2}));
  const bool yes = true, no = false;
  EXPECT_FALSE(CompareTensors(Tensor::Scalar(yes), Tensor::Scalar(no)).ok());
  EXPECT_TRUE(Equal<std::string>({"a"}, {"a"}));
  EXPECT_FALSE(Equal<std::string>({"a"}, {"b"}));
}

TEST(Equality, QuantisedWithinOneLevel) {
  const Tensor want = Of<uint8_t>({5}).Retyped(DType::kQuint8);
  EXPECT_TRUE(CompareTensors(Of<uint8_t>({6}).Retyped(DType::kQuint8), want).ok());
  EXPECT_TRUE(CompareTensors(Of<uint8_t>({4}).Retyped(DType::kQuint8), want).ok());
  EXPECT_FALSE(CompareTensors(Of<uint8_t>({7}).Retyped(DType::kQuint8), want).ok());
  EXPECT_FALSE(CompareTensors(Of<uint8_t>({6}).Retyped(DType::kQuint8), want, ExactTolerance()).ok());
  EXPECT_FALSE(
      CompareTensors(Of<int8_t>({-128}).Retyped(DType::kQint8), Of<int8_t>({127}).Retyped(DType::kQint8)).ok());
}

TEST(Equality, ExactMeansBits) {
  EXPECT_TRUE(Equal<float>({1, kNan}, {1, -kNan}, ExactTolerance()));
  EXPECT_FALSE(Equal<float>({0.0f}, {-0.0f}, ExactTolerance()));
  EXPECT_FALSE(Equal<float>({1.0000001f}, {1}, ExactTolerance()));
  EXPECT_TRUE(Equal<Complex64>({{kNan, 1}}, {{-kNan, 1}}, ExactTolerance()));
  EXPECT_FALSE(Equal<Complex64>({{kNan, 1}}, {{kNan, 2}}, ExactTolerance()));
}

TEST(Equality, DtypeAndShapeMustAgree) {
  EXPECT_FALSE(CompareTensors(Of<float>({1}), Of<double>({1})).ok());
  EXPECT_FALSE(CompareTensors(Of<float>({1, 2}).Reshaped({1, 2}), Of<float>({1, 2})).ok());
  EXPECT_TRUE(CompareTensors(Of<float>({}), Of<float>({})).ok());
}

TEST(Equality, TheReportNamesTheFirstDifference) {
  TensorDifference difference;
  const Status status = CompareTensors(Of<float>({1, 2, 3, 5}).Reshaped({2, 2}),
                                       Of<float>({1, 2, 4, 4}).Reshaped({2, 2}), {}, &difference);
  EXPECT_EQ(status.message(), "float32[2,2]: 2 of 4 elements differ, first at [1,0]: want 4, got 3");
  EXPECT_EQ(difference.num_different, 2);
  EXPECT_EQ(difference.first, 2);
  EXPECT_EQ(difference.max_absolute, 1);
}

// Two whole networks' weights may differ.
TEST(Equality, MillionsOfDifferencesTakeNoTime) {
  const Tensor ones = Of<float>(std::vector<float>(4'000'000, 1.0f / 3)),
               others = Of<float>(std::vector<float>(4'000'000, 2.0f / 3));
  const std::clock_t start = std::clock();
  EXPECT_FALSE(CompareTensors(ones, others).ok());
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 2);
}

TEST(Equality, UnalignedTensors) {
  alignas(8) char bytes[24] = {};
  const double one = 1;
  std::memcpy(bytes + 1, &one, 8);
  EXPECT_TRUE(CompareTensors(Tensor::View(DType::kDouble, {1}, bytes + 1), Of<double>({1})).ok());
}

}  // namespace
}  // namespace rivulet
