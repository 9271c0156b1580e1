#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Multiply(const Shape& b) {
  OpTester tester("QuantizedMatMul");
  tester.Input(U8({1, 2}, {2, 3}).Retyped(DType::kQuint8))
      .ConstInput(U8(b, {5, 7}).Retyped(DType::kQuint8))
      .Input(F32({}, {0}))
      .Input(F32({}, {1}))
      .Input(F32({}, {0}))
      .Input(F32({}, {1}));
  return tester;
}

TEST(QuantizedProduct, SumsProducts) {
  EXPECT_TRUE(Same(Multiply({2, 1}).Run(), I32({1, 1}, {31}).Retyped(DType::kQint32)));
  EXPECT_TRUE(Same(Multiply({1, 2}).Attr("transpose_b", true).Run(), I32({1, 1}, {31}).Retyped(DType::kQint32)));
  EXPECT_TRUE(Fails(Multiply({1, 2}).Run(), "do not fit"));
}

// The code of 0 in the range [1, 2] is -255.
TEST(QuantizedProduct, ZeroMayLieOutsideOfTheRange) {
  OpTester tester("QuantizedMatMul");
  tester.Input(U8({1, 2}, {2, 3}).Retyped(DType::kQuint8)).Input(U8({2, 1}, {5, 7}).Retyped(DType::kQuint8));
  for (const float bound : {1.0f, 2.0f, 0.0f, 1.0f}) tester.Input(F32({}, {bound}));
  EXPECT_TRUE(Same(tester.Run(), I32({1, 1}, {(2 + 255) * 5 + (3 + 255) * 7}).Retyped(DType::kQint32)));
}

// A filter that is transformed, where processors gain by it, and one whose range is not known before.
TEST(QuantizedProduct, SumsUnderATransformedFilterAreTheSame) {
  const auto bytes = [](const Shape& shape, size_t by) {
    Tensor tensor = Zeros(DType::kQuint8, shape);
    auto* to = static_cast<uint8_t*>(tensor.raw());
    for (size_t i = 0; i < tensor.bytes(); ++i) to[i] = static_cast<uint8_t>(i * i * by % 251);
    return tensor;
  };
  const Tensor image = bytes({2, 7, 8, 16}, 37), filter = bytes({3, 3, 16, 17}, 91);
  const auto run = [&](bool is_known) {
    OpTester tester("QuantizedConv2D");
    tester.Input(image).ConstInput(filter).Input(F32({}, {-1})).Input(F32({}, {3}));
    for (const float bound : {-2.0f, 1.0f})
      is_known ? tester.ConstInput(F32({}, {bound})) : tester.Input(F32({}, {bound}));
    return tester.Attr("strides", std::vector<int64_t>{1, 1, 1, 1}).Attr("padding", "SAME").Run();
  };
  const auto want = run(false);
  ASSERT_TRUE(want.ok());
  EXPECT_TRUE(Same(run(true), (*want)[0]));
}

}  // namespace
}  // namespace rivulet
