#include <gtest/gtest.h>

#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

constexpr char kStrides[] =
    "attr { key: 'strides' value { list { i: [1, 1, 1, 1] } } } attr { key: 'padding' value { s: 'SAME' } } ";
constexpr char kFirst[] =
    "attr { key: 'strides' value { list { i: [1, 1, 1, 1] } } } attr { key: 'padding' value { s: 'SAME' } } "
    "attr { key: 'data_format' value { s: 'NCHW' } } ";
constexpr char kNorm[] =
    "attr { key: 'epsilon' value { f: 0 } } attr { key: 'is_training' value { b: false } } "
    "attr { key: 'U' value { type: DT_FLOAT } } ";

const std::string kHead = Input("x", "1222") + Const("w", "1122", "1, 2, 3, 4");
const std::string kConv = kHead + Node("c", "Conv2D", {"x", "w"}, kStrides);
const std::string kStatistics =
    Const("gamma", "2", "2, 3") + Const("beta", "2", "10, 20") + Const("mean", "2", "1, 2") + Const("var", "2", "4, 9");

// The floats of a node's constant after the transforms.
std::vector<float> Values(const std::string& text, std::string_view transforms, std::string_view constant,
                          std::vector<std::string> outputs = {"y"}) {
  GraphDef graph = GraphOf(text);
  const Status status = ApplyTransforms(*ParseTransforms(transforms), {.inputs = {"x"}, .outputs = outputs}, graph);
  EXPECT_TRUE(status.ok()) << status.ToString();
  for (const NodeDef& node : graph.nodes) {
    if (node.name != constant) continue;
    const Tensor value = *ValueOf(node);
    return {value.values<float>().begin(), value.values<float>().end()};
  }
  ADD_FAILURE() << "no '" << constant << "' in\n" << Lines(graph);
  return {};
}

std::string Folded(const std::string& text, std::string_view transforms = "fold_batch_norms") {
  return Transformed(text, transforms, {.inputs = {"x"}, .outputs = {"y"}});
}

using Floats = std::vector<float>;

TEST(FoldBatchNorms, AScaleGoesIntoTheFilterAndTheProductTakesItsName) {
  for (const auto& order : {std::initializer_list<std::string_view>{"c", "s"}, {"s", "c"}}) {
    const std::string graph = kConv + Const("s", "2", "10, 100") + Node("y", "Mul", order);
    EXPECT_EQ(Folded(graph), "x = Placeholder()\nw = Const()\ny = Conv2D(x, w)\n");
    EXPECT_EQ(Values(graph, "fold_batch_norms", "w"), (Floats{10, 200, 30, 400}));
  }
  const std::string divided = kConv + Const("s", "", "4") + Node("y", "RealDiv", {"c", "s"});
  EXPECT_EQ(Values(divided, "fold_batch_norms", "w"), (Floats{0.25f, 0.5f, 0.75f, 1}));
}

TEST(FoldBatchNorms, EveryProductAndFormat) {
  const std::string s = Const("s", "2", "10, 100") + Node("y", "Mul", {"c", "s"});
  EXPECT_EQ(Values(Input("x", "12") + Const("w", "22", "1, 2, 3, 4") + Node("c", "MatMul", {"x", "w"}) + s,
                   "fold_batch_norms", "w"),
            (Floats{10, 200, 30, 400}));
  EXPECT_EQ(Values(Input("x", "12") + Const("w", "22", "1, 2, 3, 4") +
                       Node("c", "MatMul", {"x", "w"}, "attr { key: 'transpose_b' value { b: true } }") + s,
                   "fold_batch_norms", "w"),
            (Floats{10, 20, 300, 400}));
  EXPECT_EQ(Values(Input("x", "1221") + Const("w", "1212", "1, 2, 3, 4") +
                       Node("c", "DepthwiseConv2dNative", {"x", "w"}, kStrides) + s,
                   "fold_batch_norms", "w"),
            (Floats{10, 200, 30, 400}));
  const std::string first = kHead + Node("c", "Conv2D", {"x", "w"}, kFirst);
  EXPECT_EQ(Values(first + Const("s", "211", "10, 100") + Node("y", "Mul", {"c", "s"}), "fold_batch_norms", "w"),
            (Floats{10, 200, 30, 400}));
  // There a vector lies along the columns.
  EXPECT_EQ(Folded(first + s), "x = Placeholder()\nw = Const()\nc = Conv2D(x, w)\ns = Const()\ny = Mul(c, s)\n");
}

