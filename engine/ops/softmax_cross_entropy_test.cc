#include <cmath>
#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(SoftmaxCrossEntropyTest, SparseLabelsAreOneHotOnes) {
  constexpr int64_t kRows = 200, kClasses = 31;
  std::vector<float> logits(kRows * kClasses), dense(kRows * kClasses, 0);
  std::vector<int64_t> labels(kRows);
  for (size_t i = 0; i < logits.size(); ++i) logits[i] = std::cos(static_cast<float>(i)) * 9;
  for (size_t i = 0; i < labels.size(); ++i) {
    labels[i] = static_cast<int64_t>(i * 7 % kClasses);
    dense[i * kClasses + static_cast<size_t>(labels[i])] = 1;
  }
  const Tensor features = Tensor::Of<float>({kRows, kClasses}, logits);
  const auto sparse = OpTester("SparseSoftmaxCrossEntropyWithLogits")
                          .Threads(3)
                          .Input(features)
                          .Input(Tensor::Of<int64_t>({kRows}, labels))
                          .Run();
  const auto full = OpTester("SoftmaxCrossEntropyWithLogits")
                        .Input(features)
                        .Input(Tensor::Of<float>({kRows, kClasses}, dense))
                        .Run();
  ASSERT_TRUE(full.ok());
  EXPECT_TRUE(Near(sparse, (*full)[0], 0));
  EXPECT_TRUE(Near(sparse, (*full)[1], 1));
}

TEST(SoftmaxCrossEntropyTest, LabelsThatAreNoClass) {
  for (const int64_t label :
       {int64_t{2}, int64_t{-1}, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    EXPECT_TRUE(
        Fails(OpTester("SparseSoftmaxCrossEntropyWithLogits").Input(F32({1, 2}, {1, 2})).Input(I64({1}, {label})).Run(),
              "labels[0]"));
  }
}

TEST(SoftmaxCrossEntropyTest, ShapesThatAreWrong) {
  EXPECT_TRUE(Fails(OpTester("SoftmaxCrossEntropyWithLogits")
                        .Input(Zeros(DType::kFloat, {2, 3}))
                        .Input(Zeros(DType::kFloat, {2, 4}))
                        .Run()));
  EXPECT_TRUE(Fails(
      OpTester("SoftmaxCrossEntropyWithLogits").Input(Zeros(DType::kFloat, {3})).Input(Zeros(DType::kFloat, {3})).Run(),
      "rank 2"));
  EXPECT_TRUE(Fails(
      OpTester("SparseSoftmaxCrossEntropyWithLogits").Input(Zeros(DType::kFloat, {2, 3})).Input(I32({1}, {0})).Run(),
      "labels"));
  EXPECT_TRUE(Fails(
      OpTester("SparseSoftmaxCrossEntropyWithLogits").Input(Zeros(DType::kFloat, {0, 0})).Input(I32({0}, {})).Run(),
      "class"));
}

TEST(SoftmaxCrossEntropyTest, UnknownShapes) {
  const auto tester = OpTester("SoftmaxCrossEntropyWithLogits").Unknown(DType::kFloat, {-1, 5}).Unknown(DType::kFloat);
  EXPECT_EQ(tester.InferShape(0), "[?]");
  EXPECT_EQ(tester.InferShape(1), "[?,?]");
  const auto sparse =
      OpTester("SparseSoftmaxCrossEntropyWithLogits").Unknown(DType::kFloat, {-1, 5}).Unknown(DType::kInt64, {3});
  EXPECT_EQ(sparse.InferShape(1), "[3,5]");
}

}  // namespace
}  // namespace rivulet
