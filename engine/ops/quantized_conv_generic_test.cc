#include <string>
#include <vector>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

const std::vector<DType> kTwoNumbers = {DType::kFloat, DType::kFloat};

// One weight of 5 and one code of 10, whose steps are 1: with a bias, to sums.
OpTester Fused(const std::vector<std::string>& tail, size_t ranges = 4) {
  OpTester tester("_FusedQuantizedConv2D");
  tester.Attr("strides", {1, 1, 1, 1}).Attr("padding", "VALID").Attr("fused_ops", tail).Attr("Tbias", DType::kFloat);
  tester.Attr("Tsummand", DType::kQint32).Attr("out_type", DType::kQint32);
  tester.Attr("Tdevice_inputs", {DType::kQuint8, DType::kQint8, DType::kFloat});
  tester.Attr("Thost_inputs", std::vector<DType>(ranges, DType::kFloat));
  tester.Attr("Tdevice_outputs", {DType::kQint32}).Attr("Thost_outputs", kTwoNumbers);
  tester.Input(U8({1, 1, 1, 1}, {10}).Retyped(DType::kQuint8)).Input(I8({1, 1, 1, 1}, {-5}).Retyped(DType::kQint8));
  tester.Input(F32({1}, {20}));
  const float bounds[] = {0, 255, -127, 127, 0, 1};
  for (size_t i = 0; i < ranges; ++i) tester.Input(F32({}, {bounds[i]}));
  return tester;
}

TEST(QuantizedConvGeneric, DoesWhatItsAttributeSays) {
  const auto sums = [](int32_t value) { return I32({1, 1, 1, 1}, {value}).Retyped(DType::kQint32); };
  EXPECT_TRUE(Same(Fused({"BiasAdd"}).Run(), sums(-30)));
  EXPECT_TRUE(Same(Fused({"BiasAdd", "Relu"}).Run(), sums(0)));
}

TEST(QuantizedConvGeneric, Refuses) {
  EXPECT_TRUE(Fails(Fused({"Relu", "BiasAdd"}).Run(), "in this order, got 'BiasAdd'"));
  EXPECT_TRUE(Fails(Fused({"BiasAdd", "BiasAdd"}).Run(), "in this order"));
  EXPECT_TRUE(Fails(Fused({"BiasAdd", "Sum"}).Run(), "Sum without"));
  EXPECT_TRUE(Fails(Fused({}).Run(), "want 6 inputs, got 7"));
  EXPECT_TRUE(Fails(Fused({"BiasAdd"}, 6).Run(), "want 7 inputs, got 9"));
  EXPECT_TRUE(Fails(Fused({"BiasAdd"}).Attr("Tbias", DType::kQint32).Run(), "input 2: want qint32, got float"));
  EXPECT_TRUE(Fails(Fused({"BiasAdd", "Requantize"}, 6).Run(), "want qint8 or quint8 with Requantize"));
  EXPECT_TRUE(Fails(Fused({"BiasAdd"}).Attr("out_type", DType::kQint8).Run(), "want qint32 without"));
  EXPECT_TRUE(Fails(Fused({"BiasAdd"}).Attr("Tsummand", DType::kFloat).Run(), "'Tsummand'"));
  EXPECT_TRUE(Fails(Fused({"BiasAdd"}).Attr("Thost_outputs", {DType::kFloat}).Run(), "outputs: want one of out_type"));
  EXPECT_TRUE(
      Fails(Fused({"BiasAdd"}).Attr("Tdevice_outputs", {DType::kQint8}).Run(), "outputs: want one of out_type"));
  EXPECT_TRUE(Fails(Fused({"BiasAdd"}).Attr("data_format", "NCHW").Run(), "want NHWC"));
}

}  // namespace
}  // namespace rivulet