TEST(FoldBatchNorms, ABiasInBetweenIsScaledToo) {
  const std::string end = Const("s", "2", "10, 100") + Node("y", "Mul", {"b", "s"});
  const std::string bias = kConv + Const("k", "2", "5, 6");
  EXPECT_EQ(Folded(bias + Node("b", "BiasAdd", {"c", "k"}) + end),
            "x = Placeholder()\nw = Const()\nc = Conv2D(x, w)\nk = Const()\ny = BiasAdd(c, k)\n");
  EXPECT_EQ(Values(bias + Node("b", "BiasAdd", {"c", "k"}) + end, "fold_batch_norms", "k"), (Floats{50, 600}));
  EXPECT_EQ(Folded(bias + Node("b", "Sub", {"c", "k"}) + end),
            "x = Placeholder()\nw = Const()\nc = Conv2D(x, w)\nk = Const()\ny = Sub(c, k)\n");
  EXPECT_EQ(Values(bias + Node("b", "Sub", {"c", "k"}) + end, "fold_batch_norms", "k"), (Floats{50, 600}));
  EXPECT_EQ(Values(kConv + Const("k", "", "5") + Node("b", "AddV2", {"k", "c"}) + end, "fold_batch_norms", "k"),
            (Floats{50, 500}));
}

TEST(FoldBatchNorms, SeveralAreScaledToo) {
  const std::string graph = kConv + Const("k", "2", "5, 6") + Node("b", "BiasAdd", {"c", "k"}) +
                            Const("mean", "", "2") + Node("d", "Sub", {"b", "mean"}) + Const("s", "2", "10, 100") +
                            Node("y", "Mul", {"d", "s"});
  EXPECT_EQ(Folded(graph),
            "x = Placeholder()\nw = Const()\nc = Conv2D(x, w)\nk = Const()\nb = BiasAdd(c, k)\nmean = Const()\n"
            "y = Sub(b, mean)\n");
  EXPECT_EQ(Values(graph, "fold_batch_norms", "k"), (Floats{50, 600}));
  EXPECT_EQ(Values(graph, "fold_batch_norms", "mean"), (Floats{20, 200}));
}

TEST(FoldBatchNorms, AScaleBeforeGoesIntoTheInputChannels) {
  const std::string graph =
      kHead + Const("s", "2", "10, 100") + Node("m", "Mul", {"x", "s"}) + Node("y", "Conv2D", {"m", "w"}, kStrides);
  EXPECT_EQ(Folded(graph), "x = Placeholder()\nw = Const()\ny = Conv2D(x, w)\n");
  EXPECT_EQ(Values(graph, "fold_batch_norms", "w"), (Floats{10, 20, 300, 400}));
  // Here Mul makes two channels of one.
  const std::string wider = Input("x", "1221") + Const("w", "1122", "1, 2, 3, 4") + Const("s", "2", "10, 100") +
                            Node("m", "Mul", {"x", "s"}) + Node("y", "Conv2D", {"m", "w"}, kStrides);
  EXPECT_NE(Folded(wider).find("m = Mul(x, s)"), std::string::npos);
}

TEST(FoldBatchNorms, SharedFiltersAreCopiedAndSharedProductsStay) {
  const std::string two = kConv + Const("s", "2", "10, 100") + Node("m", "Mul", {"c", "s"}) +
                          Node("d", "Conv2D", {"x", "w"}, kStrides) + Node("y", "Add", {"m", "d"});
  EXPECT_EQ(Folded(two),
            "x = Placeholder()\nw = Const()\nc/scaled_filter = Const()\nm = Conv2D(x, c/scaled_filter)\n"
            "d = Conv2D(x, w)\ny = Add(m, d)\n");
  const std::string both =
      kConv + Const("s", "2", "10, 100") + Node("m", "Mul", {"c", "s"}) + Node("y", "Add", {"m", "c"});
  EXPECT_NE(Folded(both).find("m = Mul(c, s)"), std::string::npos);
  const std::string infinite = kConv + Const("s", "2", "1e39, 1") + Node("y", "Mul", {"c", "s"});
  EXPECT_NE(Folded(infinite).find("y = Mul(c, s)"), std::string::npos);
}

TEST(FoldOldBatchNorms, ANormBecomesAFilterAndABias) {
  for (const std::string op : {"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"}) {
    const std::string graph = kConv + kStatistics + Node("y", op, {"c", "gamma", "beta", "mean", "var"}, kNorm);
    EXPECT_EQ(Folded(graph, "fold_old_batch_norms"),
              "x = Placeholder()\nw = Const()\nc = Conv2D(x, w)\nc_bn_offset = Const()\ny = BiasAdd(c, c_bn_offset)\n");
    EXPECT_EQ(Values(graph, "fold_old_batch_norms", "w"), (Floats{1, 2, 3, 4}));  // 2 / sqrt(4), 3 / sqrt(9)
    EXPECT_EQ(Values(graph, "fold_old_batch_norms", "c_bn_offset"), (Floats{9, 18}));
  }
  const std::string global = kConv + kStatistics +
                             Node("y", "BatchNormWithGlobalNormalization", {"c", "mean", "var", "beta", "gamma"},
                                  "attr { key: 'variance_epsilon' value { f: 0 } } "
                                  "attr { key: 'scale_after_normalization' value { b: false } }");
  EXPECT_EQ(Values(global, "fold_old_batch_norms", "w"), (Floats{0.5f, 2 / 3.0f, 1.5f, 4 / 3.0f}));
  EXPECT_EQ(Values(global, "fold_old_batch_norms", "c_bn_offset"), (Floats{9.5f, 20 - 2 / 3.0f}));
}

