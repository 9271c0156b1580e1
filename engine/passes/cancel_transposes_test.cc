#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

constexpr char kInputs[] = R"(
x = Placeholder() {dtype=float32, shape=shape[2,3,4,5]}
z = Placeholder() {dtype=float32, shape=shape[2,3,4,5]}
first = Const() {dtype=int32, value=int32[4]{0, 3, 1, 2}}
last = Const() {dtype=int32, value=int32[4]{0, 2, 3, 1}}
t = Transpose(x, first) {T=float32, Tperm=int32}
u = Transpose(z, first) {T=float32, Tperm=int32}
)";

Rewritten Cancelled(const std::string& text) { return Rewrite(kInputs + text, {"cancel_transposes"}, "y"); }

// What stays of transposes when `text`, which reads t or u, is turned back to channels last.
int Left(const std::string& text) {
  return Cancelled(text + "y = Transpose(r, last) {T=float32, Tperm=int32}\n").Count("Transpose");
}

TEST(CancelTransposes, TwoBecomeOneOrNone) {
  const Rewritten none = Cancelled("y = Transpose(t, last) {T=float32, Tperm=int32}\nother = Relu(t) {T=float32}\n");
  EXPECT_EQ(none.Root().op, "Placeholder");
  const Rewritten one = Cancelled("y = Transpose(t, first) {T=float32, Tperm=int32}\n");
  EXPECT_EQ(one.Count("Transpose"), 1);
  EXPECT_EQ(one.Root().outputs[0].shape, Shape({2, 4, 5, 3}));
}

TEST(CancelTransposes, InTheirOrder) {
  const Rewritten out = Cancelled(R"(
swap_first = Const() {dtype=int32, value=int32[4]{1, 0, 2, 3}}
swap_next = Const() {dtype=int32, value=int32[4]{0, 2, 1, 3}}
a = Transpose(x, swap_first) {T=float32, Tperm=int32}
y = Transpose(a, swap_next) {T=float32, Tperm=int32}
)");
  EXPECT_EQ(out.Count("Transpose"), 1);
  EXPECT_EQ(out.Root().outputs[0].shape, Shape({3, 4, 2, 5}));
}

TEST(CancelTransposes, OverWhatWorksElementByElement) {
  EXPECT_EQ(Left("r = Relu(t) {T=float32}\n"), 0);
  EXPECT_EQ(Left("r = Sub(t, u) {T=float32}\n"), 0);
  EXPECT_EQ(Left("c = Const() {dtype=float32, value=float32[]{3}}\nr = Mul(c, t) {T=float32}\n"), 0);
  // What is no transpose beside it, and a transpose that others read.
  EXPECT_GT(Left("v = Placeholder() {dtype=float32, shape=shape[2,5,3,4]}\nr = Mul(t, v) {T=float32}\n"), 0);
  EXPECT_GT(Left("s = Relu(t) {T=float32}\nr = Mul(t, s) {T=float32}\n"), 0);
}

TEST(CancelTransposes, AConstantIsTurnedBack) {
  // A value for each channel, which stand first.
  const Rewritten out = Cancelled(R"(
c = Const() {dtype=float32, value=float32[5,1,1]{1, 2, 3, 4, 5}}
r = AddV2(t, c) {T=float32}
y = Transpose(r, last) {T=float32, Tperm=int32}
)");
  ASSERT_EQ(out.Root().op, "AddV2");
  EXPECT_EQ(out.graph.fact(out.Root().inputs[1]).shape, Shape({1, 1, 1, 5}));
  EXPECT_EQ(ConstValues(out.graph, out.Root().inputs[1]), (std::vector<float>{1, 2, 3, 4, 5}));
  // Two wide axes would have to change places.
  EXPECT_GT(Left("c = Const() {dtype=float32, value=float32[2,1,1,4]{1, 2, 3, 4, 5, 6, 7, 8}}\n"
                 "r = AddV2(t, c) {T=float32}\n"),
            0);
}

