#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

constexpr char kInputs[] = R"(
x = Placeholder() {dtype=float32, shape=shape[2,3,4,5]}
z = Placeholder() {dtype=float32, shape=shape[2,5,3,4]}
first = Const() {dtype=int32, value=int32[4]{0, 3, 1, 2}}
last = Const() {dtype=int32, value=int32[4]{0, 2, 3, 1}}
pads = Const() {dtype=int32, value=int32[4,2]{0, 0, 0, 0, 1, 1, 2, 2}}
t = Transpose(x, first) {T=float32, Tperm=int32}
)";

constexpr char kTwoReaders[] = R"(
a = Relu(t) {T=float32}
b = AddV2(a, t) {T=float32}
y = Transpose(b, last) {T=float32, Tperm=int32}
)";

Rewritten Turned(const std::string& text) { return Rewrite(kInputs + text, {"turn_regions"}, "y"); }

void ExpectTheSame(const std::string& text) {
  ExpectTheSameWithPasses(kInputs + text, {{"x", Numbers({2, 3, 4, 5}, 7)}, {"z", Numbers({2, 5, 3, 4}, 5)}});
}

TEST(TurnRegions, ATransposeOfSeveralReadersGoes) {
  const Rewritten out = Turned(kTwoReaders);
  EXPECT_EQ(out.Count("Transpose"), 0) << PrintGraph(out.graph);
  EXPECT_EQ(out.Root().op, "AddV2");
  ExpectTheSame(kTwoReaders);
}

TEST(TurnRegions, OnlyWhereLessIsTransposed) {
  // Once in and once out, in either order of axes.
  const Rewritten even = Turned("a = Relu(t) {T=float32}\ny = AddV2(a, t) {T=float32}\n");
  EXPECT_EQ(even.rewrites, 0);
  // What is beside would have to be transposed instead.
  const std::string beside = "a = Relu(t) {T=float32}\nb = Mul(a, z) {T=float32}\nc = AddV2(b, t) {T=float32}\n";
  EXPECT_EQ(Turned(beside + "y = Abs(c) {T=float32}\n").rewrites, 0);
  const std::string back = beside + "y = Transpose(c, last) {T=float32, Tperm=int32}\n";
  EXPECT_EQ(Turned(back).Count("Transpose"), 1);
  ExpectTheSame(back);
  EXPECT_EQ(Turned(R"(
v = Placeholder() {dtype=float32, shape=shape[2,5,3,4]}
w = Placeholder() {dtype=float32, shape=shape[2,5,3,4]}
a = Mul(t, z) {T=float32}
b = AddV2(a, v) {T=float32}
c = AddV2(b, w) {T=float32}
y = Transpose(c, last) {T=float32, Tperm=int32}
)")
                .rewrites,
            0);
}

TEST(TurnRegions, WhatOthersReadIsTransposedForThem) {
  // The reshape reads channels first; two transposes go, one comes.
  const std::string text = R"(
a = Relu(t) {T=float32}
b = AddV2(a, t) {T=float32}
u = Transpose(b, last) {T=float32, Tperm=int32}
flat = Const() {dtype=int32, value=int32[1]{-1}}
r = Reshape(b, flat) {T=float32, Tshape=int32}
s = Reshape(u, flat) {T=float32, Tshape=int32}
y = Sub(r, s) {T=float32}
)";
  const Rewritten out = Turned(text);
  EXPECT_EQ(out.Count("Transpose"), 1) << PrintGraph(out.graph);
  ExpectTheSame(text);
}

TEST(TurnRegions, PadsConcatenationsAndMeans) {
  const std::string text = R"(
axis = Const() {dtype=int32, value=int32[]{1}}
space = Const() {dtype=int32, value=int32[2]{2, 3}}
p = Pad(t, pads) {T=float32, Tpaddings=int32}
q = Transpose(p, last) {T=float32, Tperm=int32}
c = ConcatV2(t, t, axis) {T=float32, Tidx=int32, N=2}
u = Transpose(c, last) {T=float32, Tperm=int32}
m = Mean(c, space) {T=float32, Tidx=int32, keep_dims=false}
v = Mean(q, space) {T=float32, Tidx=int32, keep_dims=false}
w = Mean(u, axis) {T=float32, Tidx=int32, keep_dims=false}
k = Mean(m) {T=float32, Tidx=int32, keep_dims=false}
)";
  const std::string used =
      Replaced(text, "k = Mean(m)", "all = Const() {dtype=int32, value=int32[2]{0, 1}}\nk = Mean(m, all)") +
      "whole = Const() {dtype=int32, value=int32[3]{0, 1, 2}}\n"
      "n = Mean(w, whole) {T=float32, Tidx=int32, keep_dims=false}\n"
      "d = Add(v, k) {T=float32}\ny = Add(d, n) {T=float32}\n";
  const Rewritten out = Turned(used);
  EXPECT_EQ(out.Count("Transpose"), 0) << PrintGraph(out.graph);
  ExpectTheSame(used);
}

// Another reader, which has to have it transposed, and transposes by something else.
TEST(TurnRegions, OtherTransposesAreComposed) {
  const std::string text = R"(
swap = Const() {dtype=int32, value=int32[4]{0, 3, 2, 1}}
a = Relu(t) {T=float32}
b = AddV2(a, t) {T=float32}
u = Transpose(b, last) {T=float32, Tperm=int32}
v = Transpose(b, swap) {T=float32, Tperm=int32}
w = Transpose(v, swap) {T=float32, Tperm=int32}
g = Transpose(w, last) {T=float32, Tperm=int32}
y = Sub(u, g) {T=float32}
)";
  const Rewritten out = Turned(text);
  EXPECT_EQ(out.rewrites, 1);
  ExpectTheSame(text);
}

// A residual block with channels first and its zeros written out, as PyTorch's exporters write it: nothing is
// transposed between, and the convolutions take in the zeros.
TEST(TurnRegions, AResidualBlock) {
  const Rewritten out = Rewrite(R"(
x = Placeholder() {dtype=float32, shape=shape[1,2,6,6]}
w = Const() {dtype=float32, value=float32[1,1,2,2]{1, 2, 3, 4}}
v = Const() {dtype=float32, value=float32[2,1,2,2]{1, 2, 3, 4, 5, 6, 7, 8}}
pads = Const() {dtype=int32, value=int32[4,2]{0, 0, 0, 0, 1, 0, 0, 0}}
c = Conv2D(x, w) {T=float32, strides=ints[1, 1, 1, 1], padding="SAME", data_format="NCHW"}
r = Relu(c) {T=float32}
p = Pad(r, pads) {T=float32, Tpaddings=int32}
d = Conv2D(p, v) {T=float32, strides=ints[1, 1, 1, 1], padding="VALID", data_format="NCHW"}
a = AddV2(d, r) {T=float32}
s = Relu(a) {T=float32}
axes = Const() {dtype=int32, value=int32[2]{2, 3}}
y = Mean(s, axes) {T=float32, Tidx=int32, keep_dims=false}
)",
                                {"channels_last", "cancel_transposes", "turn_regions", "fold_pad"}, "y");
  EXPECT_EQ(out.Count("Transpose"), 1) << PrintGraph(out.graph);  // of x
  EXPECT_EQ(out.Count("Pad"), 0) << PrintGraph(out.graph);
}

}  // namespace
}  // namespace rivulet
