// Plans of bodies: what they keep, and what of a failure.
#include <gtest/gtest.h>

#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

// `name` takes a vector of floats and counts from 1 the places where it is not zero, by an operator whose result's size
// is in the data. Its constant is not aligned: its plan copies it.
void AddWhere(Graph* graph, const std::string& name) {
  auto function = std::make_shared<Function>();
  function->name = name;
  function->inputs.push_back({.name = "x", .type = DType::kFloat, .number_attr = "", .type_list_attr = ""});
  function->outputs.push_back({.name = "y", .type = DType::kInt64, .number_attr = "", .type_list_attr = ""});
  Function::BodyNode where;
  where.name = "where";
  where.op = "Where";
  where.inputs = {"x"};
  where.attrs.Set("T", DType::kFloat);
  function->body.push_back(std::move(where));
  alignas(8) static uint8_t bytes[9] = {0, 1};  // from the second on, the number 1
  Function::BodyNode one;
  one.name = "one";
  one.op = "Const";
  one.attrs = ConstNode("one", Tensor::View(DType::kInt64, {}, bytes + 1)).attrs;
  function->body.push_back(std::move(one));
  Function::BodyNode sum;
  sum.name = "sum";
  sum.op = "AddV2";
  sum.inputs = {"where:index:0", "one:output:0"};
  sum.attrs.Set("T", DType::kInt64);
  function->body.push_back(std::move(sum));
  function->returns = {{"y", "sum:z:0"}};
  graph->functions[name] = std::move(function);
}

std::unique_ptr<Session> BranchSession(const SessionOptions& options = {}) {
  Result<Graph> graph = ParseGraph(R"(
p = Placeholder() {dtype=bool, shape=shape[]}
x = Placeholder() {dtype=float32, shape=shape[?]}
)");
  EXPECT_TRUE(graph.ok()) << graph.status().ToString();
  AddWhere(&*graph, "f");
  Node node;
  node.name = "y";
  node.op = "If";
  node.inputs = {{0, 0}, {1, 0}};
  auto list = [](DType dtype) {
    auto types = std::make_shared<AttrList>();
    types->types = {dtype};
    return std::shared_ptr<const AttrList>(std::move(types));
  };
  node.attrs.Set("Tcond", DType::kBool);
  node.attrs.Set("Tin", list(DType::kFloat));
  node.attrs.Set("Tout", list(DType::kInt64));
  node.attrs.Set("then_branch", FunctionCall{"f", std::make_shared<const AttrMap>()});
  node.attrs.Set("else_branch", FunctionCall{"f", std::make_shared<const AttrMap>()});
  graph->AddNode(std::move(node));
  auto session = Session::Create(Model::FromGraph(std::move(*graph), "test"), options);
  EXPECT_TRUE(session.ok());
  return std::move(*session);
}

Feeds FeedsOf(int64_t size) {
  const std::vector<float> ones(static_cast<size_t>(size), 1.0f);
  return {{"p", Tensor::Scalar<bool>(true)}, {"x", Tensor::Of<float>({size}, ones)}};
}

TEST(SubPlan, KeepsNothingOfARun) {
  auto session = BranchSession();
  ASSERT_TRUE(session->Run(FeedsOf(100'000), {"y"}).ok());
  EXPECT_LT(session->allocator()->used_bytes(), size_t{100'000}) << "the result has 800 000 bytes";
}

// Memory that was short once, also while the body was planned, is no reason to fail again.
TEST(SubPlan, AFailureThatPassesIsForgotten) {
  int failures = 0;
  for (int64_t n = 1; n < 1000; ++n) {
    auto session = BranchSession();
    Allocator::FailNth(n, false);
    const auto first = session->Run(FeedsOf(8), {"y"});
    const int64_t made = Allocator::FailNth(0, false);
    const auto second = session->Run(FeedsOf(8), {"y"});
    ASSERT_TRUE(second.ok()) << n << ": " << second.status().ToString();
    EXPECT_EQ((*second)[0].shape().ToString(), "[8,1]");
    if (made < n) break;
    if (first.ok()) continue;  // it was short while the body was planned ahead, and no more when it was planned again
    EXPECT_EQ(CodeName(first.status().code()), CodeName(Code::kResourceExhausted)) << first.status().ToString();
    ++failures;
  }
  EXPECT_GT(failures, 3);
}

// A deadline that is over before the body is planned.
TEST(SubPlan, AStopWhilePlanningIsForgotten) {
  auto session = BranchSession();
  RunOptions late;
  late.deadline_ms = 1e-6;
  EXPECT_EQ(session->Run(FeedsOf(8), {"y"}, {}, late).status().code(), Code::kDeadlineExceeded);
  EXPECT_TRUE(session->Run(FeedsOf(8), {"y"}).ok());
}

}  // namespace
}  // namespace rivulet
