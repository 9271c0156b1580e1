#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

// As graphs of TensorFlow 1 write it: heads of [1,6,2,4] and [1,5,2,4] come before rows.
const char kWritten[] = R"(
q = Placeholder() {dtype=float32, shape=shape[1,6,2,4]}
k = Placeholder() {dtype=float32, shape=shape[1,5,2,4]}
v = Placeholder() {dtype=float32, shape=shape[1,5,2,3]}
m = Placeholder() {dtype=float32, shape=shape[1,1,6,5]}
c = Placeholder() {dtype=bool, shape=shape[1,1,6,5]}
perm = Const() {dtype=int32, value=int32[4]{0, 2, 1, 3}}
half = Const() {dtype=float32, value=float32[]{0.5}}
low = Const() {dtype=float32, value=float32[]{-1e9}}
qh = Transpose(q, perm) {T=float32, Tperm=int32}
kh = Transpose(k, perm) {T=float32, Tperm=int32}
vh = Transpose(v, perm) {T=float32, Tperm=int32}
s = BatchMatMulV2(qh, kh) {T=float32, adj_x=false, adj_y=true}
scaled = Mul(s, half) {T=float32}
masked = AddV2(scaled, m) {T=float32}
p = Softmax(masked) {T=float32}
yh = BatchMatMulV2(p, vh) {T=float32, adj_x=false, adj_y=false}
y = Transpose(yh, perm) {T=float32, Tperm=int32}
other = Relu(masked) {T=float32}
)";

const char kEinsums[] = R"(
q = Placeholder() {dtype=float32, shape=shape[1,6,2,4]}
k = Placeholder() {dtype=float32, shape=shape[1,5,2,4]}
v = Placeholder() {dtype=float32, shape=shape[1,5,2,3]}
c = Placeholder() {dtype=bool, shape=shape[1,1,6,5]}
two = Const() {dtype=float32, value=float32[]{2}}
low = Const() {dtype=float32, value=float32[]{-1e9}}
qs = RealDiv(q, two) {T=float32}
s = Einsum(k, qs) {T=float32, N=2, equation="aecd,abcd->acbe"}
masked = SelectV2(c, s, low) {T=float32}
p = Softmax(masked) {T=float32}
y = Einsum(p, v) {T=float32, N=2, equation="acbe,aecd->abcd"}
)";

std::string Text(const Node& node, const char* attr) {
  const auto* value = node.attrs.Get<std::string>(attr);
  return value != nullptr ? *value : "none";
}

TEST(FuseAttention, AsMatricesAndTransposes) {
  const Rewritten out = Rewrite(kWritten, {"fuse_attention"}, "y");
  ASSERT_EQ(out.Root().op, "_Attention");
  const char* const inputs[] = {"q", "k", "v", "m"};
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[i]), inputs[i]);
  EXPECT_EQ(Text(out.Root(), "q_axes"), "AtBd");
  EXPECT_EQ(Text(out.Root(), "k_axes"), "AsBd");
  EXPECT_EQ(Text(out.Root(), "v_axes"), "AsBe");
  EXPECT_EQ(Text(out.Root(), "scores_axes"), "ABts");
  EXPECT_EQ(Text(out.Root(), "out_axes"), "AtBe");
  EXPECT_EQ(*out.Root().attrs.Get<float>("scale"), 0.5f);
}

TEST(FuseAttention, AsEinsums) {
  const Rewritten out = Rewrite(kEinsums, {"fuse_attention"}, "y");
  ASSERT_EQ(out.Root().op, "_Attention");
  EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[0]), "q");
  EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[1]), "k");
  EXPECT_EQ(Text(out.Root(), "q_axes"), "AtBd");
  EXPECT_EQ(Text(out.Root(), "k_axes"), "AsBd");
  EXPECT_EQ(Text(out.Root(), "v_axes"), "AsBe");
  EXPECT_EQ(Text(out.Root(), "out_axes"), "AtBe");
  EXPECT_EQ(*out.Root().attrs.Get<float>("scale"), 0.5f);
  EXPECT_TRUE(*out.Root().attrs.Get<bool>("keeps"));
  EXPECT_EQ(*out.Root().attrs.Get<float>("otherwise"), -1e9f);
}

