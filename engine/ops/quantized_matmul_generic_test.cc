#include <initializer_list>
#include <string>
#include <vector>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

// (10, 200) times a matrix of two columns, whose steps are 1.
OpTester Multiply(const std::vector<std::string>& tail, std::initializer_list<float> bounds, DType out,
                  const Tensor& bias = F32({2}, {0.5f, -1})) {
  OpTester tester("_QuantizedMatMul");
  tester.Attr("fused_ops", tail).Attr("T1", DType::kQuint8).Attr("T2", DType::kQint8).Attr("Tout", out);
  tester.Attr("Tdevice_inputs", {DType::kQuint8, DType::kQint8, DType::kFloat});
  tester.Attr("Thost_inputs", std::vector<DType>(bounds.size(), DType::kFloat)).Attr("Tdevice_outputs", {out});
  tester.Attr("Thost_outputs", std::vector<DType>(bounds.size() == 6 ? 2 : 0, DType::kFloat));
  tester.Input(U8({1, 2}, {10, 200}).Retyped(DType::kQuint8));
  tester.ConstInput(I8({2, 2}, {1, 2, -3, 4}).Retyped(DType::kQint8)).Input(bias);
  for (const float bound : bounds) tester.Input(F32({}, {bound}));
  return tester;
}

TEST(QuantizedMatMulGeneric, Numbers) {
  const auto scaled = [](const std::vector<std::string>& tail) {
    return Multiply(tail, {0, 255, -127, 1}, DType::kFloat).Run();
  };
  EXPECT_TRUE(Same(scaled({"BiasAdd", "Dequantize"}), F32({1, 2}, {-589.5f, 819})));
  EXPECT_TRUE(Same(scaled({"BiasAdd", "Relu6", "Dequantize"}), F32({1, 2}, {0, 6})));
  // Codes of a begin at -255: the sums of columns are -2 and 6.
  OpTester from_min = Multiply({"BiasAdd", "Dequantize"}, {-255, 0, -127, 1}, DType::kFloat);
  EXPECT_TRUE(Same(from_min.Attr("input_quant_mode", "MIN_FIRST").Run(), F32({1, 2}, {-589.5f + 510, 819 - 1530})));
}

TEST(QuantizedMatMulGeneric, Codes) {
  const auto run = [](const char* mode) {
    OpTester tester = Multiply({"BiasAdd", "Requantize"}, {0, 255, -127, 1, -600, 1000}, DType::kQuint8);
    return tester.Attr("output_quant_mode", mode).Run();
  };
  EXPECT_TRUE(Same(run("SCALED"), U8({1, 2}, {0, 209}).Retyped(DType::kQuint8)));
  EXPECT_TRUE(Same(run("SCALED"), F32({}, {0}), 1));
  EXPECT_TRUE(Same(run("MIN_FIRST"), U8({1, 2}, {2, 226}).Retyped(DType::kQuint8)));
  EXPECT_TRUE(Same(run("MIN_FIRST"), F32({}, {-600}), 1));
}

TEST(QuantizedMatMulGeneric, Refuses) {
  const std::initializer_list<float> four = {0, 1, -1, 1}, six = {0, 1, -1, 1, 0, 1}, empty = {0, 1, -1, 1, 0, 0};
  const auto fails = [](const OpTester& tester, const char* text) { return Fails(tester.Run(), text); };
  const std::vector<std::string> plain = {"BiasAdd", "Dequantize"};
  EXPECT_TRUE(fails(Multiply({"BiasAdd"}, four, DType::kFloat), "want Dequantize or Requantize at the end"));
  EXPECT_TRUE(fails(Multiply({"Relu", "Dequantize"}, four, DType::kFloat), "want BiasAdd"));
  EXPECT_TRUE(fails(Multiply({"BiasAdd", "Requantize"}, six, DType::kFloat), "does not go with Requantize"));
  EXPECT_TRUE(fails(Multiply({"BiasAdd", "Requantize"}, empty, DType::kQint8), "range of the output"));
  EXPECT_TRUE(fails(Multiply(plain, six, DType::kFloat), "want 7 inputs, got 9"));
  EXPECT_TRUE(fails(Multiply(plain, {1, 0, -1, 1}, DType::kFloat), "want a minimum not above"));
  EXPECT_TRUE(fails(Multiply(plain, {0, 1, 1, -1}, DType::kFloat), "range of b: want a minimum not above"));
  EXPECT_TRUE(fails(Multiply(plain, four, DType::kFloat).Attr("transpose_a", true), "transpose_a': want false"));
  EXPECT_TRUE(fails(Multiply(plain, four, DType::kFloat, F32({3}, {1, 2, 3})), "bias: want one element for each of 2"));
  EXPECT_TRUE(fails(Multiply(plain, four, DType::kFloat).Attr("Thost_outputs", {DType::kFloat}), "outputs: want one"));
}

}  // namespace
}  // namespace rivulet
