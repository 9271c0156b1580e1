#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

TEST(FoldConstants, ChainsBecomeOneConstant) {
  const Rewritten out = Rewrite(R"(
x = Placeholder() {dtype=float32, shape=shape[2]}
a = Const() {dtype=float32, value=float32[2]{1, 2}}
b = Const() {dtype=float32, value=float32[2]{3, 4}}
s = Add(a, b) {T=float32}
n = Neg(s) {T=float32}
y = Mul(x, n) {T=float32}
)",
                                {"fold_constants"}, "y");
  EXPECT_EQ(out.graph.size(), 3);
  EXPECT_EQ(ConstValues(out.graph, out.Root().inputs[1]), (std::vector<float>{-4, -6}));
}

TEST(FoldConstants, AFetchedConstantExpression) {
  const Rewritten out =
      Rewrite("a = Const() {dtype=float32, value=float32[]{2}}\ny = Neg(a) {T=float32}\n", {"fold_constants"}, "y");
  EXPECT_EQ(out.Root().op, "Const");
}

TEST(FoldConstants, WhatWouldGrowStays) {
  const Rewritten out = Rewrite(R"(
d = Const() {dtype=int32, value=int32[2]{4096, 4096}}
v = Const() {dtype=float32, value=float32[]{1}}
y = Fill(d, v) {T=float32, index_type=int32}
)",
                                {"fold_constants"}, "y");
  EXPECT_EQ(out.Root().op, "Fill");
}

TEST(FoldConstants, RandomNumbersAreNotConstants) {
  const Rewritten out = Rewrite(R"(
d = Const() {dtype=int32, value=int32[1]{3}}
y = RandomUniform(d) {T=int32, dtype=float32, seed=1, seed2=2}
)",
                                {"fold_constants"}, "y");
  EXPECT_EQ(out.Root().op, "RandomUniform");
}

TEST(FoldConstants, WhatWaitsForACheckStays) {
  const Rewritten out = Rewrite(R"(
x = Placeholder() {dtype=float32, shape=shape[2]}
c = CheckNumerics(x) {T=float32, message="bad"}
a = Const() {dtype=float32, value=float32[2]{1, 2}}
n = Neg(a, ^c) {T=float32}
y = Mul(x, n) {T=float32}
)",
                                {"fold_constants"}, "y");
  EXPECT_EQ(out.Count("Neg"), 1);
  EXPECT_EQ(out.Count("CheckNumerics"), 1);
}

}  // namespace
}  // namespace rivulet
