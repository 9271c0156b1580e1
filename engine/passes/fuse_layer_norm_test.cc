#include "engine/base/small.h"
#include "engine/passes/pass_test_kit.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

// The squares are of differences between `mean_of` and x's mean; `turned`: operands in the other order.
std::string Written(const std::string& mean_of = "x", const std::string& axis = "-1", const std::string& keeps = "true",
                    bool turned = false) {
  return R"(
x = Placeholder() {dtype=float32, shape=shape[3,5]}
z = Placeholder() {dtype=float32, shape=shape[3,5]}
axis = Const() {dtype=int32, value=int32[1]{)" +
         axis + R"(}}
eps = Const() {dtype=float32, value=float32[]{0.125}}
gamma = Const() {dtype=float32, value=float32[5]{1, -2, 3, 0.5, 4}}
beta = Const() {dtype=float32, value=float32[5]{5, 4, 3, 2, 1}}
mean = Mean(x, axis) {T=float32, Tidx=int32, keep_dims=)" +
         keeps + R"(}
square = SquaredDifference()" +
         mean_of + R"(, mean) {T=float32}
var = Mean(square, axis) {T=float32, Tidx=int32, keep_dims=)" +
         keeps + R"(}
more = AddV2()" +
         (turned ? "eps, var" : "var, eps") + R"() {T=float32}
root = Rsqrt(more) {T=float32}
s = Mul()" +
         (turned ? "gamma, root" : "root, gamma") + R"() {T=float32}
xs = Mul()" +
         (turned ? "s, x" : "x, s") + R"() {T=float32}
ms = Mul(mean, s) {T=float32}
b = Sub(beta, ms) {T=float32}
y = AddV2()" +
         (turned ? "b, xs" : "xs, b") + R"() {T=float32}
)";
}

TEST(FuseLayerNorm, AsItIsWrittenOut) {
  for (const bool turned : {false, true}) {
    for (const char* axis : {"-1", "1"}) {
      const Rewritten out = Rewrite(Written("x", axis, "true", turned), {"fuse_layer_norm"}, "y");
      ASSERT_EQ(out.Root().op, "_LayerNorm");
      EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[0]), "x");
      EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[1]), "gamma");
      EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[2]), "beta");
      EXPECT_EQ(*out.Root().attrs.Get<float>("epsilon"), 0.125f);
    }
  }
}

// As Keras 3 writes it: the mean is negated, and the parameters have ones before their axis.
std::string OfKeras(const std::string& mean = "mean", const std::string& shape = "1,5") {
  std::string text = Written();
  const auto replace = [&](const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
  };
  replace("gamma = Const() {dtype=float32, value=float32[5]",
          "gamma = Const() {dtype=float32, value=float32[" + shape + "]");
  replace("beta = Const() {dtype=float32, value=float32[5]",
          "beta = Const() {dtype=float32, value=float32[" + shape + "]");
  replace("ms = Mul(mean, s) {T=float32}\nb = Sub(beta, ms) {T=float32}",
          "minus = Neg(" + mean + ") {T=float32}\nms = Mul(minus, s) {T=float32}\nb = AddV2(ms, beta) {T=float32}");
  return text;
}

// As Keras 2 writes it: a batch norm in training, whose channels are the rows.
constexpr char kOfRows[] = R"(
x = Placeholder() {dtype=float32, shape=shape[2,3,5]}
to_rows = Const() {dtype=int32, value=int32[4]{1, 6, 5, 1}}
back = Const() {dtype=int32, value=int32[3]{2, 3, 5}}
ones = Const() {dtype=float32, value=float32[6]{1, 1, 1, 1, 1, 1}}
zeros = Const() {dtype=float32, value=float32[6]{0, 0, 0, 0, 0, 0}}
none = Const() {dtype=float32, value=float32[0]{}}
gamma = Const() {dtype=float32, value=float32[5]{1, -2, 3, 0.5, 4}}
beta = Const() {dtype=float32, value=float32[5]{5, 4, 3, 2, 1}}
rows = Reshape(x, to_rows) {T=float32, Tshape=int32}
n = FusedBatchNormV3(rows, ones, zeros, none, none) {T=float32, U=float32, data_format="NCHW", epsilon=0.125f, exponential_avg_factor=1f, is_training=true}
as_x = Reshape(n, back) {T=float32, Tshape=int32}
scaled = Mul(as_x, gamma) {T=float32}
y = AddV2(scaled, beta) {T=float32}
)";

TEST(FuseLayerNorm, AsABatchNormOfRows) {
  if (kIsSmall) GTEST_SKIP();
  for (const bool turned : {false, true}) {
    std::string text = kOfRows;
    if (turned)
      text = Replaced(Replaced(text, "Mul(as_x, gamma)", "Mul(gamma, as_x)"), "(scaled, beta)", "(beta, scaled)");
    const Rewritten out = Rewrite(text, {"fuse_layer_norm"}, "y");
    ASSERT_EQ(out.Root().op, "_LayerNorm");
    EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[0]), "x");
    EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[1]), "gamma");
    EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[2]), "beta");
    EXPECT_EQ(*out.Root().attrs.Get<float>("epsilon"), 0.125f);
    ExpectTheSameWithPasses(text, {{"x", Numbers(Shape{2, 3, 5}, 7)}});
  }
  // What comes as rows already gets the shape of the result.
  std::string flat = Replaced(kOfRows, "shape=shape[2,3,5]", "shape=shape[6,5]");
  const Rewritten out = Rewrite(flat, {"fuse_layer_norm"}, "y");
  ASSERT_EQ(out.Root().op, "_LayerNorm");
  EXPECT_EQ(out.Root().outputs[0].shape, (Shape{2, 3, 5}));
  ExpectTheSameWithPasses(flat, {{"x", Numbers(Shape{6, 5}, 7)}});
}

