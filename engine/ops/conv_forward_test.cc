// The convolutions against plain sums, over kinds, layouts and sizes that the small recorded cases do not reach.
#include "engine/ops/conv_forward.h"

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

// Small whole numbers: sums are exact in any order.
Tensor Numbers(const Shape& shape, uint32_t seed) {
  Tensor tensor = Zeros(DType::kFloat, shape);
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    seed = seed * 1664525u + 1013904223u;
    tensor.data<float>()[i] = static_cast<float>(static_cast<int>(seed >> 28) - 8);
  }
  return tensor;
}

struct Problem {
  Shape input;   // NHWC
  Shape filter;  // [h, w, in / groups, out], or [h, w, in, multiplier]
  int64_t stride, dilation, pad;
};

Tensor Reference(const Problem& p, const Tensor& in, const Tensor& filter, bool depthwise) {
  const int64_t k_h = p.filter[0], k_w = p.filter[1];
  const int64_t filter_in = depthwise ? 1 : p.filter[2];
  const int64_t out_c = depthwise ? p.filter[2] * p.filter[3] : p.filter[3];
  const int64_t groups = p.input[3] / filter_in;
  const int64_t out_h = (p.input[1] + 2 * p.pad - (k_h - 1) * p.dilation - 1) / p.stride + 1;
  const int64_t out_w = (p.input[2] + 2 * p.pad - (k_w - 1) * p.dilation - 1) / p.stride + 1;
  Tensor out = Zeros(DType::kFloat, {p.input[0], out_h, out_w, out_c});
  for (int64_t i = 0; i < out.num_elements(); ++i) {
    const int64_t o = i % out_c, x = i / out_c % out_w, y = i / out_c / out_w % out_h, n = i / out_c / out_w / out_h;
    float sum = 0;
    for (int64_t a = 0; a < k_h; ++a) {
      for (int64_t b = 0; b < k_w; ++b) {
        const int64_t in_y = y * p.stride - p.pad + a * p.dilation, in_x = x * p.stride - p.pad + b * p.dilation;
        if (in_y < 0 || in_y >= p.input[1] || in_x < 0 || in_x >= p.input[2]) continue;
        for (int64_t c = 0; c < filter_in; ++c) {
          const int64_t channel = o / (out_c / groups) * filter_in + c;
          sum += in.data<float>()[((n * p.input[1] + in_y) * p.input[2] + in_x) * p.input[3] + channel] *
                 filter.data<float>()[((a * k_w + b) * filter_in + c) * out_c + o];
        }
      }
    }
    out.data<float>()[i] = sum;
  }
  return out;
}

OpTester Convolution(const char* op, const Problem& p) {
  OpTester tester(op);
  tester.Attr("strides", {int64_t{1}, p.stride, p.stride, int64_t{1}})
      .Attr("dilations", {int64_t{1}, p.dilation, p.dilation, int64_t{1}})
      .Attr("padding", "EXPLICIT")
      .Attr("explicit_paddings", std::vector<int64_t>{0, 0, p.pad, p.pad, p.pad, p.pad, 0, 0});
  return tester;
}

const Problem kProblems[] = {
    {{1, 24, 24, 16}, {3, 3, 16, 24}, 1, 1, 1}, {{2, 17, 19, 8}, {5, 3, 4, 20}, 2, 1, 2},
    {{1, 20, 20, 3}, {7, 7, 3, 33}, 2, 1, 3},   {{1, 16, 16, 6}, {3, 3, 2, 9}, 1, 2, 2},
    {{3, 9, 9, 40}, {1, 1, 40, 17}, 1, 1, 0},   {{1, 13, 13, 20}, {3, 3, 20, 16}, 1, 1, 1},
    {{2, 9, 9, 40}, {3, 3, 40, 24}, 2, 1, 1},   {{1, 9, 10, 48}, {3, 3, 48, 72}, 2, 2, 2},
    {{2, 7, 9, 256}, {3, 3, 256, 40}, 2, 1, 1},
};

TEST(ConvForward, DenseIsThePlainSumForFedAndConstantFilters) {
  for (const Problem& p : kProblems) {
    const Tensor in = Numbers(p.input, 1), filter = Numbers(p.filter, 2);
    const Tensor want = Reference(p, in, filter, false);
    for (const int threads : {1, 3}) {
      EXPECT_TRUE(Near(Convolution("Conv2D", p).Input(in).Input(filter).Threads(threads).Run(), want))
          << p.input.ToString();
      EXPECT_TRUE(Near(Convolution("Conv2D", p).Input(in).ConstInput(filter).Threads(threads).Run(), want));
    }
  }
}

