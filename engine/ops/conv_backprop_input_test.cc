#include <cmath>
#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Backprop(const char* op = "Conv2DBackpropInput", int64_t stride = 1) {
  OpTester tester(op);
  tester.Attr("strides", {int64_t{1}, stride, stride, int64_t{1}}).Attr("padding", "SAME");
  return tester;
}

Tensor Numbers(const Shape& shape, uint32_t seed) {
  Tensor tensor = Zeros(DType::kFloat, shape);
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    seed = seed * 1664525u + 1013904223u;
    tensor.data<float>()[i] = static_cast<float>(static_cast<int>(seed >> 28) - 8);
  }
  return tensor;
}
double Dot(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (int64_t i = 0; i < a.num_elements(); ++i) sum += static_cast<double>(a.data<float>()[i]) * b.data<float>()[i];
  return sum;
}

TEST(ConvBackpropInput, IsTheAdjointOfTheConvolution) {
  // <conv(x), g> = <x, backprop(g)>. In whole numbers it would be exact, but a 3 x 3 convolution may go by way of
  // fractions. With 9 x 9 taps a block of output rows is 12 of 2 x 20.
  for (const auto& [input, filter, stride, dilation] :
       {std::tuple{Shape{2, 37, 41, 16}, Shape{3, 2, 16, 24}, int64_t{1}, int64_t{1}},
        std::tuple{Shape{1, 60, 50, 40}, Shape{5, 4, 40, 8}, int64_t{2}, int64_t{1}},
        std::tuple{Shape{1, 30, 30, 6}, Shape{3, 3, 6, 7}, int64_t{3}, int64_t{2}},
        std::tuple{Shape{2, 20, 64, 16}, Shape{9, 9, 16, 1}, int64_t{1}, int64_t{1}},
        std::tuple{Shape{2, 12, 12, 6}, Shape{3, 3, 2, 9}, int64_t{1}, int64_t{1}}}) {
    const Tensor x = Numbers(input, 1), f = Numbers(filter, 2);
    OpTester forward("Conv2D");
    forward.Attr("strides", {int64_t{1}, stride, stride, int64_t{1}})
        .Attr("dilations", {int64_t{1}, dilation, dilation, int64_t{1}})
        .Attr("padding", "SAME")
        .Input(x)
        .Input(f);
    const auto y = forward.Run();
    ASSERT_TRUE(y.ok());
    const Tensor g = Numbers((*y)[0].shape(), 3);
    const Tensor sizes = Tensor::Of<int32_t>({4}, std::vector<int32_t>(input.dims().begin(), input.dims().end()));
    for (const bool constant : {false, true}) {
      OpTester backward = Backprop("Conv2DBackpropInput", stride);
      backward.Attr("dilations", {int64_t{1}, dilation, dilation, int64_t{1}}).ConstInput(sizes).Threads(3);
      const auto dx = (constant ? backward.ConstInput(f) : backward.Input(f)).Input(g).Run();
      ASSERT_TRUE(dx.ok()) << dx.status().ToString();
      const double forth = Dot((*y)[0], g);
      EXPECT_NEAR(forth, Dot(x, (*dx)[0]), 1e-6 * std::abs(forth)) << input.ToString();
    }
  }
}

TEST(ConvBackpropInput, ShapesWithUnknownParts) {
  EXPECT_EQ(
      Backprop().Unknown(DType::kInt32).Unknown(DType::kFloat).Unknown(DType::kFloat, {3, -1, -1, -1}).InferShape(),
      "[3,?,?,?]");
  EXPECT_EQ(Backprop()
                .ConstInput(I32({2}, {5, 6}))
                .Unknown(DType::kFloat, {3, 3, 2, 4})
                .Unknown(DType::kFloat, {-1, 5, 6, 4})
                .InferShape(),
            "[?,5,6,2]");
  EXPECT_EQ(Backprop("Conv2DBackpropInputV2")
                .Unknown(DType::kFloat)
                .Unknown(DType::kFloat)
                .Unknown(DType::kFloat)
                .InferShape(),
            "[?,?,?,?]");
}

TEST(ConvBackpropInput, HostileSizes) {
  const Tensor f = F32({1, 1, 1, 1}, {2}), g = F32({1, 1, 1, 1}, {3});
  for (const auto& sizes : {I32({4}, {1, -1, 1, 1}), I32({4}, {1, std::numeric_limits<int32_t>::min(), 1, 1}),
                            I32({3}, {1, 1, 1}), I32({4}, {1, 1, 1, 2}), I32({4}, {1, 2, 1, 1}), I32({4}, {2, 1, 1, 1}),
                            I32({0}, {}), I32({4}, {1, std::numeric_limits<int32_t>::max(), 1, 1})}) {
    EXPECT_TRUE(Fails(Backprop().Input(sizes).Input(f).Input(g).Run()));
    EXPECT_TRUE(Fails(Backprop().ConstInput(sizes).Input(f).Input(g).Run()));
  }
  EXPECT_TRUE(Fails(Backprop().Input(I32({1, 4}, {1, 1, 1, 1})).Input(f).Input(g).Run(), "rank 1"));
  EXPECT_TRUE(Same(Backprop().Input(I32({4}, {1, 1, 1, 1})).Input(f).Input(g).Run(), F32({1, 1, 1, 1}, {6})));
  // A stride that lets one output stand for a large input: bounded by the budget.
  EXPECT_TRUE(Fails(Backprop("Conv2DBackpropInput", 0x7fffffff)
                        .Budget(1 << 20)
                        .Input(I32({4}, {1, 0x7fffffff, 1, 1}))
                        .Input(f)
                        .Input(g)
                        .Run()));
}

TEST(ConvBackpropInput, ThreeDimensionsTakeLongSizes) {
  OpTester op("Conv3DBackpropInputV2");
  op.Attr("strides", {1, 1, 1, 1, 1}).Attr("padding", "SAME");
  EXPECT_TRUE(Same(OpTester(op)
                       .Input(I64({5}, {1, 1, 1, 2, 1}))
                       .Input(F32({1, 1, 1, 1, 1}, {2}))
                       .Input(F32({1, 1, 1, 2, 1}, {1, 2}))
                       .Run(),
                   F32({1, 1, 1, 2, 1}, {2, 4})));
  EXPECT_TRUE(Fails(OpTester(op)
                        .Input(I64({5}, {1, int64_t{1} << 62, 1, 2, 1}))
                        .Input(F32({1, 1, 1, 1, 1}, {2}))
                        .Input(F32({1, 1, 1, 2, 1}, {1, 2}))
                        .Run(),
                    "dims"));
}

}  // namespace
}  // namespace rivulet
