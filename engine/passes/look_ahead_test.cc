#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

constexpr char kLoopBody[] = R"(
list = Placeholder() {dtype=variant, shape=shape[]}
i = Placeholder() {dtype=int32, shape=shape[]}
h = Placeholder() {dtype=float32, shape=shape[1,1]}
w = Const() {dtype=float32, value=float32[3,2]{1, 2, 3, 4, 5, 6}}
k = Const() {dtype=float32, value=float32[2]{7, 8}}
axis = Const() {dtype=int32, value=int32[]{1}}
shape = Const() {dtype=int32, value=int32[2]{1, 2}}
r = TensorListGetItem(list, i, shape) {element_dtype=float32}
)";

Rewritten Looked(const std::string& text) {
  return Rewrite(kLoopBody + text, {"fuse_conv_bias_act", "look_ahead"}, "y");
}

const Node& Only(const Rewritten& out, std::string_view op) {
  for (const Node& node : out.graph.nodes()) {
    if (node.op == op) return node;
  }
  ADD_FAILURE() << "no " << op << " in " << PrintGraph(out.graph);
  return out.Root();
}

TEST(LookAhead, ACellOfJoinedInputAndState) {
  const Rewritten out = Looked(R"(
c = ConcatV2(r, h, axis) {T=float32, Tidx=int32, N=2}
m = MatMul(c, w) {T=float32}
b = BiasAdd(m, k) {T=float32}
y = Tanh(b) {T=float32}
)");
  const Node& ahead = Only(out, "_LookAheadMatMul");
  EXPECT_EQ(ConstValues(out.graph, ahead.inputs[1]), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(ConstValues(out.graph, ahead.inputs[2]), (std::vector<float>{7, 8}));
  EXPECT_EQ(out.Root().op, "_FusedMatMul");
  EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[0]), "h");
  EXPECT_EQ(ConstValues(out.graph, out.Root().inputs[1]), (std::vector<float>{5, 6}));
  EXPECT_EQ((*out.Root().attrs.Get<std::shared_ptr<const AttrList>>("fused_ops"))->strings,
            (std::vector<std::string>{"Add", "Tanh"}));
}

TEST(LookAhead, TheStateMayStandFirst) {
  const Rewritten out = Looked("c = ConcatV2(h, r, axis) {T=float32, Tidx=int32, N=2}\ny = MatMul(c, w) {T=float32}\n");
  EXPECT_EQ(ConstValues(out.graph, Only(out, "_LookAheadMatMul").inputs[1]), (std::vector<float>{3, 4, 5, 6}));
  EXPECT_EQ(ConstValues(out.graph, out.Root().inputs[1]), (std::vector<float>{1, 2}));
}

TEST(LookAhead, AnElementAlone) {
  const Rewritten out = Looked("v = Const() {dtype=float32, value=float32[2,1]{1, 2}}\ny = MatMul(r, v) {T=float32}\n");
  EXPECT_EQ(out.Root().op, "_LookAheadMatMul");
  EXPECT_EQ(ConstValues(out.graph, out.Root().inputs[2]), (std::vector<float>{0}));
}

TEST(LookAhead, ABiasOfTheStepIsAddedBehind) {
  const Rewritten out = Looked(R"(
b = Placeholder() {dtype=float32, shape=shape[1]}
v = Const() {dtype=float32, value=float32[2,1]{1, 2}}
m = MatMul(r, v) {T=float32}
y = BiasAdd(m, b) {T=float32}
)");
  EXPECT_EQ(ConstValues(out.graph, Only(out, "_LookAheadMatMul").inputs[2]), (std::vector<float>{0}));
  EXPECT_EQ(out.Root().op, "BiasAdd");
  EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[1]), "b");
  // Beside a state there is no room for it.
  EXPECT_EQ(Looked("b = Placeholder() {dtype=float32, shape=shape[2]}\n"
                   "c = ConcatV2(r, h, axis) {T=float32, Tidx=int32, N=2}\nm = MatMul(c, w) {T=float32}\n"
                   "y = BiasAdd(m, b) {T=float32}\n")
                .Count("_LookAheadMatMul"),
            0);
}

TEST(LookAhead, OthersStay) {
  const std::string cell = "c = ConcatV2(r, h, axis) {T=float32, Tidx=int32, N=2}\nm = MatMul(c, w) {T=float32}\n";
  // The list is changed, too: a holder of it would make each change a copy.
  EXPECT_EQ(Looked(cell + "s = TensorListSetItem(list, i, h) {element_dtype=float32}\n"
                          "n = TensorListLength(s)\nf = Cast(n) {SrcT=int32, DstT=float32}\n"
                          "y = Mul(m, f) {T=float32}\n")
                .Count("_LookAheadMatMul"),
            0);
  // An index that is known is read once.
  EXPECT_EQ(Looked("two = Const() {dtype=int32, value=int32[]{2}}\n"
                   "q = TensorListGetItem(list, two, shape) {element_dtype=float32}\n"
                   "c = ConcatV2(q, h, axis) {T=float32, Tidx=int32, N=2}\ny = MatMul(c, w) {T=float32}\n")
                .Count("_LookAheadMatMul"),
            0);
  // Weights that are not known, and joined rows that others read.
  EXPECT_EQ(Looked("u = Placeholder() {dtype=float32, shape=shape[2,2]}\ny = MatMul(r, u) {T=float32}\n")
                .Count("_LookAheadMatMul"),
            0);
  EXPECT_EQ(Looked(cell + "z = Sum(c, axis) {T=float32, Tidx=int32, keep_dims=true}\ny = Mul(m, z) {T=float32}\n")
                .Count("_LookAheadMatMul"),
            0);
}

}  // namespace
}  // namespace rivulet
