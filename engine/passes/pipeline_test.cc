#include <sstream>
#include <string>

#include "engine/ops/int8_steps.h"
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

// A word that is no operator's name would keep a pass from every graph.
TEST(Pipeline, WhatAPassNeedsAreOperators) {
  for (const Pass& pass : Pipeline()) {
    std::istringstream words(pass.needs == nullptr ? "" : pass.needs);
    for (std::string word; words >> word;) {
      const bool is_own = word == kInt8Quantize.name || word == kInt8Dequantize.name;
      EXPECT_TRUE(is_own || FindOp(word) != nullptr) << pass.name << ": " << word;
    }
  }
}

int looks = 0;
Status Look(const PassContext&, PatchSink&) {
  ++looks;
  return Status();
}

// x -> Relu -> y, with one more Relu in front in each round.
Status AddRelu(const PassContext& context, PatchSink& sink) {
  ++looks;
  if (looks > 3) return Status();
  const Edge root = context.roots[0];
  Node relu;
  relu.name = "more";
  relu.op = "Relu";
  relu.attrs.Set("T", DType::kFloat);
  relu.inputs = {context.graph.node(root.node).inputs[0]};
  sink.Begin();
  sink.Replace(root, sink.Add(std::move(relu)));
  return Status();
}

int64_t LooksOf(const Pass& pass) {
  auto graph = ParseGraph(R"(
x = Placeholder() {dtype=float32, shape=shape[4]}
y = Relu(x) {T=float32}
)");
  if (!graph.ok()) return -1;
  for (Node& node : graph->nodes()) node.def = FindOp(node.op);
  auto allocator = Allocator::Create();
  EXPECT_TRUE(InferGraph(*graph, *allocator, {}, true).ok());
  std::vector<Edge> roots = {{graph->Find("y"), 0}};
  std::vector<int32_t> root_nodes;
  ThreadPool pool(1);
  looks = 0;
  const Pass passes[] = {pass};
  PassOptions options;
  options.passes = passes;
  EXPECT_TRUE(RunPasses(*graph, &roots, &root_nodes, *allocator, pool, StopToken(), options).ok());
  return looks;
}

TEST(Pipeline, APassIsRunWhereTheGraphHasWhatItNeeds) {
  EXPECT_EQ(LooksOf({"look", "", Look}), 1);
  EXPECT_EQ(LooksOf({"look", "", Look, "Relu"}), 1);
  EXPECT_EQ(LooksOf({"look", "", Look, "Conv2D Relu Tanh"}), 1);
  EXPECT_EQ(LooksOf({"look", "", Look, "Conv2D Relu6 Rel"}), 0);
}

TEST(Pipeline, APassIsRunUntilItRewritesNothing) {
  EXPECT_EQ(LooksOf({"add", "", AddRelu}), 4);
  EXPECT_EQ(LooksOf({"add", "", AddRelu, nullptr, /*once=*/true}), 1);
}

}  // namespace
}  // namespace rivulet
