#include "engine/passes/pass_test_kit.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

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

// How many places there are is known only when they were folded.
TEST(FoldConstants, ShapesFoundOnTheWayAreChecked) {
  const auto run = [](const std::string& y) {
    auto session = Session::Create(ModelOf(R"(
x = Placeholder() {dtype=float32, shape=shape[2]}
a = Const() {dtype=float32, value=float32[3]{1, 0, 2}}
w = Where(a) {T=float32}
n = Neg(w) {T=int64}
one = Const() {dtype=int64, value=int64[1]{1}}
two = Const() {dtype=int64, value=int64[1]{2}}
three = Const() {dtype=int64, value=int64[1]{3}}
more = Const() {dtype=float32, value=float32[3]{1, 2, 3}}
)" + y + "\n"));
    const std::vector<float> values = {1, 2};
    return (*session)->Run({{"x", Tensor::Of<float>({2}, values)}}, {"y"}).status().ToString();
  };
  EXPECT_EQ(run("y = Reshape(n, two) {T=int64, Tshape=int64}"), Status().ToString());
  EXPECT_NE(run("y = Reshape(n, one) {T=int64, Tshape=int64}"), Status().ToString());
  EXPECT_NE(run("y = Reshape(n, three) {T=int64, Tshape=int64}"), Status().ToString());
  // Where what reads it is not folded itself.
  EXPECT_EQ(run("y = ScatterNd(w, x, three) {T=float32, Tindices=int64}"), Status().ToString());
  EXPECT_NE(run("y = ScatterNd(w, more, three, ^x) {T=float32, Tindices=int64}"), Status().ToString());
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
