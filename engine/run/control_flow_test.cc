// Branches, loops, functions and variables in sessions: what the recordings cannot say (limits, stops, state, memory).
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <functional>
#include <thread>

#include "engine/base/errors.h"
#include "engine/graph/text_form.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

// x is doubled `limit` times.
constexpr char kTokenLoop[] = R"(
x = Placeholder() {dtype=float32, shape=shape[?]}
limit = Placeholder() {dtype=int32, shape=shape[]}
zero = Const() {dtype=int32, value=int32[]{0}}
one = Const() {dtype=int32, value=int32[]{1}}
enter_i = Enter(zero) {T=int32, frame_name="f"}
enter_x = Enter(x) {T=float32, frame_name="f"}
enter_limit = Enter(limit) {T=int32, frame_name="f", is_constant=true}
enter_one = Enter(one) {T=int32, frame_name="f", is_constant=true}
merge_i = Merge(enter_i, next_i) {T=int32, N=2}
merge_x = Merge(enter_x, next_x) {T=float32, N=2}
less = Less(merge_i, enter_limit) {T=int32}
cond = LoopCond(less)
switch_i = Switch(merge_i, cond) {T=int32}
switch_x = Switch(merge_x, cond) {T=float32}
more_i = AddV2(switch_i:1, enter_one) {T=int32}
more_x = AddV2(switch_x:1, switch_x:1) {T=float32}
next_i = NextIteration(more_i) {T=int32}
next_x = NextIteration(more_x) {T=float32}
exit_x = Exit(switch_x) {T=float32}
)";

Tensor Floats(std::vector<float> values) { return Tensor::Of<float>({static_cast<int64_t>(values.size())}, values); }

std::unique_ptr<Session> SessionOf(std::shared_ptr<const Model> model, const SessionOptions& options = {}) {
  auto session = Session::Create(std::move(model), options);
  EXPECT_TRUE(session.ok()) << session.status().ToString();
  return std::move(*session);
}

Feeds Times(int32_t limit) { return {{"x", Floats({1.25f, -3})}, {"limit", Tensor::Scalar<int32_t>(limit)}}; }

std::vector<float> Values(const Result<std::vector<Tensor>>& result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.status().ToString();
    return {};
  }
  return {(*result)[0].data<float>(), (*result)[0].data<float>() + (*result)[0].num_elements()};
}

SessionOptions NoPasses() {
  SessionOptions options;
  options.passes = false;
  return options;
}

TEST(Loops, OfTokensGiveTheSameRaisedAndNot) {
  for (const int32_t limit : {0, 1, 5, 60}) {
    const auto raised = Values(SessionOf(ModelOf(kTokenLoop))->Run(Times(limit), {"exit_x"}));
    const auto tokens = Values(SessionOf(ModelOf(kTokenLoop), NoPasses())->Run(Times(limit), {"exit_x"}));
    ASSERT_EQ(raised.size(), 2u);
    EXPECT_EQ(std::memcmp(raised.data(), tokens.data(), 2 * sizeof(float)), 0) << limit;
    EXPECT_EQ(raised[0], std::ldexp(1.25f, limit));
  }
}

TEST(Loops, InsideOfThemNothingCanBeFetchedAndAnythingBeRun) {
  const SessionOptions options[] = {SessionOptions(), NoPasses()};
  for (const SessionOptions& o : options) {
    const auto result = SessionOf(ModelOf(kTokenLoop), o)->Run(Times(3), {"more_x"});
    EXPECT_EQ(result.status().code(), Code::kInvalidArgument) << result.status().ToString();
    EXPECT_NE(result.status().message().find("node 'more_x' is inside of the loop 'f'"), std::string::npos);
    const auto target = SessionOf(ModelOf(kTokenLoop), o)->Run(Times(3), {"exit_x"}, {"more_i"});
    EXPECT_EQ(Values(target)[0], 10) << target.status().ToString();
  }
}

TEST(Loops, AllocateNothingPerIteration) {
  auto session = SessionOf(ModelOf(kTokenLoop));
  const auto count = [&](int32_t limit) {
    Allocator::FailNth(0, false);
    Values(session->Run(Times(limit), {"exit_x"}));
    return Allocator::FailNth(0, false);
  };
  count(3);  // plans, frames and buffers are made
  EXPECT_EQ(count(10), count(1000));
}

