#include <vector>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(BiasTest, BothLayouts) {
  const Tensor value = F32({1, 2, 2, 2}, {0, 0, 0, 0, 0, 0, 0, 0}), bias = F32({2}, {1, 2});
  EXPECT_TRUE(Same(OpTester("BiasAdd").Input(value).Input(bias).Run(), F32({1, 2, 2, 2}, {1, 2, 1, 2, 1, 2, 1, 2})));
  EXPECT_TRUE(Same(OpTester("BiasAdd").Attr("data_format", "NCHW").Input(value).Input(bias).Run(),
                   F32({1, 2, 2, 2}, {1, 1, 1, 1, 2, 2, 2, 2})));
  EXPECT_TRUE(Fails(OpTester("BiasAdd").Attr("data_format", "NCHW").Input(F32({2, 2}, {0, 0, 0, 0})).Input(bias).Run(),
                    "rank >= 3"));
}

TEST(BiasTest, Errors) {
  const Tensor bias = F32({2}, {1, 2});
  EXPECT_TRUE(Fails(OpTester("BiasAdd").Input(bias).Input(bias).Run(), "rank >= 2"));
  EXPECT_TRUE(Fails(OpTester("BiasAdd").Input(F32({1, 3}, {1, 2, 3})).Input(bias).Run(), "want a bias of 3"));
  EXPECT_TRUE(Fails(OpTester("BiasAddV1").Input(F32({1, 2}, {1, 2})).Input(F32({1, 2}, {1, 2})).Run(), "rank 1"));
  EXPECT_TRUE(
      Fails(OpTester("BiasAdd").Attr("data_format", "NDHWC").Input(F32({1, 2}, {1, 2})).Input(bias).Run(), "NDHWC"));
  EXPECT_TRUE(Fails(OpTester("BiasAddGrad").Input(bias).Run(), "rank >= 2"));
}

TEST(BiasTest, UnknownShapes) {
  EXPECT_EQ(OpTester("BiasAdd").Unknown(DType::kFloat).Unknown(DType::kFloat).InferShape(), "?");
  EXPECT_EQ(OpTester("BiasAdd").Unknown(DType::kFloat, {-1, -1}).Unknown(DType::kFloat, {4}).InferShape(), "[?,4]");
  EXPECT_EQ(OpTester("BiasAddGrad").Unknown(DType::kFloat).InferShape(), "[?]");
}

// Sums that are split into parts give the same bits for any number of threads.
TEST(BiasTest, GradOfManyRows) {
  constexpr int64_t kRows = 40000;
  std::vector<int32_t> values(kRows * 3);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int32_t>(i % 3) - 1;
  for (const int threads : {1, 3}) {
    EXPECT_TRUE(Same(OpTester("BiasAddGrad").Input(Tensor::Of<int32_t>({kRows, 3}, values)).Threads(threads).Run(),
                     I32({3}, {-40000, 0, 40000})));
    EXPECT_TRUE(Same(OpTester("BiasAddGrad")
                         .Attr("data_format", "NCHW")
                         .Input(Tensor::Of<int32_t>({2, 3, 20000}, values))
                         .Threads(threads)
                         .Run(),
                     I32({3}, {-2, 0, 2})));
  }
}

TEST(BiasTest, GradOfNothingIsZero) {
  EXPECT_TRUE(Same(OpTester("BiasAddGrad").Input(Zeros(DType::kHalf, {0, 2})).Run(), F16({2}, {0, 0})));
}

}  // namespace
}  // namespace rivulet
