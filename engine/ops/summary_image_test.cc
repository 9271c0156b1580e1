#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(SummaryImage, Errors) {
  const auto summary = [](const Tensor& tensor) {
    return OpTester("ImageSummary").Input(Strings({}, {"a"})).Input(tensor);
  };
  EXPECT_TRUE(summary(Zeros(DType::kFloat, {1, 2, 2, 3})).Run().ok());
  EXPECT_TRUE(Fails(summary(Zeros(DType::kFloat, {1, 2, 2, 2})).Run(), "tensor: want 1, 3 or 4 channels"));
  EXPECT_TRUE(Fails(summary(Zeros(DType::kFloat, {1, 2, 2, 3})).Attr("bad_color", U8({2}, {1, 2})).Run(),
                    "bad_color: want 3 values, one for each channel, got 2"));
  EXPECT_TRUE(Fails(summary(Zeros(DType::kFloat, {1, 2, 2, 1})).Attr("bad_color", F32({2}, {1, 2})).Run(),
                    "bad_color: want a vector of uint8, got float32"));
  EXPECT_TRUE(Fails(summary(Zeros(DType::kFloat, {1, 0, 2, 1})).Run()));
}

}  // namespace
}  // namespace rivulet
