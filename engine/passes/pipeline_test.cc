#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

// As trained networks have it: what lies between two convolutions becomes one node.
TEST(Pipeline, ABlockOfANetworkIsOneNode) {
  std::vector<std::string_view> names;
  for (const Pass& pass : Pipeline()) names.push_back(pass.name);
  const Rewritten out = Rewrite(R"(
x = Placeholder() {dtype=float32, shape=shape[1,4,4,1]}
p = Const() {dtype=int32, value=int32[4,2]{0, 0, 1, 1, 1, 1, 0, 0}}
d = Pad(x, p) {T=float32, Tpaddings=int32}
w = Const() {dtype=float32, value=float32[1,1,1,2]{1, 2}}
i = Identity(w) {T=float32}
c = Conv2D(d, i) {T=float32, strides=ints[1, 1, 1, 1], padding="VALID"}
k = Const() {dtype=float32, value=float32[2]{1, 4}}
n = FusedBatchNormV3(c, k, k, k, k) {T=float32, U=float32, epsilon=0f, is_training=false}
y = Relu(n) {T=float32}
)",
                                names, "y");
  // x, w, scale and offset, zeros and ones as mean and variance, y.
  EXPECT_EQ(out.graph.size(), 7) << PrintGraph(out.graph);
  EXPECT_EQ(out.Root().op, "_FusedConv2D");
  EXPECT_EQ(EdgeName(out.graph, out.Root().inputs[0]), "x");
}

}  // namespace
}  // namespace rivulet
