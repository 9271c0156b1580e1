#include <initializer_list>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Tensor Codes(const Shape& shape, std::initializer_list<int32_t> values) {
  return I32(shape, values).Retyped(DType::kQint32);
}

OpTester Add(int64_t left, int64_t right, int64_t output) {
  OpTester tester("UniformQuantizedAdd");
  tester.Attr("lhs_quantization_axis", left).Attr("rhs_quantization_axis", right);
  tester.Attr("output_quantization_axis", output);
  for (const char* name : {"lhs_quantization_min_val", "rhs_quantization_min_val", "output_quantization_min_val"}) {
    tester.Attr(name, -1000);
  }
  for (const char* name : {"lhs_quantization_max_val", "rhs_quantization_max_val", "output_quantization_max_val"}) {
    tester.Attr(name, 1000);
  }
  return tester;
}

// A scale for the whole lhs, which TensorFlow cannot add in scales of columns.
TEST(UniformQuantizedAdd, OneScaleInSeveral) {
  OpTester tester = Add(-1, 0, 1);
  tester.Input(Codes({2, 2}, {10, 20, 30, 40})).Input(Codes({2}, {1000, 9}));
  tester.Input(F32({}, {1})).Input(I32({}, {0})).Input(F32({2}, {2, 4})).Input(I32({2}, {0, 1}));
  tester.Input(F32({2}, {2, 4})).Input(I32({2}, {100, 2}));
  EXPECT_TRUE(Same(tester.Run(), Codes({2, 2}, {1000, 5 + 8 + 2, 1000, 10 + 8 + 2})));
}

TEST(UniformQuantizedAdd, Refuses) {
  const auto tester = [](int64_t left, int64_t output) {
    OpTester made = Add(left, -1, output);
    made.Input(Codes({2, 2}, {1, 2, 3, 4})).Input(Codes({2}, {1, 1}));
    const Tensor scalar = F32({}, {1}), zero = I32({}, {0}), scales = F32({2}, {1, 1}), zeros = I32({2}, {0, 0});
    made.Input(left < 0 ? scalar : scales).Input(left < 0 ? zero : zeros).Input(scalar).Input(zero);
    return made.Input(output < 0 ? scalar : scales).Input(output < 0 ? zero : zeros);
  };
  EXPECT_TRUE(Fails(tester(0, 1).Run(), "want the output's axis 1 where both have one, got 0"));
  EXPECT_TRUE(Fails(tester(-1, 2).Run(), "want -1 or an axis of [2,2], got 2"));
  EXPECT_EQ(tester(-1, 1).InferShape(), "[2,2]");
}

}  // namespace
}  // namespace rivulet
