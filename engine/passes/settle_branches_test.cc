#include "engine/base/small.h"
#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

// As `cond` of TensorFlow 1 writes it.
constexpr char kGraph[] = R"(
x = Placeholder() {dtype=float32, shape=shape[2,3]}
p = Const() {dtype=bool, value=bool[]{true}}
choice = Switch(p, p) {T=bool}
is_off = Identity(choice:0) {T=bool}
is_on = Identity(choice:1) {T=bool}
off = Switch(x, p) {T=float32}
on = Switch(x, p) {T=float32}
two = Const(^is_on) {dtype=float32, value=float32[]{2}}
three = Const(^is_off) {dtype=float32, value=float32[1]{3}}
a = Mul(on:1, two) {T=float32}
b = Sub(off:0, three) {T=float32}
m = Merge(b, a) {T=float32, N=2}
y = Neg(m) {T=float32}
)";
const std::vector<std::string_view> kPasses = {"drop_identity", "drop_waits", "fold_constants", "settle_branches"};

std::string WithUnknown(std::string text) {
  return Replaced(std::move(text), "p = Const() {dtype=bool, value=bool[]{true}}",
                  "p = Placeholder() {dtype=bool, shape=shape[]}");
}

TEST(SettleBranches, AKnownConditionLeavesNothingToChoose) {
  if (kIsSmall) GTEST_SKIP();
  const Rewritten out = Rewrite(kGraph, kPasses, "y");
  for (const char* op : {"Switch", "Merge", "Identity", "Sub"}) EXPECT_EQ(out.Count(op), 0) << op;
  const Node& product = out.graph.node(out.Root().inputs[0].node);
  EXPECT_EQ(product.op, "Mul");
  EXPECT_TRUE(out.graph.node(product.inputs[1].node).control_inputs.empty()) << PrintGraph(out.graph);
}

TEST(SettleBranches, TheOtherSide) {
  if (kIsSmall) GTEST_SKIP();
  const Rewritten out = Rewrite(Replaced(kGraph, "{true}", "{false}"), kPasses, "y");
  EXPECT_EQ(out.Count("Mul") + out.Count("Merge"), 0);
  EXPECT_EQ(out.Count("Sub"), 1);
}

TEST(SettleBranches, ResultsAreThoseOfTheGraph) {
  const Tensor x = Numbers(Shape{2, 3}, 5);
  for (const char* value : {"{true}", "{false}"}) ExpectTheSameBits(Replaced(kGraph, "{true}", value), x);
  for (const bool p : {true, false}) {
    ExpectTheSameWithPasses(WithUnknown(kGraph), {{"x", x}, {"p", Tensor::Scalar<bool>(p)}});
  }
}

TEST(SettleBranches, WhatIsNotKnownIsChosenLater) {
  const Rewritten out = Rewrite(WithUnknown(kGraph), {"settle_branches"}, "y");
  EXPECT_EQ(out.rewrites, 0);
}

TEST(SettleBranches, AConditionOfABranchIsKnownOnceThatBranchIs) {
  if (kIsSmall) GTEST_SKIP();
  const std::string nested =
      Replaced(kGraph, "a = Mul(on:1, two) {T=float32}", R"(q = Const(^is_on) {dtype=bool, value=bool[]{false}}
inner = Switch(on:1, q) {T=float32}
first = Neg(inner:0) {T=float32}
second = Mul(inner:1, two) {T=float32}
a = Merge(first, second) {T=float32, N=2})");
  const Rewritten out = Rewrite(nested, kPasses, "y");
  EXPECT_EQ(out.Count("Switch") + out.Count("Merge") + out.Count("Mul"), 0) << PrintGraph(out.graph);
  EXPECT_EQ(out.Count("Neg"), 2);
  // Where the outer is not known, the inner choice may be of a branch that is not taken.
  const Rewritten unknown = Rewrite(WithUnknown(nested), kPasses, "y");
  EXPECT_EQ(unknown.Count("Merge"), 2) << PrintGraph(unknown.graph);
  const Tensor x = Numbers(Shape{2, 3}, 5);
  for (const bool p : {true, false}) {
    ExpectTheSameWithPasses(WithUnknown(nested), {{"x", x}, {"p", Tensor::Scalar<bool>(p)}});
  }
}