TEST(Loops, EndAtTheDeadlineAndWhenCancelled) {
  for (const bool passes : {true, false}) {
    SessionOptions options;
    options.passes = passes;
    auto session = SessionOf(ModelOf(kTokenLoop), options);
    RunOptions late;
    late.deadline_ms = 50;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(session->Run(Times(2'000'000'000), {"exit_x"}, {}, late).status().code(), Code::kDeadlineExceeded);
    std::atomic<bool> cancel{false};
    RunOptions stopped;
    stopped.cancel = &cancel;
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      cancel = true;
    });
    EXPECT_EQ(session->Run(Times(2'000'000'000), {"exit_x"}, {}, stopped).status().code(), Code::kCancelled);
    other.join();
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
    EXPECT_EQ(Values(session->Run(Times(1), {"exit_x"}))[0], 2.5f);
  }
}

TEST(Branches, TheSideNotTakenHasNoValue) {
  constexpr char kSwitch[] = R"(
x = Placeholder() {dtype=float32, shape=shape[?]}
p = Placeholder() {dtype=bool, shape=shape[]}
s = Switch(x, p) {T=float32}
off = Neg(s) {T=float32}
on = Abs(s:1) {T=float32}
c = Const(^on) {dtype=float32, value=float32[]{7}}
m = Merge(off, c) {T=float32, N=2}
)";
  auto session = SessionOf(ModelOf(kSwitch));
  const auto feeds = [](bool p) { return Feeds{{"x", Floats({-2})}, {"p", Tensor::Scalar<bool>(p)}}; };
  EXPECT_EQ(Values(session->Run(feeds(true), {"on"})), std::vector<float>{2});
  EXPECT_EQ(Values(session->Run(feeds(false), {"m"})), std::vector<float>{2});
  EXPECT_EQ(Values(session->Run(feeds(true), {"m"})), std::vector<float>{7});
  const Status dead = session->Run(feeds(true), {"off"}).status();
  EXPECT_EQ(dead.code(), Code::kInvalidArgument);
  EXPECT_NE(dead.message().find("not taken"), std::string_view::npos) << dead.ToString();
}

// A library function that takes and gives one float: its body calls `callee` `calls` times, one on the other.
void AddCaller(Graph* graph, const std::string& name, const std::string& callee, int calls) {
  auto function = std::make_shared<Function>();
  function->name = name;
  function->inputs.push_back({.name = "x", .type = DType::kFloat, .number_attr = "", .type_list_attr = ""});
  function->outputs.push_back({.name = "y", .type = DType::kFloat, .number_attr = "", .type_list_attr = ""});
  std::string last = "x";
  for (int i = 0; i < calls; ++i) {
    Function::BodyNode node;
    node.name = Cat("n", i);
    node.op = callee;
    node.inputs = {last};
    if (callee == "Neg") node.attrs.Set("T", DType::kFloat);
    function->body.push_back(std::move(node));
    last = Cat("n", i, ":y:0");
  }
  function->returns = {{"y", last}};
  graph->functions[name] = std::move(function);
}

std::shared_ptr<const Model> CallingModel(const std::string& callee, const std::function<void(Graph*)>& add) {
  Result<Graph> graph = ParseGraph(Cat("x = Placeholder() {dtype=float32, shape=shape[?]}\ny = ", callee, "(x)\n"));
  EXPECT_TRUE(graph.ok()) << graph.status().ToString();
  add(&*graph);
  return Model::FromGraph(std::move(*graph), "test");
}

TEST(Functions, ThatDoubleThemselvesAreRefusedAtOnce) {
  const auto model = CallingModel("f0", [](Graph* graph) {
    for (int i = 0; i < 31; ++i) AddCaller(graph, Cat("f", i), i == 30 ? "Neg" : Cat("f", i + 1), 2);
  });
  const auto start = std::chrono::steady_clock::now();
  const Status status = SessionOf(model)->Run({{"x", Floats({1})}}, {"y"}).status();
  EXPECT_EQ(status.code(), Code::kResourceExhausted) << status.ToString();
  EXPECT_NE(status.message().find("nodes"), std::string_view::npos) << status.ToString();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(Functions, ThatCallThemselvesAreRefused) {
  const auto model = CallingModel("f", [](Graph* graph) { AddCaller(graph, "f", "f", 1); });
  const Status status = SessionOf(model)->Run({{"x", Floats({1})}}, {"y"}).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument) << status.ToString();
  EXPECT_NE(status.message().find("calls itself"), std::string_view::npos) << status.ToString();
}

TEST(Functions, MayBeDeepUpToTheLimit) {
  for (const int depth : {60, 70}) {
    const auto model = CallingModel("f0", [&](Graph* graph) {
      for (int i = 0; i < depth; ++i) AddCaller(graph, Cat("f", i), i + 1 == depth ? "Neg" : Cat("f", i + 1), 1);
    });
    const auto result = SessionOf(model)->Run({{"x", Floats({1})}}, {"y"});
    if (depth < 64) {
      EXPECT_EQ(Values(result), std::vector<float>{-1});
    } else {
      EXPECT_EQ(result.status().code(), Code::kResourceExhausted) << result.status().ToString();
    }
  }
}

constexpr char kVariable[] = R"(
x = Placeholder() {dtype=float32, shape=shape[?]}
v = VarHandleOp() {dtype=float32, shape=shape[2], shared_name="v"}
set = AssignVariableOp(v, x) {dtype=float32}
read = ReadVariableOp(v) {dtype=float32}
y = Neg(read) {T=float32}
)";

TEST(Variables, KeepTheirValueBetweenRunsOfOneSession) {
  for (const SessionOptions& options : {SessionOptions(), NoPasses()}) {
    const auto model = ModelOf(kVariable);
    auto session = SessionOf(model, options);
    EXPECT_EQ(session->Run({}, {"read"}).status().code(), Code::kFailedPrecondition);
    ASSERT_TRUE(session->Run({{"x", Floats({1, 2})}}, {}, {"set"}).ok());
    EXPECT_EQ(Values(session->Run({}, {"y"})), (std::vector<float>{-1, -2}));
    // The plan took the value as a constant; it must not outlive it.
    ASSERT_TRUE(session->Run({{"x", Floats({3, 4})}}, {}, {"set"}).ok());
    EXPECT_EQ(Values(session->Run({}, {"y"})), (std::vector<float>{-3, -4}));
    EXPECT_EQ(SessionOf(model, options)->Run({}, {"y"}).status().code(), Code::kFailedPrecondition);
  }
}

TEST(Variables, OfAnotherShapeThanDeclaredAreAnErrorForTheReader) {
  auto session = SessionOf(ModelOf(kVariable), NoPasses());
  ASSERT_TRUE(session->Run({{"x", Floats({1, 2, 3})}}, {}, {"set"}).ok());
  EXPECT_EQ(session->Run({}, {"y"}).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace rivulet
