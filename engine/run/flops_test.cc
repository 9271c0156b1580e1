#include "engine/run/flops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "engine/ops/attention.h"
#include "engine/ops/infer.h"
#include "engine/run/model_of.h"

namespace rivulet {
namespace {

// Of y, with the placeholders' own shapes.
int64_t Flops(const std::string& text) { return CountFlops(ModelOf(text)->graph(), {}, {"y"}); }

// Two for each product: it is added to something.
TEST(Flops, ProductsAndSums) {
  EXPECT_EQ(
      Flops("a = Placeholder() {dtype=float32, shape=shape[3,4]}\nb = Placeholder() {dtype=float32, shape=shape[4,5]}\n"
            "y = MatMul(a, b) {T=float32}\n"),
      2 * 3 * 4 * 5);
  EXPECT_EQ(
      Flops("a = Placeholder() {dtype=float32, shape=shape[4,3]}\nb = Placeholder() {dtype=float32, shape=shape[4,5]}\n"
            "y = MatMul(a, b) {T=float32, transpose_a=true}\n"),
      2 * 3 * 4 * 5);
  const std::string picture = "x = Placeholder() {dtype=float32, shape=shape[2,8,8,3]}\n";
  EXPECT_EQ(Flops(picture + "w = Placeholder() {dtype=float32, shape=shape[3,3,3,6]}\n"
                            "y = Conv2D(x, w) {T=float32, strides=ints[1, 2, 2, 1], padding=\"SAME\"}\n"),
            2 * (2 * 4 * 4 * 6) * (3 * 3 * 3));
  EXPECT_EQ(
      Flops(picture + "w = Placeholder() {dtype=float32, shape=shape[3,3,3,2]}\n"
                      "y = DepthwiseConv2dNative(x, w) {T=float32, strides=ints[1, 1, 1, 1], padding=\"VALID\"}\n"),
      2 * (2 * 6 * 6 * 6) * (3 * 3));
  EXPECT_EQ(Flops(picture + "y = Relu(x) {T=float32}\n"), 0);
}

std::string Placeholders(std::initializer_list<std::pair<const char*, const char*>> shapes,
                         const char* type = "float32") {
  std::string text;
  for (const auto& [name, dims] : shapes)
    text += std::string(name) + " = Placeholder() {dtype=" + type + ", shape=shape[" + dims + "]}\n";
  return text;
}

TEST(Flops, EachEinsteinLabelIsALoop) {
  const std::string ab = Placeholders({{"a", "2,3,4"}, {"b", "2,4,5"}});
  EXPECT_EQ(Flops(ab + "y = Einsum(a, b) {T=float32, N=2, equation=\"bij,bjk->bik\"}\n"), 2 * 2 * 3 * 4 * 5);
  EXPECT_EQ(Flops(ab + "y = Einsum(a) {T=float32, N=1, equation=\"bij->bji\"}\n"), 0);
}

// q [2, 7, 4, 8] as batch, rows, heads, depth; keys of 5 rows, values 6 wide. No file has the operator: passes make it.
TEST(Flops, AttentionHasTwoProducts) {
  Result<Graph> graph =
      ParseGraph(Placeholders({{"q", "2,7,4,8"}, {"k", "2,5,4,8"}, {"v", "2,5,4,6"}}) +
                 "y = _Attention(q, k, v) {q_axes=\"AtBd\", k_axes=\"AsBd\", v_axes=\"AsBe\", scores_axes=\"ABts\", "
                 "out_axes=\"AtBe\", scale=1f, keeps=true, otherwise=0f, Tm=types[]}\n");
  ASSERT_TRUE(graph.ok()) << graph.status().ToString();
  for (Node& node : graph->nodes()) node.def = node.op == kAttention.name ? &kAttention : FindOp(node.op);
  const Status inferred = InferGraph(*graph, *Allocator::Create(), {});
  ASSERT_TRUE(inferred.ok()) << inferred.ToString();
  const Node& attention = *std::find_if(graph->nodes().begin(), graph->nodes().end(),
                                        [](const Node& node) { return node.op == kAttention.name; });
  EXPECT_EQ(CountFlops(*graph, attention), 2 * (2 * 4 * 7 * 5) * (8 + 6));
}

TEST(Flops, Gradients) {
  if (FindOp("Conv2DBackpropFilter") == nullptr) GTEST_SKIP() << "not among the operators of this build";
  const std::string sizes =
      "s = Const() {dtype=int32, value=int32[4]{2, 8, 8, 3}}\n"
      "f = Const() {dtype=int32, value=int32[4]{3, 3, 3, 6}}\n";
  const std::string rest = " {T=float32, strides=ints[1, 1, 1, 1], padding=\"SAME\"}\n";
  const std::string given = sizes + Placeholders({{"x", "2,8,8,3"}, {"w", "3,3,3,6"}, {"g", "2,8,8,6"}});
  EXPECT_EQ(Flops(given + "y = Conv2DBackpropInput(s, w, g)" + rest), 2 * (2 * 8 * 8 * 6) * (3 * 3 * 3));
  EXPECT_EQ(Flops(given + "y = Conv2DBackpropFilter(x, f, g)" + rest), 2 * (2 * 8 * 8 * 6) * (3 * 3 * 3));
}

TEST(Flops, CellsOfRecurrence) {
  EXPECT_EQ(Flops(Placeholders({{"x", "5,3"}, {"h", "5,4"}, {"ru", "7,8"}, {"c", "7,4"}, {"bru", "8"}, {"bc", "4"}}) +
                  "cell = GRUBlockCell(x, h, ru, c, bru, bc) {T=float32}\ny = Identity(cell:3) {T=float32}\n"),
            2 * 5 * 7 * (8 + 4));
}

TEST(Flops, SizesThatCannotBeCountedAreNone) {
  EXPECT_EQ(
      Flops("a = Placeholder() {dtype=float32, shape=shape[?,4]}\nb = Placeholder() {dtype=float32, shape=shape[4,5]}\n"
            "y = MatMul(a, b) {T=float32}\n"),
      0);
}

}  // namespace
}  // namespace rivulet