TEST(FuseLayerNorm, AChannelOfColumnsInTheOtherAxis) {
  if (kIsSmall) GTEST_SKIP();
  const std::string text = Replaced(kOfRows, "{1, 6, 5, 1}", "{1, 6, 1, 5}");
  EXPECT_EQ(Rewrite(text, {"fuse_layer_norm"}, "y").Root().op, "_LayerNorm");
}

TEST(FuseLayerNorm, OtherBatchNorms) {
  const std::string kOnes = "float32[6]{1, 1, 1, 1, 1, 1}", kZeros = "float32[6]{0, 0, 0, 0, 0, 0}";
  const std::string known =
      Replaced(Replaced(kOfRows, "is_training=true", "is_training=false"), "none, none", "zeros, ones");
  const std::string last = Replaced(Replaced(kOfRows, "NCHW", "NHWC"), "{1, 6, 5, 1}", "{1, 5, 1, 6}");
  const std::string scaled = Replaced(kOfRows, kOnes, "float32[6]{1, 1, 1, 2, 1, 1}");
  const std::string moved = Replaced(kOfRows, kZeros, "float32[6]{0, 0, 0, 0, 0, 3}");
  const std::string two_rows =
      Replaced(Replaced(Replaced(kOfRows, "{1, 6, 5, 1}", "{1, 3, 10, 1}"), kOnes, "float32[3]{1, 1, 1}"), kZeros,
               "float32[3]{0, 0, 0}");
  const std::string two_images =
      Replaced(Replaced(Replaced(kOfRows, "{1, 6, 5, 1}", "{2, 3, 5, 1}"), kOnes, "float32[3]{1, 1, 1}"), kZeros,
               "float32[3]{0, 0, 0}");
  for (const std::string& text : {known, last, scaled, moved, two_rows, two_images}) {
    EXPECT_EQ(Rewrite(text, {"fuse_layer_norm"}, "y").rewrites, 0) << text;
  }
}

TEST(FuseLayerNorm, AsKerasWritesIt) {
  const Rewritten out = Rewrite(OfKeras(), {"fuse_layer_norm"}, "y");
  ASSERT_EQ(out.Root().op, "_LayerNorm");
  EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[0]), "x");
  EXPECT_EQ(ConstValues(out.graph, out.Root().inputs[1]), (std::vector<float>{1, -2, 3, 0.5, 4}));
  EXPECT_EQ(ConstValues(out.graph, out.Root().inputs[2]), (std::vector<float>{5, 4, 3, 2, 1}));
  EXPECT_EQ(out.graph.fact(out.Root().inputs[2]).shape, (Shape{5}));
  // Another's mean, and what is added without being negated.
  EXPECT_EQ(Rewrite(OfKeras("var"), {"fuse_layer_norm"}, "y").rewrites, 0);
  std::string plus = OfKeras();
  plus.replace(plus.find("Neg(mean)"), 9, "Relu(mean)");
  EXPECT_EQ(Rewrite(plus, {"fuse_layer_norm"}, "y").rewrites, 0);
}

TEST(FuseLayerNorm, WhatIsNoneStays) {
  EXPECT_EQ(Rewrite(Written("z"), {"fuse_layer_norm"}, "y").rewrites, 0);       // another's differences
  EXPECT_EQ(Rewrite(Written("x", "0"), {"fuse_layer_norm"}, "y").rewrites, 0);  // another axis
}

TEST(FuseLayerNorm, GivesTheSame) {
  for (const int64_t columns : {1, 5, 16, 100, 3000}) {
    std::string text = Written();
    const std::string n = std::to_string(columns);
    for (size_t at = 0; (at = text.find("[3,5]", at)) != std::string::npos; ++at) text.replace(at, 5, "[3," + n + "]");
    text.replace(text.find("float32[5]{1, -2, 3, 0.5, 4}"), 28, "float32[" + n + "]{1.5}");
    text.replace(text.find("float32[5]{5, 4, 3, 2, 1}"), 25, "float32[" + n + "]{-0.5}");
    std::vector<float> values(static_cast<size_t>(3 * columns));
    for (size_t i = 0; i < values.size(); ++i) values[i] = 100.0f + static_cast<float>(i * 7 % 31);
    const Tensor x = Tensor::Of<float>({3, columns}, values);
    std::vector<Tensor> results;
    for (const bool passes : {false, true}) {
      SessionOptions options;
      options.passes = passes;
      auto session = Session::Create(ModelOf(text), options);
      ASSERT_TRUE(session.ok());
      auto result = (*session)->Run({{"x", x}}, {"y"});
      ASSERT_TRUE(result.ok()) << result.status().ToString();
      results.push_back((*result)[0]);
    }
    for (int64_t i = 0; i < 3 * columns; ++i) {
      ASSERT_NEAR(results[0].data<float>()[i], results[1].data<float>()[i], 1e-4) << columns << " at " << i;
    }
  }
}

}  // namespace
}  // namespace rivulet