TEST(CancelTransposes, OverAxes) {
  const Rewritten concat = Cancelled(R"(
axis = Const() {dtype=int32, value=int32[]{-3}}
r = ConcatV2(t, u, axis) {T=float32, Tidx=int32, N=2}
y = Transpose(r, last) {T=float32, Tperm=int32}
)");
  ASSERT_EQ(concat.Root().op, "ConcatV2");
  EXPECT_EQ(concat.Root().outputs[0].shape, Shape({2, 3, 4, 10}));
  const Rewritten pad = Cancelled(R"(
p = Const() {dtype=int32, value=int32[4,2]{0, 0, 1, 2, 3, 4, 5, 6}}
r = Pad(t, p) {T=float32, Tpaddings=int32}
y = Transpose(r, last) {T=float32, Tperm=int32}
)");
  ASSERT_EQ(pad.Root().op, "Pad");
  EXPECT_EQ(pad.Root().outputs[0].shape, Shape({2, 10, 15, 8}));
}

TEST(CancelTransposes, OverMeans) {
  const Rewritten pooled = Cancelled(R"(
axes = Const() {dtype=int32, value=int32[2]{2, -1}}
y = Mean(t, axes) {T=float32, Tidx=int32, keep_dims=false}
)");
  EXPECT_EQ(pooled.Count("Transpose"), 0);
  EXPECT_EQ(pooled.Root().outputs[0].shape, Shape({2, 5}));
  const Rewritten kept = Cancelled(R"(
axes = Const() {dtype=int32, value=int32[1]{1}}
r = Mean(t, axes) {T=float32, Tidx=int32, keep_dims=true}
y = Transpose(r, last) {T=float32, Tperm=int32}
)");
  ASSERT_EQ(kept.Root().op, "Mean");
  EXPECT_EQ(kept.Root().outputs[0].shape, Shape({2, 3, 4, 1}));
  // What is left may still have to change places.
  const Rewritten turned = Cancelled(R"(
axes = Const() {dtype=int32, value=int32[1]{0}}
y = Max(t, axes) {T=float32, Tidx=int32, keep_dims=false}
)");
  EXPECT_EQ(turned.Count("Transpose"), 1);
  EXPECT_EQ(turned.Root().outputs[0].shape, Shape({5, 3, 4}));
}

// A residual block with channels first has no transpose between its operators.
TEST(CancelTransposes, ABlockWithChannelsFirst) {
  const Rewritten out = Rewrite(R"(
x = Placeholder() {dtype=float32, shape=shape[1,2,4,4]}
w = Const() {dtype=float32, value=float32[1,1,2,2]{1, 2, 3, 4}}
k = Const() {dtype=float32, value=float32[2]{1, 4}}
c = Conv2D(x, w) {T=float32, strides=ints[1, 1, 1, 1], padding="SAME", data_format="NCHW"}
n = FusedBatchNormV3(c, k, k, k, k) {T=float32, U=float32, epsilon=0f, is_training=false, data_format="NCHW"}
r = Relu(n) {T=float32}
d = Conv2D(r, w) {T=float32, strides=ints[1, 1, 1, 1], padding="SAME", data_format="NCHW"}
b = BiasAdd(d, k) {T=float32, data_format="NCHW"}
a = AddV2(b, r) {T=float32}
s = Relu(a) {T=float32}
axes = Const() {dtype=int32, value=int32[2]{2, 3}}
y = Mean(s, axes) {T=float32, Tidx=int32, keep_dims=false}
)",
                                {"channels_last", "cancel_transposes", "fold_batch_norm", "fuse_conv_bias_act"}, "y");
  EXPECT_EQ(out.Count("Transpose"), 1) << PrintGraph(out.graph);  // of x
  EXPECT_EQ(out.Count("_FusedConv2D"), 2) << PrintGraph(out.graph);
}

}  // namespace
}  // namespace rivulet
