#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

constexpr char kInputs[] = R"(
a1 = Placeholder() {dtype=float32, shape=shape[1,2]}
a2 = Placeholder() {dtype=float32, shape=shape[1,2]}
a3 = Placeholder() {dtype=float32, shape=shape[1,2]}
a4 = Placeholder() {dtype=float32, shape=shape[1,2]}
h0 = Placeholder() {dtype=float32, shape=shape[1,1]}
w = Const() {dtype=float32, value=float32[3,1]{1, 2, 3}}
u = Const() {dtype=float32, value=float32[2,1]{1, 2}}
k = Const() {dtype=float32, value=float32[1]{7}}
axis = Const() {dtype=int32, value=int32[]{1}}
)";

Rewritten Batched(const std::string& text) {
  return Rewrite(kInputs + text, {"fuse_conv_bias_act", "batch_products"}, "y");
}

// Four steps of a recurrent layer: the states h1 to h4 of the inputs `a`1 to 4.
std::string Layer(std::string_view a, std::string_view h, std::string_view first) {
  std::string text;
  for (int t = 1; t <= 4; ++t) {
    const std::string before = t == 1 ? std::string(first) : Cat(h, t - 1);
    text += Cat("j", h, t, " = ConcatV2(", a, t, ", ", before, ", axis) {T=float32, Tidx=int32, N=2}\n", "m", h, t,
                " = MatMul(j", h, t, ", w", h, ") {T=float32}\n", "b", h, t, " = BiasAdd(m", h, t, ", k) {T=float32}\n",
                h, t, " = Tanh(b", h, t, ") {T=float32}\n");
  }
  return text;
}

TEST(BatchProducts, TheInputsOfAnUnrolledLayer) {
  const Rewritten out = Batched("wh = Identity(w) {T=float32}\n" + Layer("a", "h", "h0") + "y = Neg(h4) {T=float32}\n");
  EXPECT_EQ(out.rewrites, 5);  // four fused products, one batch of the inputs, none of the states
  EXPECT_EQ(out.Count("Split"), 1);
  EXPECT_EQ(out.Count("_FusedMatMul"), 5);
  const Node& last = out.graph.node(out.Root().inputs[0].node);
  EXPECT_EQ((*last.attrs.Get<std::shared_ptr<const AttrList>>("fused_ops"))->strings,
            (std::vector<std::string>{"Add", "Tanh"}));
  EXPECT_EQ(ConstValues(out.graph, last.inputs[1]), (std::vector<float>{3}));
}

TEST(BatchProducts, LayerAfterLayer) {
  const std::string second = "v = Const() {dtype=float32, value=float32[2,1]{4, 5}}\nwg = Identity(v) {T=float32}\n";
  const Rewritten out = Batched("wh = Identity(w) {T=float32}\n" + Layer("a", "h", "h0") + second +
                                Layer("h", "g", "h0") + "y = Neg(g4) {T=float32}\n");
  EXPECT_EQ(out.Count("Split"), 2);
  EXPECT_EQ(out.Count("_FusedMatMul"), 10);
}

TEST(BatchProducts, InputsAlone) {
  std::string text;
  for (int t = 1; t <= 4; ++t) text += Cat("p", t, " = MatMul(a", t, ", u) {T=float32}\n");
  const std::string sum = "s = AddV2(p1, p2) {T=float32}\nq = AddV2(p3, p4) {T=float32}\n";
  const Rewritten out = Batched(text + sum + "y = Sub(s, q) {T=float32}\n");
  EXPECT_EQ(out.Count("Split"), 1);
  EXPECT_EQ(out.Count("_FusedMatMul"), 1);
  EXPECT_EQ(out.Count("MatMul"), 0);
  // Three share too little.
  EXPECT_EQ(Batched(text + "s = AddV2(p1, p2) {T=float32}\ny = AddV2(s, p3) {T=float32}\n").Count("Split"), 0);
}

TEST(BatchProducts, TurnedWeightsAndOtherBiasesStay) {
  std::string turned = "v = Const() {dtype=float32, value=float32[1,2]{1, 2}}\n";
  std::string biased = "k2 = Const() {dtype=float32, value=float32[1]{8}}\n";
  for (int t = 1; t <= 4; ++t) {
    turned += Cat("p", t, " = MatMul(a", t, ", v) {T=float32, transpose_b=true}\n");
    biased += Cat("m", t, " = MatMul(a", t, ", u) {T=float32}\np", t, " = BiasAdd(m", t, t == 4 ? ", k2" : ", k",
                  ") {T=float32}\n");
  }
  const std::string sum = "s = AddV2(p1, p2) {T=float32}\nq = AddV2(p3, p4) {T=float32}\ny = Sub(s, q) {T=float32}\n";
  EXPECT_EQ(Batched(turned + sum).Count("Split"), 0);
  EXPECT_EQ(Batched(biased + sum).Count("Split"), 0);
}

TEST(BatchProducts, WhatWaitsForOneAnotherStays) {
  // Each product is of the one before it.
  std::string chain = "v = Const() {dtype=float32, value=float32[2,2]{1, 2, 3, 4}}\np0 = Identity(a1) {T=float32}\n";
  for (int t = 1; t <= 4; ++t) chain += Cat("p", t, " = MatMul(p", t - 1, ", v) {T=float32}\n");
  EXPECT_EQ(Batched(chain + "y = Neg(p4) {T=float32}\n").Count("Split"), 0);
}

// Two groups, each of which is whole before one product of the other is: together they would wait for one another.
TEST(BatchProducts, GroupsThatWouldWaitForOneAnother) {
  std::string text = "v = Const() {dtype=float32, value=float32[2,1]{4, 5}}\n";
  for (int t = 1; t <= 3; ++t) text += Cat("p", t, " = MatMul(a", t, ", u) {T=float32}\n");
  for (int t = 1; t <= 3; ++t) text += Cat("q", t, " = MatMul(a", t, ", v) {T=float32}\n");
  text += R"(
pj = ConcatV2(p1, p2, axis) {T=float32, Tidx=int32, N=2}
qj = ConcatV2(q1, q2, axis) {T=float32, Tidx=int32, N=2}
p4 = MatMul(qj, u) {T=float32}
q4 = MatMul(pj, v) {T=float32}
ps = AddV2(p3, p4) {T=float32}
qs = AddV2(q3, q4) {T=float32}
y = Sub(ps, qs) {T=float32}
)";
  const Rewritten out = Batched(text);
  EXPECT_EQ(out.Count("Split"), 1) << PrintGraph(out.graph);
  EXPECT_TRUE(TopologicalOrder(out.graph).ok());
}

}  // namespace
}  // namespace rivulet
