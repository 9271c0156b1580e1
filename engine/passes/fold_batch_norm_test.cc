#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

constexpr char kConv[] = R"(
x = Placeholder() {dtype=float32, shape=shape[1,2,2,1]}
w = Const() {dtype=float32, value=float32[1,1,1,2]{1, 2}}
c = Conv2D(x, w) {T=float32, strides=ints[1, 1, 1, 1], padding="VALID"}
k = Const() {dtype=float32, value=float32[2]{10, 100}}
)";

// A fused product with the filter as it was, and its scale and offset.
void ExpectScaled(const Rewritten& out, std::string_view op, const std::vector<float>& scale,
                  const std::vector<float>& offset) {
  const Node& root = out.Root();
  ASSERT_EQ(root.op, op) << PrintGraph(out.graph);
  ASSERT_EQ(root.inputs.size(), 6u);
  EXPECT_EQ(EdgeName(out.graph, root.inputs[1]), "w");
  EXPECT_EQ(ConstValues(out.graph, root.inputs[2]), scale);
  EXPECT_EQ(ConstValues(out.graph, root.inputs[3]), offset);
  EXPECT_EQ(ConstValues(out.graph, root.inputs[4]), std::vector<float>(scale.size(), 0.0f));
  EXPECT_EQ(ConstValues(out.graph, root.inputs[5]), std::vector<float>(scale.size(), 1.0f));
  EXPECT_EQ(*root.attrs.Get<float>("epsilon"), 0.0f);
}

TEST(FoldBatchNorm, Inference) {
  const Rewritten out = Rewrite(std::string(kConv) + R"(
mean = Const() {dtype=float32, value=float32[2]{1, 2}}
var = Const() {dtype=float32, value=float32[2]{3, 8}}
beta = Const() {dtype=float32, value=float32[2]{0.5, -1}}
n = FusedBatchNormV3(c, k, beta, mean, var) {T=float32, U=float32, epsilon=1f, is_training=false}
y = Identity(n) {T=float32}
)",
                                {"drop_identity", "fold_batch_norm"}, "y");
  ExpectScaled(out, "_FusedConv2D", {5, 100.0f / 3}, {0.5f - 5, static_cast<float>(-1 - 2 * (100.0 / 3))});
}

TEST(FoldBatchNorm, ArithmeticOverArithmetic) {
  const Rewritten out = Rewrite(std::string(kConv) + R"(
m = Mul(k, c) {T=float32}
a = AddV2(m, k) {T=float32}
s = Sub(a, k) {T=float32}
y = Sub(k, s) {T=float32}
)",
                                {"fold_batch_norm"}, "y");
  ExpectScaled(out, "_FusedConv2D", {-10, -100}, {10, 100});
}

TEST(FoldBatchNorm, OffsetsAloneAreOneBias) {
  const Rewritten out = Rewrite(std::string(kConv) + R"(
b = BiasAdd(c, k) {T=float32}
a = AddV2(b, k) {T=float32}
y = Sub(a, k) {T=float32}
)",
                                {"fold_batch_norm"}, "y");
  ASSERT_EQ(out.Root().op, "BiasAdd") << PrintGraph(out.graph);
  EXPECT_EQ(out.graph.node(out.Root().inputs[0].node).op, "Conv2D");
  EXPECT_EQ(ConstValues(out.graph, out.Root().inputs[1]), (std::vector<float>{10, 100}));
}

TEST(FoldBatchNorm, OverABias) {
  const Rewritten out = Rewrite(std::string(kConv) + R"(
b = BiasAdd(c, k) {T=float32}
y = Mul(b, k) {T=float32}
)",
                                {"fold_batch_norm"}, "y");
  ExpectScaled(out, "_FusedConv2D", {10, 100}, {100, 10000});
}

TEST(FoldBatchNorm, TrainingAndSharedProductsStay) {
  EXPECT_EQ(Rewrite(std::string(kConv) + R"(
n = FusedBatchNormV3(c, k, k, k, k) {T=float32, U=float32, is_training=true}
y = Identity(n) {T=float32}
)",
                    {"fold_batch_norm"}, "y")
                .rewrites,
            0);
  EXPECT_EQ(Rewrite(std::string(kConv) + R"(
m = Mul(c, k) {T=float32}
y = Add(m, c) {T=float32}
)",
                    {"fold_batch_norm"}, "y")
                .rewrites,
            0);
}

TEST(FoldBatchNorm, AConstantThatAddsAnAxisStays) {
  EXPECT_EQ(Rewrite(std::string(kConv) + R"(
big = Const() {dtype=float32, value=float32[1,1,1,1,2]{1, 2}}
y = Mul(c, big) {T=float32}
)",
                    {"fold_batch_norm"}, "y")
                .rewrites,
            0);
}

TEST(FoldBatchNorm, TransposedMatrix) {
  const Rewritten out = Rewrite(R"(
x = Placeholder() {dtype=float32, shape=shape[1,3]}
w = Const() {dtype=float32, value=float32[2,3]{1, 1, 1, 1, 1, 1}}
c = MatMul(x, w) {T=float32, transpose_b=true}
k = Const() {dtype=float32, value=float32[2]{10, 100}}
y = Mul(c, k) {T=float32}
)",
                                {"fold_batch_norm"}, "y");
  ExpectScaled(out, "_FusedMatMul", {10, 100}, {0, 0});
}

TEST(FoldBatchNorm, AFactorForEachColumnStays) {
  EXPECT_EQ(Rewrite(std::string(kConv) + R"(
column = Const() {dtype=float32, value=float32[2,1]{1, 2}}
y = Mul(c, column) {T=float32}
)",
                    {"fold_batch_norm"}, "y")
                .rewrites,
            0);
}

}  // namespace
}  // namespace rivulet
