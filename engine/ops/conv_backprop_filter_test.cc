#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Backprop(int64_t stride = 1) {
  OpTester tester("Conv2DBackpropFilter");
  tester.Attr("strides", {int64_t{1}, stride, stride, int64_t{1}}).Attr("padding", "SAME");
  return tester;
}

Tensor Numbers(const Shape& shape, uint32_t seed) {
  Tensor tensor = Zeros(DType::kFloat, shape);
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    seed = seed * 1664525u + 1013904223u;
    tensor.data<float>()[i] = static_cast<float>(static_cast<int>(seed >> 30) - 1);
  }
  return tensor;
}
double Dot(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (int64_t i = 0; i < a.num_elements(); ++i) sum += static_cast<double>(a.data<float>()[i]) * b.data<float>()[i];
  return sum;
}

TEST(ConvBackpropFilter, IsTheAdjointOfTheConvolution) {
  // <conv(f), g> = <f, backprop(g)>, exactly, in small whole numbers; large enough for several blocks of pixels.
  for (const auto& [input, filter, stride] : {std::tuple{Shape{2, 80, 70, 16}, Shape{3, 3, 16, 7}, int64_t{1}},
                                              std::tuple{Shape{1, 31, 33, 5}, Shape{5, 4, 5, 7}, int64_t{2}},
                                              std::tuple{Shape{2, 12, 12, 6}, Shape{3, 3, 2, 9}, int64_t{1}}}) {
    const Tensor x = Numbers(input, 1), f = Numbers(filter, 2);
    OpTester forward("Conv2D");
    forward.Attr("strides", {int64_t{1}, stride, stride, int64_t{1}}).Attr("padding", "SAME").Input(x).Input(f);
    const auto y = forward.Run();
    ASSERT_TRUE(y.ok());
    const Tensor g = Numbers((*y)[0].shape(), 3);
    const Tensor sizes = Tensor::Of<int32_t>({4}, std::vector<int32_t>(filter.dims().begin(), filter.dims().end()));
    const auto df = Backprop(stride).Input(x).ConstInput(sizes).Input(g).Threads(3).Run();
    ASSERT_TRUE(df.ok()) << df.status().ToString();
    EXPECT_EQ(Dot((*y)[0], g), Dot(f, (*df)[0])) << input.ToString();
  }
}

TEST(ConvBackpropFilter, ShapesWithUnknownParts) {
  EXPECT_EQ(Backprop().Unknown(DType::kFloat).Unknown(DType::kInt32).Unknown(DType::kFloat).InferShape(), "[?,?,?,?]");
  EXPECT_EQ(Backprop().Unknown(DType::kFloat).ConstInput(I32({4}, {3, 3, 1, 2})).Unknown(DType::kFloat).InferShape(),
            "[3,3,1,2]");
}

TEST(ConvBackpropFilter, HostileSizes) {
  const Tensor x = F32({1, 1, 1, 1}, {2}), g = F32({1, 1, 1, 1}, {3});
  for (const auto& sizes :
       {I32({4}, {1, -1, 1, 1}), I32({4}, {std::numeric_limits<int32_t>::min(), 1, 1, 1}), I32({3}, {1, 1, 1}),
        I32({4}, {1, 1, 2, 1}), I32({4}, {1, 1, 1, 2}), I32({4}, {0, 1, 1, 1}), I32({0}, {})}) {
    EXPECT_TRUE(Fails(Backprop().Input(x).Input(sizes).Input(g).Run()));
  }
  // As large a filter as can be named, over one pixel: bounded by the budget.
  EXPECT_TRUE(Fails(Backprop().Budget(1 << 20).Input(x).Input(I32({4}, {0x7fffffff, 1, 1, 1})).Input(g).Run()));
  EXPECT_TRUE(Same(Backprop().Input(x).Input(I32({4}, {1, 1, 1, 1})).Input(g).Run(), F32({1, 1, 1, 1}, {6})));
}

}  // namespace
}  // namespace rivulet
