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
