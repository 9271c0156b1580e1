#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

constexpr char kGraph[] = R"(
x = Placeholder() {dtype=float32, shape=shape[2,3]}
a = Neg(x) {T=float32}
n = NoOp(^a)
axes = Const(^n) {dtype=int32, value=int32[1]{1}}
y = Max(a, axes) {T=float32, Tidx=int32, keep_dims=false}
)";

TEST(DropWaits, NobodyWaitsForWhatOnlyComputes) {
  const Rewritten out = Rewrite(kGraph, {"drop_waits"}, "y");
  EXPECT_TRUE(out.graph.node(out.Root().inputs[1].node).control_inputs.empty()) << PrintGraph(out.graph);
  EXPECT_EQ(out.Count("NoOp"), 0);
}

TEST(DropWaits, WhatChecksOrKeepsSomethingIsWaitedFor) {
  for (const char* awaited : {"a = CheckNumerics(x) {T=float32, message=\"m\"}",
                              "r = RandomUniform(s) {T=int32, dtype=float32}\na = Neg(r) {T=float32}"}) {
    const std::string text =
        "s = Const() {dtype=int32, value=int32[2]{2,3}}\n" + Replaced(kGraph, "a = Neg(x) {T=float32}", awaited);
    const std::string ordered = Replaced(text, "s = Const", "z = NoOp()\ns = Const");
    const std::string sorted = Replaced(ordered, "x = Placeholder() {dtype=float32, shape=shape[2,3]}\n", "");
    const Rewritten out =
        Rewrite("x = Placeholder() {dtype=float32, shape=shape[2,3]}\n" + sorted, {"drop_waits"}, "y");
    EXPECT_EQ(out.rewrites, 0) << awaited;
  }
}

TEST(DropWaits, WhatNobodyElseAsksForMayFailAndIsWaitedFor) {
  EXPECT_EQ(Rewrite(Replaced(kGraph, "Max(a, axes)", "Max(x, axes)"), {"drop_waits"}, "y").rewrites, 0);
  // What nobody feeds ends the run.
  const std::string text =
      Replaced(kGraph, "n = NoOp(^a)", "p = Placeholder() {dtype=float32, shape=shape[1]}\nn = NoOp(^p)");
  EXPECT_EQ(Rewrite(text, {"drop_waits"}, "y").rewrites, 0);
}

TEST(DropWaits, ABranchIsWaitedFor) {
  const std::string text = Replaced(kGraph, "a = Neg(x) {T=float32}", R"(p = Placeholder() {dtype=bool, shape=shape[]}
b = Switch(x, p) {T=float32}
a = Neg(b) {T=float32})");
  EXPECT_EQ(Rewrite(text, {"drop_waits"}, "y").rewrites, 0);
  // What hangs on no branch is not, wherever there are branches.
  const std::string beside = Replaced(text, "axes = Const(^n) {dtype=int32, value=int32[1]{1}}",
                                      "k = Neg(x) {T=float32}\nw = NoOp(^k)\n"
                                      "axes = Const(^w) {dtype=int32, value=int32[1]{1}}\n"
                                      "e = Add(a, k) {T=float32}");
  const Rewritten out = Rewrite(Replaced(beside, "Max(a, axes)", "Max(e, axes)"), {"drop_waits"}, "y");
  EXPECT_EQ(out.rewrites, 1);
}

}  // namespace
}  // namespace rivulet
