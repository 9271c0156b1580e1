#include "engine/run/lower.h"

#include <gtest/gtest.h>

#include "engine/graph/text_form.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

// What is left to be run for its own sake, and what `y` waits for.
std::pair<size_t, size_t> Waits(std::string_view text, std::string_view root) {
  Result<Graph> graph = ParseGraph(text);
  if (!graph.ok()) {
    ADD_FAILURE() << graph.status().ToString();
    return {};
  }
  for (Node& node : graph->nodes()) node.def = FindOp(node.op);
  FunctionTable functions(graph->functions, Limits(), /*raise_loops=*/true);
  std::vector<int32_t> root_nodes = {graph->Find(root)};
  DropControls(&*graph, &root_nodes, functions);
  return {root_nodes.size(), graph->node(graph->Find("y")).control_inputs.size()};
}

// A loop's body of Keras hands its weights on, is to have done so, and its results wait for that.
TEST(DropControls, WhatIsThereAnywayIsNotRunForItsOwnSake) {
  const auto [roots, controls] = Waits(R"(
x = Placeholder() {dtype=float32, shape=shape[2]}
w = Const() {dtype=float32, value=float32[2]{1, 2}}
i = Identity(w) {T=float32}
n = NoOp(^i)
y = Neg(x, ^n) {T=float32}
)",
                                       "i");
  EXPECT_EQ(roots, 0u);
  EXPECT_EQ(controls, 0u);
}

TEST(DropControls, AReadThatIsAskedForStays) {
  const auto [roots, controls] = Waits(R"(
x = Placeholder() {dtype=float32, shape=shape[2]}
v = VarHandleOp() {dtype=float32, shape=shape[2], container="", shared_name="v"}
r = ReadVariableOp(v) {dtype=float32}
y = Neg(x, ^r) {T=float32}
)",
                                       "r");
  EXPECT_EQ(roots, 1u);
  EXPECT_EQ(controls, 1u);
}

// As a call leaves it whose function has a stateful operator: done when its result is there.
TEST(DropControls, NobodyWaitsForWhatItReads) {
  constexpr std::string_view kCall = R"(
x = Placeholder() {dtype=float32, shape=shape[2]}
c = Const() {dtype=float32, value=float32[2]{1, 2}}
other = Neg(x) {T=float32}
result = Exp(x) {T=float32}
done = NoOp(^result)
all = NoOp(^done, ^c)
z = Relu(result) {T=float32}
)";
  EXPECT_EQ(Waits(std::string(kCall) + "y = Identity(z, ^all) {T=float32}\n", "c").second, 0u);
  EXPECT_EQ(Waits(std::string(kCall) + "y = Identity(z, ^all, ^other) {T=float32}\n", "c").second, 1u);
  EXPECT_EQ(Waits(std::string(kCall) + "y = Identity(other, ^all) {T=float32}\n", "c").second, 1u);
}

}  // namespace
}  // namespace rivulet
