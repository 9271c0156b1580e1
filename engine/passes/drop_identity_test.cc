#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

TEST(DropIdentity, UsersTakeTheInput) {
  const Rewritten out = Rewrite(R"(
x = Placeholder() {dtype=float32, shape=shape[2]}
a = Identity(x) {T=float32}
b = StopGradient(a) {T=float32}
y = Neg(b) {T=float32}
)",
                                {"drop_identity"}, "y");
  EXPECT_EQ(out.graph.size(), 2);
  EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[0]), "x");
}

std::string OfTwo(std::string_view first) {
  return "x = Placeholder() {dtype=float32, shape=shape[2]}\np = Placeholder() {dtype=bool, shape=shape[]}\n"
         "s = Switch(x, p) {T=float32}\nn = Neg(x) {T=float32}\ni = IdentityN(" +
         std::string(first) + ", n) {T=types[float32, float32]}\ny = Sub(i, i:1) {T=float32}\n";
}

TEST(DropIdentity, EachOfSeveral) {
  const Rewritten out = Rewrite(OfTwo("x"), {"drop_identity"}, "y");
  EXPECT_EQ(out.Count("IdentityN"), 0);
  EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[0]), "x");
  EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[1]), "n");
}

TEST(DropIdentity, SeveralOfWhichOneMayBeDeadStay) {
  EXPECT_EQ(Rewrite(OfTwo("s"), {"drop_identity"}, "y").Count("IdentityN"), 1);
}

TEST(DropIdentity, AProductWithOne) {
  const auto product = [](std::string_view factor) {
    return "x = Placeholder() {dtype=float32, shape=shape[2]}\nk = Const() {dtype=float32, value=float32" +
           std::string(factor) + "}\nm = Mul(k, x) {T=float32}\ny = Neg(m) {T=float32}\n";
  };
  EXPECT_EQ(Rewrite(product("[]{1}"), {"drop_identity"}, "y").Count("Mul"), 0);
  EXPECT_EQ(Rewrite(product("[]{1.5}"), {"drop_identity"}, "y").Count("Mul"), 1);
  EXPECT_EQ(Rewrite(product("[1,1]{1}"), {"drop_identity"}, "y").Count("Mul"), 1);
}

TEST(DropIdentity, AFetchedIdentityIsItsInput) {
  const Rewritten out = Rewrite("x = Placeholder() {dtype=float32, shape=shape[2]}\ny = Identity(x) {T=float32}\n",
                                {"drop_identity"}, "y");
  EXPECT_EQ(out.Root().name, "x");
}

TEST(DropIdentity, OneThatWaitsStays) {
  const Rewritten out = Rewrite(R"(
x = Placeholder() {dtype=float32, shape=shape[2]}
c = CheckNumerics(x) {T=float32, message="bad"}
y = Identity(x, ^c) {T=float32}
z = Neg(y) {T=float32}
)",
                                {"drop_identity"}, "z");
  EXPECT_EQ(out.Count("Identity"), 1);
  EXPECT_EQ(out.rewrites, 0);
}

TEST(DropIdentity, ControlEdgesFollowTheNodesThatMove) {
  const Rewritten out = Rewrite(R"(
x = Placeholder() {dtype=float32, shape=shape[2]}
a = Identity(x) {T=float32}
c = CheckNumerics(a) {T=float32, message="bad"}
y = Neg(a, ^c) {T=float32}
)",
                                {"drop_identity"}, "y");
  ASSERT_EQ(out.graph.size(), 3);
  ASSERT_EQ(out.Root().control_inputs.size(), 1u);
  EXPECT_EQ(out.graph.node(out.Root().control_inputs[0]).name, "c");
}

}  // namespace
}  // namespace rivulet
