#include "engine/run/flops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "engine/ops/attention.h"
#include "engine/ops/infer.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

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
  if (FindOp("GRUBlockCell") == nullptr) GTEST_SKIP() << "not among the operators of this build";
  EXPECT_EQ(Flops(Placeholders({{"x", "5,3"}, {"h", "5,4"}, {"ru", "7,8"}, {"c", "7,4"}, {"bru", "8"}, {"bc", "4"}}) +
                  "cell = GRUBlockCell(x, h, ru, c, bru, bc) {T=float32}\ny = Identity(cell:3) {T=float32}\n"),
            2 * 5 * 7 * (8 + 4));
}

// The filter's axes are [output, input, height, width] unless the attribute says otherwise.
TEST(Flops, ConvolutionsOfAxesInAnyOrder) {
  if (FindOp("UniformQuantizedConvolutionHybrid") == nullptr) GTEST_SKIP() << "not among the operators of this build";
  EXPECT_EQ(Flops("x = Placeholder() {dtype=float32, shape=shape[2,3,8,8]}\n"
                  "w = Placeholder() {dtype=qint8, shape=shape[6,3,3,5]}\n"
                  "s = Const() {dtype=float32, value=float32[]{0.5}}\nz = Const() {dtype=int32, value=int32[]{0}}\n"
                  "y = UniformQuantizedConvolutionHybrid(x, w, s, z) {Tlhs=float32, Trhs=qint8, Tout=float32, "
                  "padding=\"VALID\", rhs_quantization_min_val=-127, rhs_quantization_max_val=127}\n"),
            2 * (2 * 6 * 6 * 4) * (3 * 3 * 5));
}

// h is multiplied by w `limit` times.
constexpr char kLoop[] = R"(
h = Placeholder() {dtype=float32, shape=shape[3,4]}
w = Placeholder() {dtype=float32, shape=shape[4,4]}
limit = Placeholder() {dtype=int32, shape=shape[]}
zero = Const() {dtype=int32, value=int32[]{0}}
one = Const() {dtype=int32, value=int32[]{1}}
enter_i = Enter(zero) {T=int32, frame_name="f"}
enter_h = Enter(h) {T=float32, frame_name="f"}
enter_limit = Enter(limit) {T=int32, frame_name="f", is_constant=true}
enter_one = Enter(one) {T=int32, frame_name="f", is_constant=true}
enter_w = Enter(w) {T=float32, frame_name="f", is_constant=true}
merge_i = Merge(enter_i, next_i) {T=int32, N=2}
merge_h = Merge(enter_h, next_h) {T=float32, N=2}
less = Less(merge_i, enter_limit) {T=int32}
cond = LoopCond(less)
switch_i = Switch(merge_i, cond) {T=int32}
switch_h = Switch(merge_h, cond) {T=float32}
more_i = AddV2(switch_i:1, enter_one) {T=int32}
more_h = MatMul(switch_h:1, enter_w) {T=float32}
next_i = NextIteration(more_i) {T=int32}
next_h = NextIteration(more_h) {T=float32}
y = Exit(switch_h) {T=float32}
)";

TEST(Flops, LoopsCountAsOftenAsTheyTurn) {
  for (const char* op : {"Enter", "LoopCond", "Less"}) {
    if (FindOp(op) == nullptr) GTEST_SKIP() << "not among the operators of this build";
  }
  constexpr int64_t kTurn = 2 * 3 * 4 * 4;
  for (const bool passes : {true, false}) {  // without them it is a loop of tokens
    SessionOptions options;
    options.passes = passes;
    auto session = Session::Create(ModelOf(kLoop), options);
    ASSERT_TRUE(session.ok()) << session.status().ToString();
    for (const int32_t turns : {3, 0, 5}) {
      RunProfile profile;
      RunOptions run;
      run.profile = &profile;
      const auto results = (*session)->Run({{"h", Tensor::Of<float>({3, 4}, std::vector<float>(12, 0.5f))},
                                            {"w", Tensor::Of<float>({4, 4}, std::vector<float>(16, 0.5f))},
                                            {"limit", Tensor::Scalar<int32_t>(turns)}},
                                           {"y"}, {}, run);
      ASSERT_TRUE(results.ok()) << results.status().ToString();
      EXPECT_EQ(CountFlops(profile), turns * kTurn) << (passes ? "passes" : "tokens");
    }
  }
}

// Two matrix products in a function, and one behind the call, whose shape is known through it.
TEST(Flops, CalledFunctions) {
  if (FindOp("PartitionedCall") == nullptr) GTEST_SKIP() << "not among the operators of this build";
  Result<Graph> graph = ParseGraph(
      "x = Placeholder() {dtype=float32, shape=shape[4,4]}\n"
      "call = PartitionedCall(x) {Tin=types[float32], Tout=types[float32]}\n"
      "y = MatMul(call, x) {T=float32}\n");
  ASSERT_TRUE(graph.ok()) << graph.status().ToString();
  graph->node(graph->Find("call")).attrs.Set("f", FunctionCall{"twice", nullptr});
  auto twice = std::make_shared<Function>();
  twice->name = "twice";
  twice->inputs.push_back({.name = "a", .type = DType::kFloat, .number_attr = "", .type_list_attr = ""});
  twice->outputs.push_back({.name = "r", .type = DType::kFloat, .number_attr = "", .type_list_attr = ""});
  for (const char* name : {"first", "second"}) {
    Function::BodyNode node;
    node.name = name;
    node.op = "MatMul";
    node.inputs = {twice->body.empty() ? "a" : "first:product:0", "a"};
    node.attrs.Set("T", DType::kFloat);
    twice->body.push_back(std::move(node));
  }
  twice->returns = {{"r", "second:product:0"}};
  graph->functions["twice"] = std::move(twice);
  const auto model = Model::FromGraph(std::move(*graph), "calls");
  EXPECT_EQ(CountFlops(model->graph(), {}, {"y"}), 3 * 2 * 4 * 4 * 4);
}

TEST(Flops, SizesThatCannotBeCountedAreNone) {
  EXPECT_EQ(
      Flops("a = Placeholder() {dtype=float32, shape=shape[?,4]}\nb = Placeholder() {dtype=float32, shape=shape[4,5]}\n"
            "y = MatMul(a, b) {T=float32}\n"),
      0);
}

}  // namespace
}  // namespace rivulet