TEST(ConvForward, DepthwiseIsThePlainSum) {
  for (const Problem& p :
       {Problem{{1, 20, 21, 24}, {3, 3, 24, 1}, 1, 1, 1}, Problem{{2, 15, 15, 19}, {5, 5, 19, 1}, 2, 1, 2},
        Problem{{1, 15, 15, 5}, {3, 3, 5, 4}, 1, 3, 3}}) {
    const Tensor in = Numbers(p.input, 1), filter = Numbers(p.filter, 2);
    EXPECT_TRUE(Same(Convolution("DepthwiseConv2dNative", p).Input(in).ConstInput(filter).Threads(3).Run(),
                     Reference(p, in, filter, true)));
  }
}

TEST(ConvForward, DepthIsASumOverSlices) {
  // A filter of depth 2 over two equal slices is twice the flat convolution.
  const Problem p = {{1, 12, 12, 7}, {3, 3, 7, 5}, 1, 1, 1};
  const Tensor slice = Numbers(p.input, 1), flat = Numbers(p.filter, 2);
  Tensor in = Zeros(DType::kFloat, {1, 2, 12, 12, 7}), filter = Zeros(DType::kFloat, {2, 3, 3, 7, 5});
  for (int i = 0; i < 2; ++i) {
    std::copy_n(slice.data<float>(), slice.num_elements(), in.data<float>() + i * slice.num_elements());
    std::copy_n(flat.data<float>(), flat.num_elements(), filter.data<float>() + i * flat.num_elements());
  }
  const Tensor once = Reference(p, slice, flat, false);
  Tensor want = Zeros(DType::kFloat, {1, 2, 12, 12, 5});
  for (int64_t i = 0; i < once.num_elements(); ++i) {
    want.data<float>()[i] = 2 * once.data<float>()[i];
    want.data<float>()[once.num_elements() + i] = once.data<float>()[i];  // half of the window lies outside
  }
  OpTester tester("Conv3D");
  tester.Attr("strides", {1, 1, 1, 1, 1}).Attr("padding", "SAME").Input(in);
  EXPECT_TRUE(Near(OpTester(tester).Input(filter).Run(), want));
  EXPECT_TRUE(Near(OpTester(tester).ConstInput(filter).Threads(3).Run(), want));
}

TEST(ConvForward, ScratchBeyondTheBudgetIsAnError) {
  const Problem p = kProblems[0];
  const auto result = Convolution("Conv2D", p)
                          .Attr("data_format", "NCHW")
                          .Input(Numbers({1, 16, 24, 24}, 1))
                          .Input(Numbers(p.filter, 2))
                          .Attr("explicit_paddings", std::vector<int64_t>(8, 0))
                          .Budget(60000)
                          .Run();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), Code::kResourceExhausted);
}

// Slices of volumes are computed some at a time, here five of eight: the last three hold more tiles at once. What is
// written behind their room is seen by the address sanitizer, and else by the system only now and then.
TEST(ConvForward, FewerSlicesMayNeedMoreRoom) {
  constexpr int64_t kDepth = 8, kSide = 16, kIn = 64, kOut = 128;
  Tensor in = Zeros(DType::kFloat, {1, kDepth, kSide, kSide, kIn});
  Tensor filter = Zeros(DType::kFloat, {3, 3, 3, kIn, kOut});
  std::fill_n(in.data<float>(), in.num_elements(), 1.0f);
  std::fill_n(filter.data<float>(), filter.num_elements(), 1.0f);
  OpTester tester("Conv3D");
  tester.Attr("strides", {1, 1, 1, 1, 1}).Attr("padding", "SAME");
  const auto out = tester.Input(in).ConstInput(filter).Run();
  ASSERT_TRUE(out.ok()) << out.status().ToString();
  const auto within = [](int64_t i, int64_t count) { return i == 0 || i == count - 1 ? 2 : 3; };
  for (int64_t i = 0; i < (*out)[0].num_elements(); ++i) {
    const int64_t x = i / kOut % kSide, y = i / kOut / kSide % kSide, z = i / kOut / kSide / kSide;
    const auto want = static_cast<float>(kIn * within(x, kSide) * within(y, kSide) * within(z, kDepth));
    ASSERT_NEAR((*out)[0].data<float>()[i], want, 1e-3f * want) << "element " << i;
  }
}

}  // namespace
}  // namespace rivulet