TEST(FuseAttention, WhatIsNoneStays) {
  const auto rewrites = [](const std::string& from, const std::string& to) {
    return Rewrite(Replaced(kWritten, from, to), {"fuse_attention"}, "y").rewrites;
  };
  EXPECT_EQ(rewrites("Mul(s, half)", "Mul(s, s)"), 0);  // no scale that is known
  EXPECT_EQ(rewrites("yh = BatchMatMulV2(p, vh) {T=float32, adj_x=false, adj_y=false}",
                     "yh = BatchMatMulV2(p, p) {T=float32, adj_x=false, adj_y=true}"),
            0);
  EXPECT_EQ(rewrites("p = Softmax(masked)", "p = Relu(masked)"), 0);
  // Scores and probabilities that are fetched.
  EXPECT_EQ(Rewrite(kWritten, {"fuse_attention"}, "other").rewrites, 0);
  const std::string einsums = kEinsums;
  // Summed over heads, too.
  EXPECT_EQ(Rewrite(Replaced(einsums, "acbe,aecd->abcd", "acbe,aecd->abd"), {"fuse_attention"}, "y").rewrites, 0);
  // Summed over rows instead of keys: as many of both.
  std::string square = Replaced(Replaced(einsums, "acbe,aecd->abcd", "aceb,aecd->abcd"), "[1,6,2,4]", "[1,5,2,4]");
  square = Replaced(square, "[1,1,6,5]", "[1,1,5,5]");
  EXPECT_EQ(Rewrite(square, {"fuse_attention"}, "y").rewrites, 0);
  EXPECT_EQ(Rewrite(Replaced(square, "aceb,aecd->abcd", "acbe,aecd->abcd"), {"fuse_attention"}, "y").rewrites, 1);
}

// The mask comes before the scale.
TEST(FuseAttention, AScaledMaskStays) {
  std::string text = Replaced(kWritten, "scaled = Mul(s, half)", "masked = AddV2(s, m)");
  text = Replaced(text, "masked = AddV2(scaled, m)", "scaled = Mul(masked, half)");
  EXPECT_EQ(Rewrite(Replaced(text, "Softmax(masked)", "Softmax(scaled)"), {"fuse_attention"}, "y").rewrites, 0);
}

void ExpectTheSame(const std::string& text, bool bools) {
  bool chosen[30];
  for (size_t i = 0; i < 30; ++i) chosen[i] = i % 4 != 1;
  const Tensor c = Tensor::Of<bool>({1, 1, 6, 5}, chosen);
  Feeds feeds = {{"q", Numbers({1, 6, 2, 4}, 7)}, {"k", Numbers({1, 5, 2, 4}, 5)}, {"v", Numbers({1, 5, 2, 3}, 3)}};
  if (bools) {
    feeds.push_back({"c", c});
  } else {
    feeds.push_back({"m", Numbers({1, 1, 6, 5}, 11)});
  }
  ExpectTheSameWithPasses(text, feeds);
}

TEST(FuseAttention, GivesTheSame) {
  ExpectTheSame(kWritten, false);
  ExpectTheSame(kEinsums, true);
  // Masked where it is told.
  ExpectTheSame(Replaced(kEinsums, "SelectV2(c, s, low)", "SelectV2(c, low, s)"), true);
  // Two masks.
  const std::string two = Replaced(Replaced(kWritten, "p = Softmax(masked)", "p = Softmax(more)"), "p = Softmax",
                                   "more = AddV2(m, masked) {T=float32}\np = Softmax");
  ExpectTheSame(two, false);
  EXPECT_EQ(Rewrite(two, {"fuse_attention"}, "y").Root().inputs.size(), 5u);
  const std::string both = Replaced(
      Replaced(kEinsums, "masked = SelectV2(c, s, low)",
               "biased = AddV2(s, bias) {T=float32}\nmasked = SelectV2(c, biased, low)"),
      "low = Const", "bias = Const() {dtype=float32, value=float32[5]{0.5, -0.25, 0.125, 1, -1}}\nlow = Const");
  ExpectTheSame(both, true);
  EXPECT_EQ(Rewrite(both, {"fuse_attention"}, "y").Root().inputs.size(), 5u);
  // Keys that lie turned, and the scale at them.
  std::string text = Replaced(kWritten, "value=int32[4]{0, 2, 1, 3}}",
                              "value=int32[4]{0, 2, 1, 3}}\nturn = Const() {dtype=int32, value=int32[4]{0, 2, 3, 1}}");
  text = Replaced(text, "kh = Transpose(k, perm)", "kt = Transpose(k, turn)");
  text = Replaced(text, "s = BatchMatMulV2(qh, kh) {T=float32, adj_x=false, adj_y=true}",
                  "kh = Mul(half, kt) {T=float32}\ns = BatchMatMulV2(qh, kh) {T=float32, adj_x=false, adj_y=false}");
  ExpectTheSame(text, false);
  EXPECT_EQ(Rewrite(text, {"fuse_attention"}, "y").Root().op, "_Attention");
}

}  // namespace
}  // namespace rivulet
