#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Scale(const Shape& images, const Tensor& size, const Tensor& scale, const Tensor& shift) {
  OpTester tester("ScaleAndTranslate");
  tester.Attr("kernel_type", "triangle").Budget(1 << 20);
  tester.Input(Zeros(DType::kFloat, images)).Input(size).Input(scale).Input(shift);
  return tester;
}

TEST(ScaleAndTranslate, MovesPixels) {
  const Tensor image = F32({1, 1, 3, 1}, {1, 2, 4}), one = F32({2}, {1, 1});
  OpTester moved("ScaleAndTranslate");
  moved.Attr("kernel_type", "triangle").Input(image).Input(I32({2}, {1, 4})).Input(one).Input(F32({2}, {0, 1}));
  EXPECT_TRUE(Near(moved.Run(), F32({1, 1, 4, 1}, {0, 1, 2, 4})));
  OpTester back("ScaleAndTranslateGrad");
  back.Attr("kernel_type", "triangle")
      .Input(F32({1, 1, 4, 1}, {9, 1, 2, 4}))
      .Input(image)
      .Input(one)
      .Input(F32({2}, {0, 1}));
  EXPECT_TRUE(Near(back.Run(), F32({1, 1, 3, 1}, {1, 2, 4})));
}

TEST(ScaleAndTranslate, RefusesOtherShapes) {
  const Tensor size = I32({2}, {2, 2}), one = F32({2}, {1, 1}), none = F32({2}, {0, 0});
  EXPECT_TRUE(Fails(Scale({2, 2, 1}, size, one, none).Run(), "rank"));
  EXPECT_TRUE(Fails(Scale({1, 0, 2, 1}, size, one, none).Run(), "above 0"));
  EXPECT_TRUE(Fails(Scale({1, 2, 2, 1}, I32({2}, {2, 0}), one, none).Run(), "size"));
  EXPECT_TRUE(Fails(Scale({1, 2, 2, 1}, I32({2}, {-2147483647, 2}), one, none).Run(), "size"));
  EXPECT_TRUE(Fails(Scale({1, 2, 2, 1}, I32({3}, {2, 2, 2}), one, none).Run(), "size"));
  EXPECT_TRUE(Fails(Scale({1, 2, 2, 1}, I32({2}, {2147483647, 2147483647}), one, none).Run()));
  EXPECT_TRUE(Fails(Scale({1, 2, 2, 1}, size, F32({1}, {1}), none).Run(), "scale"));
  EXPECT_TRUE(Fails(Scale({1, 2, 2, 1}, size, one, F32({3}, {0, 0, 0})).Run(), "translation"));
  EXPECT_TRUE(Fails(Scale({1, 2, 2, 1}, size, one, none).Attr("kernel_type", "cubic").Run(), "kernel_type"));
  const auto long_name = Scale({1, 2, 2, 1}, size, one, none).Attr("kernel_type", std::string(100000, 'k')).Run();
  EXPECT_LT(long_name.status().message().size(), 1000u);
}

TEST(ScaleAndTranslate, HostileScales) {
  const Tensor size = I32({2}, {2, 2}), none = F32({2}, {0, 0});
  for (const float scale : {0.0f, -1.0f, 0.0f / 0.0f}) {
    EXPECT_TRUE(Fails(Scale({1, 2, 2, 1}, size, F32({2}, {1, scale}), none).Run(), "scale"));
  }
  // A tiny scale would reach over more pixels than there are.
  for (const float scale : {1e-38f, 1e-9f, 3e38f, 1.0f / 0.0f}) {
    EXPECT_TRUE(Scale({1, 2, 2, 1}, size, F32({2}, {scale, scale}), none).Run().ok());
  }
  for (const float shift : {0.0f / 0.0f, 1.0f / 0.0f, -3e38f}) {
    EXPECT_TRUE(Same(Scale({1, 2, 2, 1}, size, F32({2}, {1, 1}), F32({2}, {shift, shift})).Run(),
                     Zeros(DType::kFloat, {1, 2, 2, 1})));
  }
}

TEST(ScaleAndTranslateGrad, RefusesOtherShapes) {
  const auto back = [](const Shape& grads, const Shape& image, const Tensor& scale) {
    return OpTester("ScaleAndTranslateGrad")
        .Input(Zeros(DType::kFloat, grads))
        .Input(Zeros(DType::kFloat, image))
        .Input(scale)
        .Input(F32({2}, {0, 0}))
        .Run();
  };
  const Tensor one = F32({2}, {1, 1});
  EXPECT_TRUE(Fails(back({1, 2, 2}, {1, 2, 2, 1}, one), "rank"));
  EXPECT_TRUE(Fails(back({1, 2, 2, 1}, {1, 2, 2, 3}, one), "dim 3"));
  EXPECT_TRUE(Fails(back({2, 2, 2, 1}, {1, 2, 2, 1}, one), "dim 0"));
  EXPECT_TRUE(Fails(back({1, 2, 2, 1}, {1, 2, 0, 1}, one), "above 0"));
  EXPECT_TRUE(Fails(back({1, 2, 2, 1}, {1, 2, 2, 1}, F32({2}, {1, 0})), "scale"));
}

}  // namespace
}  // namespace rivulet
