#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

// "float32[rows,columns]{...}", every value another, but small.
std::string Weights(int64_t rows, int64_t columns) {
  std::string text = "float32[" + std::to_string(rows) + "," + std::to_string(columns) + "]{";
  for (int64_t i = 0; i < rows * columns; ++i) text += (i > 0 ? ", " : "") + std::to_string(i % 17);
  return text + "}";
}

constexpr int kSteps = 5;

// Steps that join what is fed (64 columns) and the state (64 columns), multiply both by one matrix and add a bias.
std::string Recurrent(std::string_view joined) {
  std::string text =
      "w = Const() {dtype=float32, value=" + Weights(128, 128) + "}\n" +
      "b = Const() {dtype=float32, value=" + Weights(1, 128) + "}\n" +
      "one = Const() {dtype=int32, value=int32[]{1}}\n" + "flat = Const() {dtype=int32, value=int32[1]{128}}\n" +
      "bias = Reshape(b, flat) {T=float32, Tshape=int32}\n" + "from = Const() {dtype=int32, value=int32[2]{0, 0}}\n" +
      "size = Const() {dtype=int32, value=int32[2]{2, 64}}\n" +
      "h0 = Placeholder() {dtype=float32, shape=shape[2,64]}\n";
  for (int i = 0; i < kSteps; ++i) {
    const std::string t = std::to_string(i), next = std::to_string(i + 1);
    const auto numbered = [&](std::string words) {
      for (size_t at = words.find('#'); at != std::string::npos; at = words.find('#')) words.replace(at, 1, t);
      return words;
    };
    text += numbered("x# = Placeholder() {dtype=float32, shape=shape[2,64]}\n") +
            numbered("j# = ConcatV2(" + std::string(joined) + ", one) {N=2, T=float32, Tidx=int32}\n") +
            numbered("m# = MatMul(j#, w) {T=float32}\n") + numbered("z# = BiasAdd(m#, bias) {T=float32}\n") +
            numbered("t# = Tanh(z#) {T=float32}\n") + "h" + next +
            numbered(" = Slice(t#, from, size) {T=float32, Index=int32}\n");
  }
  return text;
}

Rewritten Batched(const std::string& text, std::string_view root) {
  return Rewrite(text, {"fold_constants", "batch_products"}, root);
}

TEST(BatchProducts, WhatIsThereBeforeTheFirstStep) {
  for (const char* joined : {"x#, h#", "h#, x#"}) {
    const Rewritten out = Batched(Recurrent(joined), "t4");
    EXPECT_EQ(out.Count("MatMul"), kSteps + 1) << joined;
    EXPECT_EQ(out.Count("BiasAdd"), 1);
    EXPECT_EQ(out.Count("AddV2"), kSteps);
    EXPECT_EQ(out.Count("Split"), 1);
    for (const Node& node : out.graph.nodes()) {
      if (node.op != "MatMul") continue;
      EXPECT_EQ(out.graph.fact(node.inputs[1]).shape.ToString(), "[64,128]");
    }
  }
}

TEST(BatchProducts, NothingWhereAllWaitsForTheStepBefore) {
  EXPECT_EQ(Batched(Recurrent("h#, h#"), "t4").Count("MatMul"), kSteps);
}

TEST(BatchProducts, AllWhereNothingWaits) {
  const Rewritten out = Batched(Recurrent("x#, x#") + "y = AddN(t0, t1, t2, t3, t4) {N=5, T=float32}\n", "y");
  EXPECT_EQ(out.Count("MatMul"), 1);
  EXPECT_EQ(out.Count("AddV2"), 0);
}

TEST(BatchProducts, ABiasOfOneStepStaysThere) {
  std::string text = Recurrent("x#, h#");
  const std::string of_two = "z2 = BiasAdd(m2, bias)";
  text.replace(text.find(of_two), of_two.size(), "z2 = AddV2(m2, bias)");
  const Rewritten out = Batched(text, "t4");
  EXPECT_EQ(out.Count("MatMul"), kSteps + 1);
  EXPECT_EQ(out.Count("BiasAdd"), kSteps - 1);
}

TEST(BatchProducts, FewOrSmallOnesStay) {
  EXPECT_EQ(Batched(Recurrent("x#, h#"), "t2").Count("MatMul"), 3);
  std::string small = "w = Const() {dtype=float32, value=" + Weights(2, 2) + "}\n";
  for (int i = 0; i < 6; ++i) {
    const std::string t = std::to_string(i);
    small += "x" + t + " = Placeholder() {dtype=float32, shape=shape[1,2]}\nm" + t + " = MatMul(x" + t +
             ", w) {T=float32}\n";
  }
  EXPECT_EQ(Batched(small + "y = AddN(m0, m1, m2, m3, m4, m5) {N=6, T=float32}\n", "y").Count("MatMul"), 6);
}

// Each of two groups has an operand that needs a product of the other: rewriting both would make each wait for the
// other.
TEST(BatchProducts, GroupsThatNeedOneAnother) {
  std::string text = "u = Const() {dtype=float32, value=" + Weights(128, 128) + "}\n" +
                     "v = Const() {dtype=float32, value=" + Weights(128, 128) + "}\n";
  for (int i = 0; i < 4; ++i) {
    const std::string t = std::to_string(i);
    text += "x" + t + " = Placeholder() {dtype=float32, shape=shape[1,128]}\n";
    text += "p" + t + " = MatMul(" + (i == 3 ? "q0" : "x" + t) + ", u) {T=float32}\n";
    text += "q" + t + " = MatMul(" + (i == 3 ? "p0" : "x" + t) + ", v) {T=float32}\n";
  }
  const Rewritten out = Batched(text + "y = AddN(p0, p1, p2, p3, q0, q1, q2, q3) {N=8, T=float32}\n", "y");
  EXPECT_EQ(out.Count("MatMul"), 5);
  EXPECT_TRUE(TopologicalOrder(out.graph).ok());
}

}  // namespace
}  // namespace rivulet
