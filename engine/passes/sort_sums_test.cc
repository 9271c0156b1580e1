#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

// The cell of step t: x_t is there at once, h only when something has been made of it.
constexpr char kCell[] = R"(
x = Placeholder() {dtype=float32, shape=shape[1,2]}
g = Placeholder() {dtype=float32, shape=shape[1,2]}
h = Tanh(g) {T=float32}
w = Const() {dtype=float32, value=float32[2,2]{1, 2, 3, 4}}
u = Const() {dtype=float32, value=float32[2,2]{5, 6, 7, 8}}
k = Const() {dtype=float32, value=float32[2]{9, 10}}
p = MatMul(x, w) {T=float32}
q = MatMul(h, u) {T=float32}
)";

std::vector<std::string> FusedOps(const Node& node) {
  const auto* list = node.attrs.Get<std::shared_ptr<const AttrList>>("fused_ops");
  return list != nullptr ? (*list)->strings : std::vector<std::string>();
}

Rewritten Sorted(const std::string& text) { return Rewrite(kCell + text, {"sort_sums", "fuse_conv_bias_act"}, "y"); }

// The state's product takes what the input's gives, which keeps the bias.
void ExpectStateTakesAll(const Rewritten& out) {
  ASSERT_EQ(out.Root().op, "_FusedMatMul");
  EXPECT_EQ(FusedOps(out.Root()), (std::vector<std::string>{"Add"}));
  EXPECT_EQ(ConstValues(out.graph, out.Root().inputs[1]), (std::vector<float>{5, 6, 7, 8}));
  const Node& early = out.graph.node(out.Root().inputs[2].node);
  EXPECT_EQ(early.op, "_FusedMatMul");
  EXPECT_EQ(FusedOps(early), (std::vector<std::string>{"BiasAdd"}));
  EXPECT_EQ(EdgeName(out.graph, early.inputs[0]), "x");
  EXPECT_EQ(out.Count("BiasAdd") + out.Count("AddV2"), 0);
}

TEST(SortSums, TheBiasGoesToWhatIsThereFirst) {
  for (const char* sum : {"p, q", "q, p"}) {
    ExpectStateTakesAll(Sorted(Cat("a = AddV2(", sum, ") {T=float32}\ny = BiasAdd(a, k) {T=float32}\n")));
  }
}

TEST(SortSums, ABiasThatIsARowIsAnAddend) {
  for (const char* row : {"r = Squeeze(q) {T=float32, squeeze_dims=ints[0]}", "r = Reshape(q, n) {T=float32}"}) {
    ExpectStateTakesAll(Sorted(Cat("n = Const() {dtype=int32, value=int32[1]{2}}\n", row,
                                   "\na = BiasAdd(p, r) {T=float32}\ny = BiasAdd(a, k) {T=float32}\n")));
  }
}

TEST(SortSums, ALoopsElementIsThereBeforeItsState) {
  const Rewritten out = Rewrite(R"(
list = Placeholder() {dtype=variant, shape=shape[]}
i = Placeholder() {dtype=int32, shape=shape[]}
j = Add(i, i) {T=int32}
h = Placeholder() {dtype=float32, shape=shape[1,2]}
w = Const() {dtype=float32, value=float32[2,2]{1, 2, 3, 4}}
u = Const() {dtype=float32, value=float32[2,2]{5, 6, 7, 8}}
k = Const() {dtype=float32, value=float32[2]{9, 10}}
shape = Const() {dtype=int32, value=int32[2]{1, 2}}
x = TensorListGetItem(list, j, shape) {element_dtype=float32}
p = MatMul(x, w) {T=float32}
q = MatMul(h, u) {T=float32}
a = AddV2(p, q) {T=float32}
y = BiasAdd(a, k) {T=float32}
)",
                                {"sort_sums", "fuse_conv_bias_act"}, "y");
  ExpectStateTakesAll(out);
}

TEST(SortSums, OthersStay) {
  // Two rows: each element of the bias is added to both.
  EXPECT_EQ(Rewrite(R"(
x = Placeholder() {dtype=float32, shape=shape[2,2]}
z = Placeholder() {dtype=float32, shape=shape[1,2]}
r = Squeeze(z) {T=float32, squeeze_dims=ints[0]}
y = BiasAdd(x, r) {T=float32}
)",
                    {"sort_sums"}, "y")
                .rewrites,
            0);
  // A sum that others read, too, and one of a product and something else.
  EXPECT_EQ(Rewrite(std::string(kCell) + "a = AddV2(p, q) {T=float32}\nb = BiasAdd(a, k) {T=float32}\n"
                                         "y = Mul(a, b) {T=float32}\n",
                    {"sort_sums"}, "y")
                .rewrites,
            0);
  EXPECT_EQ(
      Rewrite(std::string(kCell) + "a = AddV2(p, h) {T=float32}\ny = BiasAdd(a, k) {T=float32}\n", {"sort_sums"}, "y")
          .rewrites,
      0);
}

}  // namespace
}  // namespace rivulet
