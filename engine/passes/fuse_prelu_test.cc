#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

std::string Parts(std::string_view rest) {
  return std::string(R"(
x = Placeholder() {dtype=float32, shape=shape[1,4,2]}
alpha = Const() {dtype=float32, value=float32[2]{0.25, 1}}
minus = Const() {dtype=float32, value=float32[2]{-0.25, -0.5}}
half = Const() {dtype=float32, value=float32[]{0.5}}
r = Relu(x) {T=float32}
a = Abs(x) {T=float32}
d = Sub(x, a) {T=float32}
n = Neg(x) {T=float32}
m = Relu(n) {T=float32}
)") + std::string(rest);
}

void ExpectSlopes(std::string_view rest, const std::vector<float>& slopes) {
  SCOPED_TRACE(rest);
  const Rewritten out = Rewrite(Parts(rest), {"fuse_prelu"}, "y");
  ASSERT_EQ(out.Root().op, "_ElementwiseChain");
  EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[0]), "x");
  EXPECT_EQ(ConstValues(out.graph, out.Root().inputs[1]), slopes);
}

TEST(FusePrelu, WrittenWithSizes) {
  ExpectSlopes("p = Mul(alpha, d) {T=float32}\nq = Mul(p, half) {T=float32}\ny = AddV2(r, q) {T=float32}\n", {0.25, 1});
  ExpectSlopes("p = Mul(d, half) {T=float32}\nq = Mul(alpha, p) {T=float32}\ny = Add(q, r) {T=float32}\n", {0.25, 1});
}

TEST(FusePrelu, WrittenWithTwoRectifiers) {
  ExpectSlopes("p = Mul(minus, m) {T=float32}\ny = AddV2(r, p) {T=float32}\n", {0.25, 0.5});
  ExpectSlopes("p = Mul(m, half) {T=float32}\ny = Sub(r, p) {T=float32}\n", {0.5, 0.5});
}

TEST(FusePrelu, WhatIsNoneStays) {
  for (const char* rest : {
           "p = Mul(minus, m) {T=float32}\ny = Sub(p, r) {T=float32}\n",    // the other way round
           "p = Mul(minus, n) {T=float32}\ny = AddV2(r, p) {T=float32}\n",  // not rectified
           "p = Mul(x, d) {T=float32}\ny = AddV2(r, p) {T=float32}\n",      // no slope that is known
       }) {
    EXPECT_EQ(Rewrite(Parts(rest), {"fuse_prelu"}, "y").rewrites, 0) << rest;
  }
}

}  // namespace
}  // namespace rivulet
