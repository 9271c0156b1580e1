#include "engine/ops/elementwise_chain.h"
#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

constexpr char kInputs[] = R"(
x = Placeholder() {dtype=float32, shape=shape[2,3,4]}
z = Placeholder() {dtype=float32, shape=shape[2,3,4]}
row = Placeholder() {dtype=float32, shape=shape[4]}
column = Placeholder() {dtype=float32, shape=shape[2,1,1]}
three = Const() {dtype=float32, value=float32[]{3}}
)";

Rewritten Fused(std::string_view nodes, std::string_view root = "y") {
  return Rewrite(std::string(kInputs) + std::string(nodes), {"fuse_elementwise"}, root);
}

std::vector<std::string> Steps(const Node& node) {
  const auto* list = node.attrs.Get<std::shared_ptr<const AttrList>>("steps");
  return list != nullptr ? (*list)->strings : std::vector<std::string>();
}

TEST(FuseElementwise, AHardSwish) {
  const Rewritten out = Fused(R"(
a = AddV2(x, three) {T=float32}
r = Relu6(a) {T=float32}
m = Mul(x, r) {T=float32}
y = RealDiv(m, three) {T=float32}
)");
  EXPECT_EQ(out.Root().op, "_ElementwiseChain");
  EXPECT_EQ(Steps(out.Root()), (std::vector<std::string>{"AddV2 x0 x1", "Relu6 s0", "Mul x0 s1", "RealDiv s2 x1"}));
  EXPECT_EQ(out.Root().inputs.size(), 2u);
  EXPECT_EQ(out.Root().outputs[0].shape.ToString(), "[2,3,4]");
  EXPECT_EQ(out.graph.size(), 3);
}

TEST(FuseElementwise, WhatIsReadTwiceInsideIsDoneOnce) {
  const Rewritten out = Fused("s = Sigmoid(x) {T=float32}\nm = Mul(s, z) {T=float32}\ny = Sub(m, s) {T=float32}\n");
  EXPECT_EQ(Steps(out.Root()), (std::vector<std::string>{"Sigmoid x0", "Mul s0 x1", "Sub s1 s0"}));
}

TEST(FuseElementwise, WhatIsReadOutsideStays) {
  const Rewritten out = Fused(R"(
s = Sigmoid(x) {T=float32}
m = Mul(s, z) {T=float32}
t = Tanh(m) {T=float32}
axis = Const() {dtype=int32, value=int32[]{0}}
y = ConcatV2(t, s, axis) {N=2, T=float32, Tidx=int32}
)");
  EXPECT_EQ(out.Count("Sigmoid"), 1);
  ASSERT_EQ(out.Count("_ElementwiseChain"), 1);
  const int32_t chain = out.Root().inputs[0].node;
  EXPECT_EQ(Steps(out.graph.node(chain)), (std::vector<std::string>{"Mul x0 x1", "Tanh s0"}));
}

TEST(FuseElementwise, InputsMayBeSpreadOverOneGrid) {
  EXPECT_EQ(Steps(Fused("m = Mul(x, row) {T=float32}\ny = AddV2(m, three) {T=float32}\n").Root()).size(), 2u);
  EXPECT_EQ(Steps(Fused("m = Mul(x, column) {T=float32}\ny = AddV2(three, m) {T=float32}\n").Root()).size(), 2u);
  // Rows of 4 and rows of 12.
  EXPECT_EQ(Fused("m = Mul(x, row) {T=float32}\ny = AddV2(m, column) {T=float32}\n").rewrites, 0);
}

TEST(FuseElementwise, AnotherShapeStays) {
  EXPECT_EQ(Fused("r = Relu(row) {T=float32}\ny = AddV2(x, r) {T=float32}\n").rewrites, 0);
}

TEST(FuseElementwise, OtherTypesAndUnknownShapesStay) {
  EXPECT_EQ(Rewrite("x = Placeholder() {dtype=int32, shape=shape[4]}\na = Abs(x) {T=int32}\ny = Neg(a) {T=int32}\n",
                    {"fuse_elementwise"}, "y")
                .rewrites,
            0);
  EXPECT_EQ(Rewrite("x = Placeholder() {dtype=float32, shape=shape[?]}\na = Abs(x) {T=float32}\n"
                    "y = Neg(a) {T=float32}\n",
                    {"fuse_elementwise"}, "y")
                .rewrites,
            0);
}

TEST(FuseElementwise, WhatOthersWaitForStays) {
  const Rewritten out = Fused(R"(
a = Abs(x) {T=float32}
n = Neg(a) {T=float32}
w = Identity(z, ^a) {T=float32}
y = AddV2(n, w) {T=float32}
)");
  EXPECT_EQ(out.Count("Abs"), 1);
}

TEST(FuseElementwise, ABiasAlongTheChannels) {
  const std::string bias = "b = BiasAdd(x, row) {T=float32}\ny = LeakyRelu(b) {T=float32, alpha=0.5f}\n";
  EXPECT_EQ(Steps(Fused(bias).Root()), (std::vector<std::string>{"BiasAdd x0 x1", "LeakyRelu s0"}));
  const Rewritten out = Rewrite(
      "x = Placeholder() {dtype=float32, shape=shape[1,4,2,4]}\nk = Placeholder() {dtype=float32, shape=shape[4]}\n"
      "b = BiasAdd(x, k) {T=float32, data_format=\"NCHW\"}\ny = Relu(b) {T=float32}\n",
      {"fuse_elementwise"}, "y");
  EXPECT_EQ(out.rewrites, 0);
}

TEST(FuseElementwise, LongRowsOfNodesAreCut) {
  std::string nodes;
  for (int i = 0; i < 60; ++i) {
    nodes += "n" + std::to_string(i) + " = Neg(" + (i == 0 ? "x" : "n" + std::to_string(i - 1)) + ") {T=float32}\n";
  }
  const Rewritten out = Fused(nodes, "n59");
  EXPECT_EQ(out.Count("_ElementwiseChain"), 3);
  EXPECT_EQ(out.Count("Neg"), 0);
}

// Whose rows and columns a grid has, and which inputs are spread over which.
TEST(FuseElementwise, Spreads) {
  const auto spread = [](const Shape& input, const Shape& output) {
    SpreadGrid grid;
    return SpreadOver(input, output, &grid);
  };
  EXPECT_EQ(spread({2, 3, 4}, {2, 3, 4}), Spread::kFull);
  EXPECT_EQ(spread({3, 4}, {1, 3, 4}), Spread::kFull);
  EXPECT_EQ(spread({}, {2, 3}), Spread::kScalar);
  EXPECT_EQ(spread({1, 1}, {2, 3}), Spread::kScalar);
  EXPECT_EQ(spread({3}, {2, 3}), Spread::kRow);
  EXPECT_EQ(spread({2, 1}, {2, 3}), Spread::kColumn);
  EXPECT_EQ(spread({2, 1, 4}, {2, 3, 4}), std::nullopt);
  EXPECT_EQ(spread({1, 3, 1}, {2, 3, 4}), std::nullopt);
  EXPECT_EQ(spread({1, 2, 3}, {2, 3}), std::nullopt);
}

}  // namespace
}  // namespace rivulet
