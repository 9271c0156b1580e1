#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

// Heads are merged with the batch for the products, and split for the mask.
const char kMerged[] = R"(
q = Placeholder() {dtype=float32, shape=shape[2,6,3,4]}
k = Placeholder() {dtype=float32, shape=shape[2,5,3,4]}
v = Placeholder() {dtype=float32, shape=shape[2,5,3,7]}
m = Placeholder() {dtype=float32, shape=shape[2,1,6,5]}
perm = Const() {dtype=int32, value=int32[4]{0, 2, 1, 3}}
half = Const() {dtype=float32, value=float32[]{0.5}}
of_q = Const() {dtype=int32, value=int32[3]{6, 6, 4}}
of_k = Const() {dtype=int32, value=int32[3]{6, 5, 4}}
of_v = Const() {dtype=int32, value=int32[3]{6, 5, 7}}
apart = Const() {dtype=int32, value=int32[4]{2, 3, 6, 5}}
merged = Const() {dtype=int32, value=int32[3]{6, 6, 5}}
of_y = Const() {dtype=int32, value=int32[4]{2, 3, 6, 7}}
qt = Transpose(q, perm) {T=float32, Tperm=int32}
kt = Transpose(k, perm) {T=float32, Tperm=int32}
vt = Transpose(v, perm) {T=float32, Tperm=int32}
qh = Reshape(qt, of_q) {T=float32, Tshape=int32}
kh = Reshape(kt, of_k) {T=float32, Tshape=int32}
vh = Reshape(vt, of_v) {T=float32, Tshape=int32}
s = BatchMatMulV2(qh, kh) {T=float32, adj_x=false, adj_y=true}
s4 = Reshape(s, apart) {T=float32, Tshape=int32}
s5 = AddV2(s4, m) {T=float32}
s3 = Reshape(s5, merged) {T=float32, Tshape=int32}
p = Softmax(s3) {T=float32}
y3 = BatchMatMulV2(p, vh) {T=float32, adj_x=false, adj_y=false}
y4 = Reshape(y3, of_y) {T=float32, Tshape=int32}
y = Transpose(y4, perm) {T=float32, Tperm=int32}
)";

// The softmax is of a matrix, as early versions of TensorFlow wrote it.
const char kFlat[] = R"(
q = Placeholder() {dtype=float32, shape=shape[2,6,4]}
k = Placeholder() {dtype=float32, shape=shape[2,5,4]}
v = Placeholder() {dtype=float32, shape=shape[2,5,7]}
m = Placeholder() {dtype=float32, shape=shape[2,6,5]}
half = Const() {dtype=float32, value=float32[]{0.5}}
flat = Const() {dtype=int32, value=int32[2]{12, 5}}
back = Const() {dtype=int32, value=int32[3]{2, 6, 5}}
s = BatchMatMul(q, k) {T=float32, adj_x=false, adj_y=true}
scaled = Mul(s, half) {T=float32}
masked = AddV2(scaled, m) {T=float32}
s2 = Reshape(masked, flat) {T=float32, Tshape=int32}
p2 = Softmax(s2) {T=float32}
p = Reshape(p2, back) {T=float32, Tshape=int32}
y = BatchMatMul(p, v) {T=float32, adj_x=false, adj_y=false}
)";

TEST(SplitBatches, MergedHeadsAreAttention) {
  const Rewritten out = Rewrite(kMerged, {"split_batches", "fuse_attention"}, "y");
  ASSERT_EQ(out.Root().op, "_Attention");
  const char* const inputs[] = {"q", "k", "v", "m"};
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[i]), inputs[i]);
  ExpectTheSameWithPasses(kMerged, {{"q", Numbers({2, 6, 3, 4}, 7)},
                                    {"k", Numbers({2, 5, 3, 4}, 5)},
                                    {"v", Numbers({2, 5, 3, 7}, 3)},
                                    {"m", Numbers({2, 1, 6, 5}, 11)}});
}

TEST(SplitBatches, ASoftmaxOfAMatrix) {
  const Rewritten out = Rewrite(kFlat, {"split_batches", "fuse_attention"}, "y");
  EXPECT_EQ(out.Root().op, "_Attention");
  ExpectTheSameWithPasses(kFlat, {{"q", Numbers({2, 6, 4}, 7)},
                                  {"k", Numbers({2, 5, 4}, 5)},
                                  {"v", Numbers({2, 5, 7}, 3)},
                                  {"m", Numbers({2, 6, 5}, 11)}});
}

TEST(SplitBatches, WhatHasOtherMatricesStays) {
  // Rows and batch were mixed: [6,4] of [2,3,4].
  const char kMixed[] = R"(
x = Placeholder() {dtype=float32, shape=shape[2,6,4]}
w = Placeholder() {dtype=float32, shape=shape[2,4,5]}
four = Const() {dtype=int32, value=int32[4]{2, 2, 3, 5}}
s = BatchMatMulV2(x, w) {T=float32, adj_x=false, adj_y=false}
r = Reshape(s, four) {T=float32, Tshape=int32}
y = Softmax(r) {T=float32}
)";
  const Rewritten out = Rewrite(kMixed, {"split_batches"}, "y");
  EXPECT_EQ(EdgeName(out.graph, out.graph.node(out.graph.Find("s")).inputs[0]), "x");
  ExpectTheSameWithPasses(kMixed, {{"x", Numbers({2, 6, 4}, 7)}, {"w", Numbers({2, 4, 5}, 5)}});
  // The softmax's axis is not the Reshape's source's.
  const char kOtherAxis[] = R"(
x = Placeholder() {dtype=float32, shape=shape[2,6]}
three = Const() {dtype=int32, value=int32[2]{4, 3}}
r = Reshape(x, three) {T=float32, Tshape=int32}
y = Softmax(r) {T=float32}
)";
  EXPECT_EQ(Rewrite(kOtherAxis, {"split_batches"}, "y").rewrites, 0);
}

}  // namespace
}  // namespace rivulet
