#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

constexpr char kConv[] = R"(
x = Placeholder() {dtype=float32, shape=shape[1,2,2,2]}
w = Const() {dtype=float32, value=float32[1,1,2,2]{1, 2, 3, 4}}
k = Const() {dtype=float32, value=float32[2]{10, 100}}
c = Conv2D(x, w) {T=float32, strides=ints[1, 1, 1, 1], padding="VALID"}
b = BiasAdd(c, k) {T=float32}
)";

std::vector<std::string> FusedOps(const Rewritten& out) {
  const auto* list = out.Root().attrs.Get<std::shared_ptr<const AttrList>>("fused_ops");
  return list != nullptr ? (*list)->strings : std::vector<std::string>();
}

TEST(FuseConvBiasAct, WholeChain) {
  const Rewritten out = Rewrite(std::string(kConv) + "a = AddV2(x, b) {T=float32}\ny = Relu(a) {T=float32}\n",
                                {"fuse_conv_bias_act"}, "y");
  EXPECT_EQ(out.Root().op, "_FusedConv2D");
  EXPECT_EQ(FusedOps(out), (std::vector<std::string>{"BiasAdd", "Add", "Relu"}));
  EXPECT_EQ(out.Root().inputs.size(), 4u);
  EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[3]), "x");
  EXPECT_EQ(out.graph.size(), 4);
}

TEST(FuseConvBiasAct, Volumes) {
  const Rewritten out = Rewrite(R"(
x = Placeholder() {dtype=float32, shape=shape[1,2,2,2,2]}
w = Const() {dtype=float32, value=float32[1,1,1,2,2]{1, 2, 3, 4}}
k = Const() {dtype=float32, value=float32[2]{10, 100}}
c = Conv3D(x, w) {T=float32, strides=ints[1, 1, 1, 1, 1], padding="VALID"}
b = BiasAdd(c, k) {T=float32}
y = Relu(b) {T=float32}
)",
                                {"fuse_conv_bias_act"}, "y");
  EXPECT_EQ(out.Root().op, "_FusedConv3D");
  EXPECT_EQ(FusedOps(out), (std::vector<std::string>{"BiasAdd", "Relu"}));
}

TEST(FuseConvBiasAct, AfterAScale) {
  const Rewritten out =
      Rewrite(std::string(kConv) + "m = Mul(b, k) {T=float32}\na = AddV2(x, m) {T=float32}\ny = Relu6(a) {T=float32}\n",
              {"fold_batch_norm", "fuse_conv_bias_act"}, "y");
  EXPECT_EQ(out.Root().op, "_FusedConv2D");
  EXPECT_EQ(FusedOps(out), (std::vector<std::string>{"FusedBatchNorm", "Add", "Relu6"}));
  ASSERT_EQ(out.Root().inputs.size(), 7u);
  EXPECT_EQ(ConstValues(out.graph, out.Root().inputs[2]), (std::vector<float>{10, 100}));
  EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[6]), "x");
  EXPECT_EQ(Rewrite(std::string(kConv) + "y = Mul(b, k) {T=float32}\n", {"fold_batch_norm", "fuse_conv_bias_act"}, "y")
                .rewrites,
            1);
}

TEST(FuseConvBiasAct, StopsWhereAValueIsSharedOrBroadcast) {
  EXPECT_EQ(FusedOps(Rewrite(std::string(kConv) + "r = Relu(b) {T=float32}\ny = Add(r, b) {T=float32}\n",
                             {"fuse_conv_bias_act"}, "r")),
            (std::vector<std::string>{"BiasAdd", "Relu"}));
  const Rewritten shared =
      Rewrite(std::string(kConv) + "r = Relu(b) {T=float32}\ny = Add(r, b) {T=float32}\n", {"fuse_conv_bias_act"}, "y");
  EXPECT_EQ(shared.Count("Relu"), 1);
  EXPECT_EQ(shared.Count("_FusedConv2D"), 1);
  const Rewritten broadcast = Rewrite(std::string(kConv) + "y = Add(b, k) {T=float32}\n", {"fuse_conv_bias_act"}, "y");
  EXPECT_EQ(broadcast.Root().op, "Add");
}

TEST(FuseConvBiasAct, AProductWithItsOwnSigmoidIsSwish) {
  const std::string gate = std::string(kConv) + "s = Sigmoid(b) {T=float32}\ny = Mul(s, b) {T=float32}\n";
  const Rewritten out = Rewrite(gate, {"fuse_conv_bias_act"}, "y");
  EXPECT_EQ(FusedOps(out), (std::vector<std::string>{"BiasAdd", "Swish"}));
  EXPECT_EQ(out.graph.size(), 4);
  // Another reader of the value or of its sigmoid, or another value, and it is none.
  for (const char* other : {"z = Sub(y, b) {T=float32}\n", "z = Sub(y, s) {T=float32}\n"}) {
    EXPECT_EQ(Rewrite(gate + other, {"fuse_conv_bias_act"}, "z").Count("Sigmoid"), 1) << other;
  }
  EXPECT_EQ(Rewrite(std::string(kConv) + "s = Sigmoid(b) {T=float32}\ny = Mul(s, x) {T=float32}\n",
                    {"fuse_conv_bias_act"}, "y")
                .Count("Mul"),
            1);
}

