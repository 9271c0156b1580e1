#include "rivulet/session.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <thread>

#include "engine/graph/text_form.h"
#include "engine/run/model_of.h"

namespace rivulet {
namespace {

constexpr char kChain[] = R"(
x = Placeholder() {dtype=float32, shape=shape[?,2]}
c = Const() {dtype=float32, value=float32[2]{1, 10}}
a = Add(x, c) {T=float32}
m = Mul(a, c) {T=float32}
r = Relu(m) {T=float32}
)";

std::unique_ptr<Session> SessionOf(std::string_view text, const SessionOptions& options = {}) {
  auto session = Session::Create(ModelOf(text), options);
  EXPECT_TRUE(session.ok()) << session.status().ToString();
  return std::move(*session);
}

Tensor Floats(const Shape& shape, std::vector<float> values) { return Tensor::Of<float>(shape, values); }

std::vector<float> Values(const Result<std::vector<Tensor>>& result, size_t i = 0) {
  if (!result.ok()) {
    ADD_FAILURE() << result.status().ToString();
    return {};
  }
  const auto values = (*result)[i].values<float>();
  return {values.begin(), values.end()};
}

TEST(Session, FeedsAndFetchesAnyEdge) {
  auto session = SessionOf(kChain);
  EXPECT_EQ(Values(session->Run({{"x", Floats({1, 2}, {1, -20})}}, {"r"})), (std::vector<float>{2, 0}));
  EXPECT_EQ(Values(session->Run({{"m:0", Floats({1, 2}, {-1, 3})}}, {"r:0"})), (std::vector<float>{0, 3}));
  const auto both = session->Run({{"x", Floats({1, 2}, {0, 0})}}, {"a", "m"});
  EXPECT_EQ(Values(both, 0), (std::vector<float>{1, 10}));
  EXPECT_EQ(Values(both, 1), (std::vector<float>{1, 100}));
  // A fed edge can itself be fetched.
  EXPECT_EQ(Values(session->Run({{"x", Floats({1, 2}, {7, 8})}}, {"x"})), (std::vector<float>{7, 8}));
}

TEST(Session, WaitingForAFedPlaceholderIsOver) {
  auto session = Session::Create(ModelOf(R"(
x = Placeholder() {dtype=float32, shape=shape[2]}
c = Const() {dtype=float32, value=float32[]{3}}
y = Neg(c, ^x) {T=float32}
)"));
  ASSERT_TRUE(session.ok()) << session.status().ToString();
  const std::vector<float> values = {1, 2};
  const auto result = (*session)->Run({{"x", Tensor::Of<float>({2}, values)}}, {"y"});
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ((*result)[0].data<float>()[0], -3);
}

std::vector<std::string> InputNames(std::string_view text) {
  std::vector<std::string> names;
  for (const Model::Input& input : ModelOf(text)->Inputs()) names.push_back(input.name);
  return names;
}

// Keras's loops leave placeholders behind that nothing reads.
TEST(Session, InputsAreThePlaceholdersThatAreRead) {
  EXPECT_EQ(InputNames(R"(
left = Placeholder() {dtype=float32, shape=shape[2]}
x = Placeholder() {dtype=float32, shape=shape[2]}
waited = Placeholder() {dtype=float32, shape=shape[2]}
y = Neg(x, ^waited) {T=float32}
)"),
            (std::vector<std::string>{"x", "waited"}));
  EXPECT_EQ(InputNames("x = Placeholder() {dtype=float32, shape=shape[2]}\n"), (std::vector<std::string>{"x"}));
}

TEST(Session, AnotherShapeIsAnotherPlan) {
  SessionOptions options;
  options.max_plans = 2;
  auto session = SessionOf(kChain, options);
  for (int round = 0; round < 2; ++round) {
    for (int64_t rows = 0; rows < 4; ++rows) {
      const auto result =
          session->Run({{"x", Floats({rows, 2}, std::vector<float>(static_cast<size_t>(rows) * 2, 1))}}, {"r"});
      ASSERT_TRUE(result.ok()) << result.status().ToString();
      EXPECT_EQ((*result)[0].dim(0), rows);
    }
  }
}

TEST(Session, MessagesNameTheNearestNode) {
  auto session = SessionOf(kChain);
  const Status status = session->Run({}, {"rr"}).status();
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_NE(status.message().find("did you mean 'r'"), std::string_view::npos) << status.ToString();
}

TEST(Session, RefusesBadFeeds) {
  auto session = SessionOf(kChain);
  const int32_t number = 3;
  EXPECT_NE(session->Run({{"x", Tensor::Scalar(number)}}, {"r"}).status().message().find("want float32, got int32"),
            std::string_view::npos);
  EXPECT_FALSE(session->Run({{"x", Floats({1, 2}, {1, 2})}, {"x:0", Floats({1, 2}, {1, 2})}}, {"r"}).ok());
  EXPECT_FALSE(session->Run({{"x", Tensor()}}, {"r"}).ok());
  const Status missing = session->Run({}, {"r"}).status();
  EXPECT_NE(missing.message().find("node 'x' (Placeholder)"), std::string_view::npos) << missing.ToString();
  EXPECT_FALSE(session->Run({{"x", Floats({1, 2}, {1, 2})}}, {"r:1"}).ok());
  // And works as before.
  EXPECT_EQ(Values(session->Run({{"x", Floats({1, 2}, {1, 2})}}, {"r"})), (std::vector<float>{2, 120}));
}

TEST(Session, MisalignedFeedsAreCopied) {
  auto session = SessionOf(kChain);
  std::vector<char> bytes(9);
  const float values[2] = {1, -20};
  std::memcpy(bytes.data() + 1, values, 8);
  EXPECT_EQ(Values(session->Run({{"x", Tensor::View(DType::kFloat, {1, 2}, bytes.data() + 1)}}, {"r"})),
            (std::vector<float>{2, 0}));
}

TEST(Session, ManyThreadsOnOnePlan) {
  SessionOptions options;
  options.num_threads = 2;
  auto session = SessionOf(kChain, options);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const auto v = static_cast<float>(t * 100 + i);
        const int64_t rows = 1 + i % 3;
        const auto result =
            session->Run({{"x", Floats({rows, 2}, std::vector<float>(static_cast<size_t>(rows) * 2, v))}}, {"r"});
        if (!result.ok() || (*result)[0].data<float>()[0] != v + 1) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Session, CancelAndDeadline) {
  auto session = SessionOf(kChain);
  const Feeds feeds = {{"x", Floats({1, 2}, {1, 2})}};
  std::atomic<bool> cancel{true};
  RunOptions options;
  options.cancel = &cancel;
  EXPECT_EQ(session->Run(feeds, {"r"}, {}, options).status().code(), Code::kCancelled);
  cancel = false;
  EXPECT_TRUE(session->Run(feeds, {"r"}, {}, options).ok());
  options.deadline_ms = 1e-6;
  EXPECT_EQ(session->Run(feeds, {"r"}, {}, options).status().code(), Code::kDeadlineExceeded);
  EXPECT_TRUE(session->Run(feeds, {"r"}).ok());
}

TEST(Session, KeepsToItsBudget) {
  SessionOptions options;
  options.memory_budget_bytes = 64 << 10;
  auto session = SessionOf(kChain, options);
  const Status status = session->Run({{"x", Floats({10000, 2}, std::vector<float>(20000, 1))}}, {"r"}).status();
  EXPECT_EQ(status.code(), Code::kResourceExhausted) << status.ToString();
  EXPECT_TRUE(session->Run({{"x", Floats({1, 2}, {1, 2})}}, {"r"}).ok());
  EXPECT_LE(session->allocator()->peak_bytes(), options.memory_budget_bytes);
}

// The Nth allocation fails, for N = 1, 2, ... until the run gets through; then once with all later ones failing too.
TEST(Session, SurvivesFailingAllocations) {
  for (const bool all_later : {false, true}) {
    bool finished = false;
    for (int64_t n = 1; n < 200 && !finished; ++n) {
      auto session = SessionOf(kChain);
      Allocator::FailNth(n, all_later);
      const auto result = session->Run({{"x", Floats({1, 2}, {1, -20})}}, {"r"});
      Allocator::FailNth(0, false);
      finished = result.ok();
      if (!finished) EXPECT_EQ(result.status().code(), Code::kResourceExhausted) << result.status().ToString();
      EXPECT_EQ(Values(session->Run({{"x", Floats({1, 2}, {1, -20})}}, {"r"})), (std::vector<float>{2, 0}));
    }
    EXPECT_TRUE(finished);
  }
}

TEST(Session, TargetsRunWithoutBeingFetched) {
  auto session = SessionOf(std::string(kChain) + "check = CheckNumerics(x) {T=float32, message=\"x is bad\"}\n");
  const Feeds bad = {{"x", Floats({1, 2}, {1, std::numeric_limits<float>::infinity()})}};
  EXPECT_TRUE(session->Run(bad, {"r"}).ok());
  EXPECT_FALSE(session->Run(bad, {"r"}, {"check"}).ok());
  EXPECT_TRUE(session->Run({{"x", Floats({1, 2}, {1, 1})}}, {}, {"check"}).ok());
}

TEST(Session, AProfileHasEveryStepAndAddsUp) {
  SessionOptions plain;
  plain.passes = false;
  auto session = SessionOf(kChain, plain);
  RunProfile profile;
  RunOptions options;
  options.profile = &profile;
  for (int run = 1; run <= 3; ++run) {
    ASSERT_TRUE(session->Run({{"x", Floats({1, 2}, {1, -20})}}, {"r"}, {}, options).ok());
    ASSERT_EQ(profile.steps.size(), 3u);
    double ms = 0;
    for (const RunProfile::Step& step : profile.steps) {
      EXPECT_EQ(step.runs, run);
      EXPECT_EQ(step.shape, (Shape{1, 2}));
      ms += step.ms;
    }
    EXPECT_GT(ms, 0);
  }
  EXPECT_EQ(profile.steps[0].node, "a");
  EXPECT_EQ(profile.steps[2].op, "Relu");
}

TEST(Session, PassesChangeNothing) {
  SessionOptions plain;
  plain.passes = false;
  const Feeds feeds = {{"x", Floats({3, 2}, {1, -20, 3, 4, -5, 6})}};
  EXPECT_EQ(Values(SessionOf(kChain)->Run(feeds, {"r"})), Values(SessionOf(kChain, plain)->Run(feeds, {"r"})));
}

TEST(Session, TargetsAreFoundAfterANodeBeforeThemWent) {
  auto session = SessionOf(std::string(kChain) +
                           "i = Identity(r) {T=float32}\ncheck = CheckNumerics(x) {T=float32, message=\"x is bad\"}\n");
  const Feeds bad = {{"x", Floats({1, 2}, {1, std::numeric_limits<float>::infinity()})}};
  EXPECT_TRUE(session->Run(bad, {"i"}).ok());
  EXPECT_FALSE(session->Run(bad, {"i"}, {"check"}).ok());
  // And when a later pass drops more.
  session = SessionOf(std::string(kChain) +
                      "n = Neg(c) {T=float32}\nz = Mul(r, n) {T=float32}\ni = Identity(z) {T=float32}\n"
                      "check = CheckNumerics(x) {T=float32, message=\"x is bad\"}\n");
  EXPECT_TRUE(session->Run(bad, {"i"}).ok());
  EXPECT_FALSE(session->Run(bad, {"i"}, {"check"}).ok());
}

TEST(Session, WhatAResultWaitsForIsRun) {
  auto session =
      SessionOf(std::string(kChain) +
                "check = CheckNumerics(x) {T=float32, message=\"x is bad\"}\ny = Neg(r, ^check) {T=float32}\n");
  const Feeds bad = {{"x", Floats({1, 2}, {1, std::numeric_limits<float>::infinity()})}};
  EXPECT_FALSE(session->Run(bad, {"y"}).ok());
  EXPECT_TRUE(session->Run({{"x", Floats({1, 2}, {1, 1})}}, {"y"}).ok());
}

// A reshape to a shape that is fed is a view; b comes after it and must not take the memory under it.
TEST(Session, AViewKeepsItsSource) {
  auto session = SessionOf(R"(
x = Placeholder() {dtype=float32, shape=shape[2]}
s = Placeholder() {dtype=int32, shape=shape[2]}
a = Neg(x) {T=float32}
v = Reshape(a, s) {T=float32, Tshape=int32}
b = Mul(x, x, ^v) {T=float32}
y = Neg(v, ^b) {T=float32}
)");
  const int32_t shape[] = {2, 1};
  const auto result = session->Run({{"x", Floats({2}, {3, 4})}, {"s", Tensor::Of<int32_t>({2}, shape)}}, {"y", "b"});
  EXPECT_EQ(Values(result), (std::vector<float>{3, 4}));
  EXPECT_EQ(Values(result, 1), (std::vector<float>{9, 16}));
}

TEST(Session, ResultsAreTheCallers) {
  auto session = SessionOf(kChain);
  const auto first = session->Run({{"x", Floats({1, 2}, {1, -20})}}, {"r"});
  EXPECT_TRUE(session->Run({{"x", Floats({1, 2}, {7, 7})}}, {"r"}).ok());
  EXPECT_EQ(Values(first), (std::vector<float>{2, 0}));
  session.reset();
  EXPECT_EQ(Values(first), (std::vector<float>{2, 0}));
}

TEST(Session, ARunKeepsNeitherFeedsNorTensors) {
  auto session = SessionOf(R"(
x = Placeholder() {dtype=float32, shape=shape[1000]}
w = Where(x) {T=float32}
n = Size(w) {T=int64, out_type=int32}
)");
  const auto feeds_of = [](float value, Allocator& allocator) {
    auto tensor = Tensor::Allocate(DType::kFloat, {1000}, allocator);
    std::fill_n(tensor->data<float>(), 1000, value);
    return Feeds{{"x", *tensor}};
  };
  const auto callers = Allocator::Create();
  ASSERT_TRUE(session->Run(feeds_of(1, *callers), {"n"}).ok());
  EXPECT_EQ(callers->used_bytes(), 0u);
  const size_t after_many = session->allocator()->used_bytes();
  ASSERT_TRUE(session->Run(feeds_of(0, *callers), {"n"}).ok());
  EXPECT_EQ(session->allocator()->used_bytes(), after_many);
  // Nor what was fetched of it.
  ASSERT_TRUE(session->Run(feeds_of(0, *callers), {"w"}).ok());
  const size_t after_none = session->allocator()->used_bytes();
  ASSERT_TRUE(session->Run(feeds_of(1, *callers), {"w"}).ok());
  EXPECT_EQ(session->allocator()->used_bytes(), after_none);
}

TEST(Session, AnotherTypeIsAnotherPlan) {
  auto session = SessionOf(kChain);
  EXPECT_TRUE(session->Run({{"x", Floats({1, 2}, {1, 2})}}, {"r"}).ok());
  const int32_t numbers[] = {1, 2};
  EXPECT_FALSE(session->Run({{"x", Tensor::Of<int32_t>({1, 2}, numbers)}}, {"r"}).ok());
  // In place of a result any type may be fed.
  EXPECT_TRUE(session->Run({{"a", Floats({1, 2}, {1, 2})}}, {"a"}).ok());
  const auto given = session->Run({{"a", Tensor::Of<int32_t>({1, 2}, numbers)}}, {"a"});
  ASSERT_TRUE(given.ok()) << given.status().ToString();
  EXPECT_EQ((*given)[0].data<int32_t>()[1], 2);
}

TEST(Session, OldPlansGo) {
  SessionOptions options;
  options.max_plans = 1;
  auto session = SessionOf(kChain, options);
  const auto used_after = [&](int64_t rows) {
    const Tensor x = Floats({rows, 2}, std::vector<float>(static_cast<size_t>(rows) * 2, 1));
    EXPECT_TRUE(session->Run({{"x", x}}, {"r"}).ok());
    return session->allocator()->used_bytes();
  };
  const size_t used = used_after(1);
  for (int64_t rows = 2; rows < 20; ++rows) used_after(rows);
  EXPECT_EQ(used_after(1), used);
}

}  // namespace
}  // namespace rivulet
