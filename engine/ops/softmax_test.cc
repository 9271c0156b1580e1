#include <cmath>
#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(SoftmaxTest, RowsSumToOneForAnyWidth) {
  for (int64_t width = 1; width <= 70; width += 3) {
    std::vector<float> x(static_cast<size_t>(3 * width));
    for (size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i)) * 20;
    const auto got = OpTester("Softmax").Threads(2).Input(Tensor::Of<float>({3, width}, x)).Run();
    ASSERT_TRUE(got.ok());
    for (int64_t row = 0; row < 3; ++row) {
      double sum = 0;
      for (int64_t i = 0; i < width; ++i) sum += static_cast<double>((*got)[0].data<float>()[row * width + i]);
      EXPECT_NEAR(sum, 1, 1e-5);
    }
  }
}

TEST(SoftmaxTest, LargeLogitsDoNotOverflow) {
  EXPECT_TRUE(Near(OpTester("Softmax").Input(F64({2}, {1e300, 1e300})).Run(), F64({2}, {0.5, 0.5})));
  EXPECT_TRUE(Near(OpTester("LogSoftmax").Input(BF16({2}, {1e30f, -1e30f})).Run(), BF16({2}, {0, -2e30f})));
}

TEST(SoftmaxTest, ErrorsAndUnknownShapes) {
  EXPECT_TRUE(Fails(OpTester("Softmax").Input(F32({}, {1})).Run()));
  EXPECT_TRUE(Fails(OpTester("Softmax").Input(I32({1}, {1})).Run(), "want one of"));
  EXPECT_EQ(OpTester("LogSoftmax").Unknown(DType::kFloat, {-1, 5}).InferShape(), "[?,5]");
  EXPECT_EQ(OpTester("LogSoftmax").Unknown(DType::kFloat).InferShape(), "?");
}

}  // namespace
}  // namespace rivulet