TEST(SettleBranches, AMergeOfMoreThanOneThatMayCome) {
  if (kIsSmall) GTEST_SKIP();
  const std::string text =
      Replaced(kGraph, "m = Merge(b, a) {T=float32, N=2}", R"(q = Placeholder() {dtype=bool, shape=shape[]}
later = Switch(a, q) {T=float32}
c = Exp(later:1) {T=float32}
d = Abs(later:0) {T=float32}
m = Merge(b, c, d) {T=float32, N=3})");
  EXPECT_EQ(Rewrite(text, kPasses, "y").Count("Merge"), 1);
  const Tensor x = Numbers(Shape{2, 3}, 5);
  for (const bool q : {true, false}) ExpectTheSameWithPasses(text, {{"x", x}, {"q", Tensor::Scalar<bool>(q)}});
}

TEST(SettleBranches, TheNumberOfTheInputThatCame) {
  if (kIsSmall) GTEST_SKIP();
  const std::string text =
      Replaced(kGraph, "y = Neg(m) {T=float32}", "y = Cast(m:1) {SrcT=int32, DstT=float32, Truncate=false}");
  const Rewritten out = Rewrite(text, kPasses, "y");
  EXPECT_EQ(ConstValues(out.graph, out.Root().inputs[0]).size() + ConstValues(out.graph, out.roots[0]).size(), 1u);
  EXPECT_EQ(out.Count("Merge"), 0);
  ExpectTheSameBits(text, Numbers(Shape{2, 3}, 5));
}

TEST(SettleBranches, WhatASwitchWaitsForStillHappensFirst) {
  if (kIsSmall) GTEST_SKIP();
  const std::string text = Replaced(kGraph, "on = Switch(x, p)", R"(c = CheckNumerics(x) {T=float32, message="m"}
on = Switch(x, p, ^c))");
  const Rewritten out = Rewrite(text, kPasses, "y");
  EXPECT_EQ(out.Count("Switch") + out.Count("Merge"), 0) << PrintGraph(out.graph);
  EXPECT_EQ(out.Count("CheckNumerics"), 1);
}

TEST(SettleBranches, AMergeRunsWithoutWhatItWaitsFor) {
  const std::string text = Replaced(kGraph, "m = Merge(b, a)", "m = Merge(b, a, ^three)");
  EXPECT_EQ(Rewrite(text, kPasses, "y").Count("Merge"), 1);
  ExpectTheSameBits(text, Numbers(Shape{2, 3}, 5));
}

TEST(SettleBranches, WhatIsNotTakenCannotBeFetched) {
  auto session = Session::Create(ModelOf(kGraph), {});
  ASSERT_TRUE(session.ok());
  const auto result = (*session)->Run({{"x", Numbers(Shape{2, 3}, 5)}}, {"b"});
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.status().ToString().find("not taken"), std::string::npos) << result.status().ToString();
}

TEST(SettleBranches, OneOfSeveralByNumber) {
  if (kIsSmall) GTEST_SKIP();
  for (const int number : {0, 1, 2, 7, -1}) {
    std::string text = R"(
x = Placeholder() {dtype=float32, shape=shape[2,3]}
n = Const() {dtype=int32, value=int32[]{NUMBER}}
s = _SwitchN(x, n) {T=float32, num_outs=3}
a = Neg(s:0) {T=float32}
b = Exp(s:1) {T=float32}
c = Abs(s:2) {T=float32}
y = Merge(a, b, c) {T=float32, N=3}
)";
    text = Replaced(text, "NUMBER", std::to_string(number));
    const Rewritten out = Rewrite(text, kPasses, "y");
    EXPECT_EQ(out.Root().op, number == 0 ? "Neg" : number == 1 ? "Exp" : "Abs") << number;
    ExpectTheSameBits(text, Numbers(Shape{2, 3}, 5));
  }
}

}  // namespace
}  // namespace rivulet
