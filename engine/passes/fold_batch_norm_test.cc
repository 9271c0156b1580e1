#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

constexpr char kConv[] = R"(
x = Placeholder() {dtype=float32, shape=shape[1,2,2,1]}
w = Const() {dtype=float32, value=float32[1,1,1,2]{1, 2}}
c = Conv2D(x, w) {T=float32, strides=ints[1, 1, 1, 1], padding="VALID"}
k = Const() {dtype=float32, value=float32[2]{10, 100}}
)";

// The filter and the bias of BiasAdd(Conv2D(x, filter), bias).
void ExpectConvAndBias(const Rewritten& out, const std::vector<float>& filter, const std::vector<float>& bias) {
  ASSERT_EQ(out.Root().op, "BiasAdd") << PrintGraph(out.graph);
  const Node& conv = out.graph.node(out.Root().inputs[0].node);
  EXPECT_EQ(ConstValues(out.graph, conv.inputs[1]), filter);
  EXPECT_EQ(ConstValues(out.graph, out.Root().inputs[1]), bias);
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
  ExpectConvAndBias(out, {5, 2 * 100.0f / 3}, {0.5f - 5, static_cast<float>(-1 - 2 * (100.0 / 3))});
}

TEST(FoldBatchNorm, ArithmeticOverArithmetic) {
  const Rewritten out = Rewrite(std::string(kConv) + R"(
m = Mul(k, c) {T=float32}
a = AddV2(m, k) {T=float32}
s = Sub(a, k) {T=float32}
y = Sub(k, s) {T=float32}
)",
                                {"fold_batch_norm"}, "y");
  ExpectConvAndBias(out, {-10, -200}, {10, 100});
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
  ExpectConvAndBias(out, {10, 10, 10, 100, 100, 100}, {0, 0});
}

}  // namespace
}  // namespace rivulet