TEST(FuseConvBiasAct, TheNumberOfRewritesCanBeBounded) {
  const std::string two = std::string(kConv) + R"(
d = Conv2D(b, w) {T=float32, strides=ints[1, 1, 1, 1], padding="VALID"}
y = Relu6(d) {T=float32}
)";
  EXPECT_EQ(Rewrite(two, {"fuse_conv_bias_act"}, "y", 0).rewrites, 0);
  EXPECT_EQ(Rewrite(two, {"fuse_conv_bias_act"}, "y", 1).rewrites, 1);
  EXPECT_EQ(Rewrite(two, {"fuse_conv_bias_act"}, "y").rewrites, 2);
}

TEST(FuseConvBiasAct, FiresOnceOnItsOwnOutput) {
  const Rewritten out =
      Rewrite(std::string(kConv) + "y = Relu(b) {T=float32}\n", {"fuse_conv_bias_act", "fuse_conv_bias_act"}, "y");
  EXPECT_EQ(out.rewrites, 1);
}

TEST(FuseConvBiasAct, TheBoundOnRewritesHoldsAcrossPasses) {
  const std::string text = std::string(kConv) + R"(
i = Identity(b) {T=float32}
d = Conv2D(i, w) {T=float32, strides=ints[1, 1, 1, 1], padding="VALID"}
y = Relu6(d) {T=float32}
)";
  EXPECT_EQ(Rewrite(text, {"drop_identity", "fuse_conv_bias_act"}, "y", 2).rewrites, 2);
  EXPECT_EQ(Rewrite(text, {"drop_identity", "fuse_conv_bias_act"}, "y").rewrites, 3);
}

TEST(FuseConvBiasAct, KeepsTheSlopeOfALeakyRelu) {
  const Rewritten out =
      Rewrite(std::string(kConv) + "y = LeakyRelu(b) {T=float32, alpha=0.5f}\n", {"fuse_conv_bias_act"}, "y");
  EXPECT_EQ(FusedOps(out), (std::vector<std::string>{"BiasAdd", "LeakyRelu"}));
  EXPECT_EQ(*out.Root().attrs.Get<float>("leakyrelu_alpha"), 0.5f);
}

// A dense layer over a sequence, as Keras writes it: the product's rows are taken apart before the bias.
constexpr char kSequence[] = R"(
x = Placeholder() {dtype=float32, shape=shape[6,2]}
z = Placeholder() {dtype=float32, shape=shape[2,3,2]}
w = Const() {dtype=float32, value=float32[2,2]{1, 2, 3, 4}}
k = Const() {dtype=float32, value=float32[2]{10, 100}}
to = Const() {dtype=int32, value=int32[3]{2, 3, 2}}
m = MatMul(x, w) {T=float32}
r = Reshape(m, to) {T=float32, Tshape=int32}
b = BiasAdd(r, k) {T=float32}
)";

TEST(FuseConvBiasAct, RowsTakenApart) {
  const Rewritten out = Rewrite(std::string(kSequence) + "a = AddV2(z, b) {T=float32}\ny = Relu(a) {T=float32}\n",
                                {"fuse_conv_bias_act"}, "y");
  EXPECT_EQ(out.Root().op, "Reshape");
  EXPECT_EQ(out.Root().outputs[0].shape, (Shape{2, 3, 2}));
  const Node& fused = out.graph.node(out.Root().inputs[0].node);
  ASSERT_EQ(fused.op, "_FusedMatMul");
  const auto& ops = (*fused.attrs.Get<std::shared_ptr<const AttrList>>("fused_ops"))->strings;
  EXPECT_EQ(ops, (std::vector<std::string>{"BiasAdd", "Add", "Relu"}));
  const Node& addend = out.graph.node(fused.inputs[3].node);
  EXPECT_EQ(addend.op, "Reshape");
  EXPECT_EQ(addend.outputs[0].shape, (Shape{6, 2}));
  EXPECT_EQ(EdgeName(out.graph, addend.inputs[0]), "z");
  EXPECT_EQ(out.Count("BiasAdd") + out.Count("AddV2") + out.Count("Relu"), 0);
}

TEST(FuseConvBiasAct, RowsTakenApartElsewhereStay) {
  // The last axis is another: a bias has a value for each of three.
  const std::string others = std::string(kSequence) + R"(
flat = Const() {dtype=int32, value=int32[2]{4, 3}}
k3 = Const() {dtype=float32, value=float32[3]{1, 2, 3}}
r3 = Reshape(m, flat) {T=float32, Tshape=int32}
)";
  EXPECT_EQ(Rewrite(others + "y = BiasAdd(r3, k3) {T=float32}\n", {"fuse_conv_bias_act"}, "y").rewrites, 0);
  // Nothing follows, or others read the product, too.
  EXPECT_EQ(Rewrite(others + "y = Neg(r) {T=float32}\n", {"fuse_conv_bias_act"}, "y").rewrites, 0);
  EXPECT_EQ(Rewrite(others + "s = Neg(m) {T=float32}\nt = Reshape(s, to) {T=float32, Tshape=int32}\n"
                             "y = AddV2(t, b) {T=float32}\n",
                    {"fuse_conv_bias_act"}, "y")
                .Count("_FusedMatMul"),
            0);
}

}  // namespace
}  // namespace rivulet
