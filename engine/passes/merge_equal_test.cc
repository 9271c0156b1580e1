#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

constexpr char kInputs[] = R"(
x = Placeholder() {dtype=float32, shape=shape[2,3]}
z = Placeholder() {dtype=float32, shape=shape[2,3]}
)";

int64_t Merged(const std::string& text) { return Rewrite(kInputs + text, {"merge_equal"}, "y").rewrites; }

TEST(MergeEqual, WholeTreesAtOnce) {
  const Rewritten out = Rewrite(std::string(kInputs) + R"(
a = Mul(x, z) {T=float32}
b = Mul(x, z) {T=float32}
c = Relu(a) {T=float32}
d = Relu(b) {T=float32}
y = Sub(c, d) {T=float32}
)",
                                {"merge_equal"}, "y");
  EXPECT_EQ(out.Count("Mul"), 1);
  EXPECT_EQ(out.Count("Relu"), 1);
  EXPECT_EQ(out.Root().inputs[0], out.Root().inputs[1]);
}

TEST(MergeEqual, EveryOutput) {
  const Rewritten out = Rewrite(std::string(kInputs) + R"(
axis = Const() {dtype=int32, value=int32[]{1}}
a = Split(axis, x) {T=float32, num_split=3}
b = Split(axis, x) {T=float32, num_split=3}
y = Sub(a:2, b:2) {T=float32}
)",
                                {"merge_equal"}, "y");
  EXPECT_EQ(out.Count("Split"), 1);
  EXPECT_EQ(out.Root().inputs[1].slot, 2);
}

TEST(MergeEqual, SmallConstantsOfOneValue) {
  EXPECT_EQ(Merged(R"(
p = Const() {dtype=float32, value=float32[]{3}}
q = Const() {dtype=float32, value=float32[]{3}}
a = Mul(x, p) {T=float32}
b = Mul(x, q) {T=float32}
y = Sub(a, b) {T=float32}
)"),
            2);
  // The same bytes in another shape or type are another value.
  EXPECT_EQ(Merged(R"(
p = Const() {dtype=float32, value=float32[]{3}}
q = Const() {dtype=float32, value=float32[1]{3}}
a = Mul(x, p) {T=float32}
b = Mul(x, q) {T=float32}
y = Sub(a, b) {T=float32}
)"),
            0);
}

TEST(MergeEqual, OthersStay) {
  // Other attributes, another order of the inputs, what draws numbers, what waits for something.
  EXPECT_EQ(Merged("a = LeakyRelu(x) {T=float32, alpha=0.1f}\nb = LeakyRelu(x) {T=float32, alpha=0.2f}\n"
                   "y = Sub(a, b) {T=float32}\n"),
            0);
  EXPECT_EQ(Merged("a = Sub(x, z) {T=float32}\nb = Sub(z, x) {T=float32}\ny = Sub(a, b) {T=float32}\n"), 0);
  EXPECT_EQ(Merged("s = Const() {dtype=int32, value=int32[2]{2, 3}}\n"
                   "a = RandomUniform(s) {T=int32, dtype=float32, seed=0, seed2=0}\n"
                   "b = RandomUniform(s) {T=int32, dtype=float32, seed=0, seed2=0}\n"
                   "y = Sub(a, b) {T=float32}\n"),
            0);
  EXPECT_EQ(Merged("a = Relu(x) {T=float32}\nb = Relu(x, ^z) {T=float32}\ny = Sub(a, b) {T=float32}\n"), 0);
  EXPECT_EQ(Merged("y = Sub(x, z) {T=float32}\n"), 0);
}

// Keras cuts the same rows out of a cell's weights at each step.
TEST(MergeEqual, WhatIsFoldedIsFoldedOnce) {
  std::string text = std::string(kInputs) + "w = Const() {dtype=float32, value=float32[3,40]{" + "1";
  for (int i = 2; i <= 120; ++i) text += Cat(", ", int64_t{i});
  text += R"(}}
one = Const() {dtype=int32, value=int32[2]{1, 1}}
)";
  for (const std::string n : {"1", "2"}) {
    text += Cat("begin", n, " = Const() {dtype=int32, value=int32[2]{0, 0}}\n", "end", n,
                " = Const() {dtype=int32, value=int32[2]{3, 30}}\n", "s", n, " = StridedSlice(w, begin", n, ", end", n,
                ", one) {T=float32, Index=int32}\n");
  }
  text += "p = MatMul(x, s1) {T=float32}\nq = MatMul(z, s2) {T=float32}\ny = Sub(p, q) {T=float32}\n";
  const Rewritten out = Rewrite(text, {"merge_equal", "fold_constants", "merge_folded"}, "y");
  EXPECT_EQ(out.Count("Const"), 1);
  EXPECT_EQ(out.Count("StridedSlice"), 0);
}

}  // namespace
}  // namespace rivulet
