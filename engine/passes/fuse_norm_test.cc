#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

std::string Norm(std::string_view rest, std::string_view training = "false") {
  return std::string(R"(
x = Placeholder() {dtype=float32, shape=shape[1,2,2,2]}
gamma = Const() {dtype=float32, value=float32[2]{2, 6}}
beta = Const() {dtype=float32, value=float32[2]{1, -1}}
mean = Const() {dtype=float32, value=float32[2]{3, 1}}
var = Const() {dtype=float32, value=float32[2]{3, 8}}
n = FusedBatchNormV3(x, gamma, beta, mean, var) {T=float32, U=float32, epsilon=1f, is_training=)") +
         std::string(training) + "}\n" + std::string(rest);
}

TEST(FuseNorm, WithTheRectifierBehindIt) {
  const Rewritten out = Rewrite(Norm("y = Relu(n) {T=float32}\n"), {"fuse_norm"}, "y");
  ASSERT_EQ(out.Root().op, "_ElementwiseChain");
  EXPECT_EQ((*out.Root().attrs.Get<std::shared_ptr<const AttrList>>("steps"))->strings,
            (std::vector<std::string>{"Mul x0 x1", "AddV2 s0 x2", "Relu s1"}));
  EXPECT_EQ(ConstValues(out.graph, out.Root().inputs[1]), (std::vector<float>{1, 2}));
  EXPECT_EQ(ConstValues(out.graph, out.Root().inputs[2]), (std::vector<float>{-2, -3}));
}

TEST(FuseNorm, ByItself) {
  const Rewritten out = Rewrite(Norm("y = Neg(n) {T=float32}\n"), {"fuse_norm"}, "y");
  EXPECT_EQ(out.Count("_ElementwiseChain"), 1);
  EXPECT_EQ(out.Root().op, "Neg");
}

TEST(FuseNorm, StaysWhereItsStatisticsAreReadOrMade) {
  EXPECT_EQ(Rewrite(Norm("s = Neg(n:1) {T=float32}\nr = Relu(n) {T=float32}\ny = AddV2(r, s) {T=float32}\n"),
                    {"fuse_norm"}, "y")
                .rewrites,
            0);
  EXPECT_EQ(Rewrite(Norm("y = Relu(n) {T=float32}\n", "true"), {"fuse_norm"}, "y").rewrites, 0);
}

}  // namespace
}  // namespace rivulet
