#include "engine/passes/written_activation.h"

#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

constexpr char kProduct[] = R"(
in = Placeholder() {dtype=float32, shape=shape[1,2]}
w = Const() {dtype=float32, value=float32[2,2]{1, 2, 3, 4}}
k = Const() {dtype=float32, value=float32[2]{10, 100}}
one = Const() {dtype=float32, value=float32[]{1}}
three = Const() {dtype=float32, value=float32[]{3}}
half = Const() {dtype=float32, value=float32[]{0.5}}
sixth = Const() {dtype=float32, value=float32[]{0.16666667}}
six = Const() {dtype=float32, value=float32[]{6}}
root = Const() {dtype=float32, value=float32[]{0.70710678}}
minus = Const() {dtype=float32, value=float32[]{-0.70710678}}
root2 = Const() {dtype=float32, value=float32[]{1.41421356}}
pi = Const() {dtype=float32, value=float32[]{0.79788456}}
cubic = Const() {dtype=float32, value=float32[]{0.044715}}
m = MatMul(in, w) {T=float32}
x = BiasAdd(m, k) {T=float32}
)";

std::string Node(std::string_view name, std::string_view op, std::string_view inputs) {
  return Cat(name, " = ", op, "(", inputs, ") {T=float32}\n");
}

std::string LastOf(const std::string& parts) {
  const Rewritten out = Rewrite(kProduct + parts, {"fuse_conv_bias_act"}, "y");
  const auto* list = out.Root().attrs.Get<std::shared_ptr<const AttrList>>("fused_ops");
  return list == nullptr ? out.Root().op : (*list)->strings.back();
}

TEST(WrittenActivation, HardSwish) {
  const std::string gate = Node("a", "AddV2", "x, three") + Node("r", "Relu6", "a");
  EXPECT_EQ(LastOf(gate + Node("s", "Mul", "r, sixth") + Node("y", "Mul", "x, s")), "HardSwish");
  EXPECT_EQ(LastOf(gate + Node("s", "Mul", "x, r") + Node("y", "Mul", "sixth, s")), "HardSwish");
  EXPECT_EQ(LastOf(gate + Node("s", "RealDiv", "r, six") + Node("y", "Mul", "s, x")), "HardSwish");
  EXPECT_EQ(LastOf(gate + Node("s", "Mul", "x, r") + Node("y", "RealDiv", "s, six")), "HardSwish");
}

TEST(WrittenActivation, Gelu) {
  const std::string by_product = Node("s", "Mul", "x, root") + Node("e", "Erf", "s") + Node("g", "AddV2", "one, e");
  EXPECT_EQ(LastOf(by_product + Node("h", "Mul", "half, x") + Node("y", "Mul", "h, g")), "GeluExact");
  EXPECT_EQ(LastOf(by_product + Node("h", "Mul", "half, g") + Node("y", "Mul", "x, h")), "GeluExact");
  const std::string by_quotient = Node("s", "RealDiv", "x, root2") + Node("e", "Erf", "s") + Node("g", "Add", "e, one");
  EXPECT_EQ(LastOf(by_quotient + Node("h", "Mul", "x, g") + Node("y", "Mul", "h, half")), "GeluExact");
  EXPECT_EQ(LastOf(Node("s", "Mul", "x, minus") + Node("e", "Erfc", "s") + Node("h", "Mul", "x, e") +
                   Node("y", "Mul", "h, half")),
            "GeluExact");
  EXPECT_EQ(LastOf(Node("n", "Neg", "x") + Node("s", "Mul", "n, root") + Node("e", "Erfc", "s") +
                   Node("h", "Mul", "x, half") + Node("y", "Mul", "h, e")),
            "GeluExact");
}

TEST(WrittenActivation, GeluByTanh) {
  const std::string after = Node("c", "Mul", "p, cubic") + Node("i", "AddV2", "x, c") + Node("u", "Mul", "pi, i") +
                            Node("t", "Tanh", "u") + Node("g", "AddV2", "t, one") + Node("h", "Mul", "x, half") +
                            Node("y", "Mul", "h, g");
  EXPECT_EQ(LastOf(Node("p", "Pow", "x, three") + after), "GeluApproximate");
  EXPECT_EQ(LastOf(Node("q", "Square", "x") + Node("p", "Mul", "q, x") + after), "GeluApproximate");
  EXPECT_EQ(LastOf(Node("q", "Mul", "x, x") + Node("p", "Mul", "x, q") + after), "GeluApproximate");
  EXPECT_EQ(LastOf(Node("p", "Pow", "x, six") + after), "Mul");
  EXPECT_EQ(LastOf(Node("p", "Mul", "x, x") + after), "Mul");
}

TEST(WrittenActivation, OtherNumbersOrReadersAreNone) {
  const std::string gate = Node("a", "AddV2", "x, three") + Node("r", "Relu6", "a");
  EXPECT_EQ(LastOf(gate + Node("s", "Mul", "r, half") + Node("y", "Mul", "x, s")), "Mul");
  EXPECT_EQ(LastOf(gate + Node("s", "Mul", "r, sixth") + Node("y", "Mul", "in, s")), "Mul");
  EXPECT_EQ(LastOf(Node("a", "AddV2", "x, one") + Node("r", "Relu6", "a") + Node("s", "Mul", "r, sixth") +
                   Node("y", "Mul", "x, s")),
            "Mul");
  // x, the inside of the gate, and what is multiplied last, read by another node.
  for (const char* other : {"x", "a", "r", "s"}) {
    const Rewritten out = Rewrite(
        kProduct + gate + Node("s", "Mul", "r, sixth") + Node("z", "Mul", "x, s") + Node("y", "Sub", Cat("z, ", other)),
        {"fuse_conv_bias_act"}, "y");
    EXPECT_EQ(out.Count("Relu6"), 1) << other;
  }
  // A gate that is a quotient by no constant.
  EXPECT_EQ(LastOf(gate + Node("s", "RealDiv", "r, x") + Node("y", "Mul", "x, s")), "Mul");
}

}  // namespace
}  // namespace rivulet