TEST(FoldOldBatchNorms, ABiasAndTheFormatAreKept) {
  const std::string first = "attr { key: 'data_format' value { s: 'NCHW' } } ";
  const std::string graph = kHead + Node("c", "Conv2D", {"x", "w"}, kFirst) + Const("k", "2", "5, 6") +
                            Node("b", "BiasAdd", {"c", "k"}, first) + kStatistics +
                            Node("y", "FusedBatchNorm", {"b", "gamma", "beta", "mean", "var"}, kNorm + first);
  EXPECT_EQ(Values(graph, "fold_old_batch_norms", "c_bn_offset"), (Floats{14, 24}));
  GraphDef folded = GraphOf(graph);
  ASSERT_TRUE(ApplyTransforms(*ParseTransforms("fold_old_batch_norms"), {.outputs = {"y"}}, folded).ok());
  EXPECT_EQ(folded.nodes.back().Find("data_format")->AsString(), "NCHW");
  const std::string mixed =
      kConv + kStatistics + Node("y", "FusedBatchNorm", {"c", "gamma", "beta", "mean", "var"}, kNorm + first);
  EXPECT_NE(Folded(mixed, "fold_old_batch_norms").find("y = FusedBatchNorm"), std::string::npos);
}

TEST(FoldOldBatchNorms, TrainingAndReadStatisticsStay) {
  const std::string training =
      kConv + kStatistics + Node("y", "FusedBatchNorm", {"c", "gamma", "beta", "mean", "var"}, "");
  EXPECT_NE(Folded(training, "fold_old_batch_norms").find("y = FusedBatchNorm"), std::string::npos);
  const std::string read = kConv + kStatistics +
                           Node("n", "FusedBatchNorm", {"c", "gamma", "beta", "mean", "var"}, kNorm) +
                           Node("y", "Neg", {"n:1"});
  EXPECT_NE(Folded(read, "fold_old_batch_norms").find("n = FusedBatchNorm"), std::string::npos);
}

TEST(FoldOldBatchNorms, ThroughBatchesOfSpaceAndConcatenations) {
  const std::string ints =
      "attr { key: 'dtype' value { type: DT_INT32 } } attr { key: 'value' value { tensor { dtype: "
      "DT_INT32 tensor_shape { ";
  const std::string block = "node { name: 'block' op: 'Const' " + ints + "dim { size: 2 } } int_val: 1 } } } }" +
                            "node { name: 'crops' op: 'Const' " + ints +
                            "dim { size: 2 } dim { size: 2 } } int_val: 0 } } } }";
  const std::string space = kConv + block + Node("b", "BatchToSpaceND", {"c", "block", "crops"}) + kStatistics +
                            Node("y", "FusedBatchNorm", {"b", "gamma", "beta", "mean", "var"}, kNorm);
  EXPECT_EQ(
      Folded(space, "fold_old_batch_norms"),
      "x = Placeholder()\nw = Const()\nc = Conv2D(x, w)\nblock = Const()\ncrops = Const()\n"
      "c_bn_offset = Const()\nc/biasadd = BiasAdd(c, c_bn_offset)\ny = BatchToSpaceND(c/biasadd, block, crops)\n");
  const auto joined = [&](int axis, const std::string& statistics) {
    return kConv + Const("v", "1122", "1, 1, 1, 1") + Node("d", "Conv2D", {"x", "v"}, kStrides) +
           "node { name: 'axis' op: 'Const' " + ints + "} int_val: " + std::to_string(axis) + " } } } }" +
           Node("j", "ConcatV2", {"c", "d", "axis"}, "attr { key: 'N' value { i: 2 } }") + statistics +
           Node("y", "FusedBatchNorm", {"j", "gamma", "beta", "mean", "var"}, kNorm);
  };
  EXPECT_EQ(Folded(joined(2, kStatistics), "fold_old_batch_norms"),
            "x = Placeholder()\nw = Const()\nc = Conv2D(x, w)\nv = Const()\nd = Conv2D(x, v)\naxis = Const()\n"
            "c_bn_offset = Const()\nj_bn_in0 = BiasAdd(c, c_bn_offset)\nd_bn_offset = Const()\n"
            "j_bn_in1 = BiasAdd(d, d_bn_offset)\ny = ConcatV2(j_bn_in0, j_bn_in1, axis)\n");
  const std::string wide = Const("gamma", "4", "1, 1, 2, 4") + Const("beta", "4", "0, 0, 5, 6") +
                           Const("mean", "4", "0") + Const("var", "4", "1");
  EXPECT_EQ(Values(joined(3, wide), "fold_old_batch_norms", "v"), (Floats{2, 4, 2, 4}));
  EXPECT_EQ(Values(joined(3, wide), "fold_old_batch_norms", "d_bn_offset"), (Floats{5, 6}));
  EXPECT_EQ(Values(joined(-1, wide), "fold_old_batch_norms", "c_bn_offset"), (Floats{0, 0}));
}

}  // namespace
}  // namespace rivulet::prepare
