#include <cstdint>

#include "engine/ops/op_test_kit.h"
#include "engine/ops/uniform_quantized.h"

namespace rivulet {
namespace {

OpTester Dot(int64_t left_axis, const Tensor& rhs_scales, const Tensor& rhs_zeros, const Tensor& output_scales) {
  OpTester tester("UniformQuantizedDot");
  tester.Attr("lhs_quantization_axis", left_axis).Attr("rhs_quantization_axis", 1).Attr("Tout", DType::kQint32);
  for (const char* name : {"lhs_quantization_min_val", "rhs_quantization_min_val", "output_quantization_min_val"}) {
    tester.Attr(name, -1000);
  }
  for (const char* name : {"lhs_quantization_max_val", "rhs_quantization_max_val", "output_quantization_max_val"}) {
    tester.Attr(name, 1000);
  }
  tester.Input(I8({2, 3}, {1, 2, 3, -128, 127, 0}).Retyped(DType::kQint8));
  tester.ConstInput(I8({3, 2}, {1, 0, 0, 1, 10, -128}).Retyped(DType::kQint8));
  tester.Input(F32({}, {1})).Input(I32({}, {1})).Input(rhs_scales).Input(rhs_zeros);
  return tester.Input(output_scales).Input(output_scales.rank() == 0 ? I32({}, {0}) : I32({2}, {5, 6}));
}

// (0, 1, 2) and (-129, 126, -1) times (-1, -2, 8) and (1, 2, -127), halved in the second column.
TEST(UniformQuantizedDot, TakesAllZeroPoints) {
  const auto got = Dot(-1, F32({2}, {1, 0.5f}), I32({2}, {2, -1}), F32({2}, {1, 1})).Run();
  EXPECT_TRUE(Same(got, I32({2, 2}, {14 + 5, -126 + 6, -131 + 5, 125 + 6}).Retyped(DType::kQint32)));
}

TEST(UniformQuantizedDot, ChoosesScales) {
  EXPECT_EQ(ChooseScale(0, 0).Code(0), 0);
  EXPECT_EQ(ChooseScale(1, 2).zero_point, -128);  // the range is made to hold 0
  EXPECT_EQ(ChooseScale(1, 2).scale, static_cast<float>(2 / 255.0));
  EXPECT_EQ(ChooseScale(-2, -1).zero_point, 127);
  EXPECT_EQ(ChooseScale(-1, 1).Code(1), 127);
  EXPECT_EQ(ChooseScale(0, 255).scale, 1);
  EXPECT_EQ(ChooseScale(0, 255).Code(254.5f), 127);
}

TEST(UniformQuantizedDot, Refuses) {
  const Tensor one = F32({}, {1}), zero = I32({}, {0}), two = F32({2}, {1, 1}), zeros = I32({2}, {0, 0});
  EXPECT_TRUE(Fails(Dot(0, one, zero, one).Run(), "'lhs_quantization_axis': want -1, got 0"));
  EXPECT_TRUE(Fails(Dot(-1, one, zero, two).Run(), "output_scales: want a scalar"));
  EXPECT_TRUE(Fails(Dot(-1, two, zero, one).Run(), "want as many scales as zero points"));
  EXPECT_TRUE(Fails(Dot(-1, F32({3}, {1, 1, 1}), I32({3}, {0, 0, 0}), one).Run(), "for each of 2 columns, got [3]"));
  EXPECT_TRUE(Fails(Dot(-1, F32({}, {0}), zero, one).Run(), "want all above 0"));
  EXPECT_TRUE(Fails(Dot(-1, two, zeros, two).Attr("rhs_quantization_axis", 0).Run(), "want -1 or 1, got 0"));
}

}  // namespace
}  // namespace rivulet
