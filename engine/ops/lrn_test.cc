#include <cmath>
#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Tensor Ramp(int64_t channels) {
  Tensor x = Zeros(DType::kFloat, {1, 1, 1, channels});
  for (int64_t i = 0; i < channels; ++i) x.data<float>()[i] = 0.01f * static_cast<float>(i % 37 - 18);
  return x;
}

TEST(Lrn, LongWindowsAgreeWithTheFormula) {
  const Tensor x = Ramp(300);
  for (const int64_t radius : {3, 16, 17, 150, 0x7fffffff}) {
    Tensor want = Zeros(DType::kFloat, x.shape());
    for (int64_t i = 0; i < 300; ++i) {
      double sum = 0;
      for (int64_t j = 0; j < 300; ++j) {
        if (std::abs(j - i) <= radius) sum += static_cast<double>(x.data<float>()[j]) * x.data<float>()[j];
      }
      want.data<float>()[i] = static_cast<float>(x.data<float>()[i] / std::pow(1 + 0.5 * sum, 0.75));
    }
    EXPECT_TRUE(
        Near(OpTester("LRN").Attr("depth_radius", radius).Attr("alpha", 0.5f).Attr("beta", 0.75f).Input(x).Run(), want))
        << radius;
  }
}

TEST(Lrn, HostileRadius) {
  for (const int64_t bad :
       {int64_t{-1}, int64_t{1} << 31, std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    EXPECT_TRUE(Fails(OpTester("LRN").Attr("depth_radius", bad).Input(Ramp(4)).Run(), "depth_radius"));
  }
  EXPECT_TRUE(Fails(OpTester("LRN").Input(F32({2}, {1, 2})).Run(), "rank 4"));
  EXPECT_TRUE(Fails(OpTester("LRNGrad").Input(Ramp(4)).Input(Ramp(5)).Input(Ramp(4)).Run()));
}

TEST(Lrn, GradientIsTheDerivative) {
  const Tensor x = Ramp(9);
  const auto y = OpTester("LRN").Attr("depth_radius", 2).Input(x).Run();
  ASSERT_TRUE(y.ok());
  Tensor one = Zeros(DType::kFloat, x.shape());
  one.data<float>()[4] = 1;
  const auto dx = OpTester("LRNGrad").Attr("depth_radius", 2).Input(one).Input(x).Input((*y)[0]).Run();
  ASSERT_TRUE(dx.ok());
  for (int64_t i = 0; i < 9; ++i) {
    Tensor moved = *Clone(x, *Allocator::Create());
    moved.data<float>()[i] += 0.01f;
    const auto up = OpTester("LRN").Attr("depth_radius", 2).Input(moved).Run();
    ASSERT_TRUE(up.ok());
    const float slope = ((*up)[0].data<float>()[4] - (*y)[0].data<float>()[4]) / 0.01f;
    EXPECT_NEAR((*dx)[0].data<float>()[i], slope, 2e-2f);
  }
}

}  // namespace
}  // namespace rivulet
