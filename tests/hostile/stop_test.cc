// Faults, section 3.4: deadlines and stops, also during the load of a bomb and inside one large kernel.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/hostile/text_models.h"

namespace rivulet {
namespace {

// How late a stopped run may be: pieces of a kernel are short, but the machine may be busy with other tests.
constexpr double kLate = 1.5;

std::string ListText(const std::string& key, const std::vector<int64_t>& values) {
  std::string all;
  for (const int64_t value : values) all += Cat("i: ", value, " ");
  return AttrText(key, "list { " + all + "}");
}

struct Heavy {
  std::string name;
  std::string node;  // y, of x and what it defines
  Shape x;
};

// Operators that take seconds on one thread, each in one step.
std::vector<Heavy> HeavyOperators() {
  const std::string index = TypeText("Tidx", "DT_INT32"), strides = ListText("strides", {1, 1, 1, 1});
  const std::string same = AttrText("padding", "s: 'SAME'");
  return {
      {"MatMul", NodeText("y", "MatMul", "x x", TypeText()), {3000, 3000}},
      {"BatchMatMulV2", NodeText("y", "BatchMatMulV2", "x x", TypeText()), {60, 700, 700}},
      {"Conv2D",
       ConstText(
           "w", "DT_FLOAT",
           "tensor_shape { dim { size: 5 } dim { size: 5 } dim { size: 128 } dim { size: 128 } } float_val: 0.5") +
           NodeText("y", "Conv2D", "x w", TypeText() + strides + same),
       {4, 128, 128, 128}},
      {"MaxPool",
       NodeText("y", "MaxPool", "x", TypeText() + strides + ListText("ksize", {1, 63, 63, 1}) + same),
       {1, 512, 512, 16}},
      {"AvgPool",
       NodeText("y", "AvgPool", "x", TypeText() + strides + ListText("ksize", {1, 63, 63, 1}) + same),
       {1, 512, 512, 16}},
      {"Sum", IntsText("axes", {0}) + NodeText("y", "Sum", "x axes", TypeText() + index), {1 << 14, 1 << 12}},
      {"Softmax", NodeText("y", "Softmax", "x", TypeText()), {1 << 14, 1 << 12}},
      {"Transpose",
       IntsText("perm", {2, 1, 0}) + NodeText("y", "Transpose", "x perm", TypeText() + TypeText("Tperm", "DT_INT32")),
       {512, 256, 512}},
      {"Pad",
       ConstText("pads", "DT_INT32", "tensor_shape { dim { size: 2 } dim { size: 2 } } int_val: 4000") +
           NodeText("y", "Pad", "x pads", TypeText() + TypeText("Tpaddings", "DT_INT32")),
       {4000, 4000}},
      {"Tanh", NodeText("y", "Tanh", "x", TypeText()), {1 << 26}},
      {"RandomStandardNormal",
       IntsText("dims", {1 << 14, 1 << 12}) +
           NodeText("r", "RandomStandardNormal", "dims", TypeText("T", "DT_INT32") + TypeText("dtype")) +
           NodeText("y", "Identity", "r ^x", TypeText()),
       {1}},
  };
}

double Seconds(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// T1: a deadline that is over long before the step is done.
TEST(HostileStop, T1_DeadlinesInsideOneKernel) {
  for (const Heavy& heavy : HeavyOperators()) {
    auto model = LoadText(FeedText() + heavy.node + kVersionsText);
    ASSERT_TRUE(model.ok()) << heavy.name << model.status().ToString();
    auto session = Session::Create(*model);
    ASSERT_TRUE(session.ok());
    const Feeds feeds = {
        {"x", Tensor::Of<float>(heavy.x, std::vector<float>(static_cast<size_t>(heavy.x.num_elements()), 0.25f))}};
    ASSERT_TRUE((*session)->Prepare(feeds, {"y"}).ok());
    for (const double ms : {1.0, 10.0, 50.0}) {
      RunOptions run;
      run.deadline_ms = ms;
      const auto start = std::chrono::steady_clock::now();
      const Status status = (*session)->Run(feeds, {"y"}, {}, run).status();
      EXPECT_LT(Seconds(start), ms / 1000 + kLate) << heavy.name;
      if (!status.ok()) ExpectError(status, Code::kDeadlineExceeded, {"deadline"});
      if (ms < 2) EXPECT_FALSE(status.ok()) << heavy.name << " is not heavy";
    }
  }
}

// T2: from another thread, and from a signal handler.
std::atomic<bool> g_cancel{false};

TEST(HostileStop, T2_CancelFromElsewhere) {
  const Heavy heavy = HeavyOperators()[0];
  auto session = Session::Create(*LoadText(FeedText() + heavy.node + kVersionsText));
  const Feeds feeds = {
      {"x", Tensor::Of<float>(heavy.x, std::vector<float>(static_cast<size_t>(heavy.x.num_elements()), 0.25f))}};
  ASSERT_TRUE((*session)->Prepare(feeds, {"y"}).ok());
  RunOptions run;
  run.cancel = &g_cancel;
  g_cancel = false;
  std::thread other([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    g_cancel = true;
  });
  auto start = std::chrono::steady_clock::now();
  ExpectError((*session)->Run(feeds, {"y"}, {}, run).status(), Code::kCancelled, {});
  EXPECT_LT(Seconds(start), 0.02 + kLate);
  other.join();

  static_assert(std::atomic<bool>::is_always_lock_free);
  struct sigaction action = {}, old = {};
  action.sa_handler = [](int) { g_cancel = true; };
  ASSERT_EQ(sigaction(SIGALRM, &action, &old), 0);
  g_cancel = false;
  ualarm(20'000, 0);
  start = std::chrono::steady_clock::now();
  ExpectError((*session)->Run(feeds, {"y"}, {}, run).status(), Code::kCancelled, {});
  EXPECT_LT(Seconds(start), 0.02 + kLate);
  sigaction(SIGALRM, &old, nullptr);
  g_cancel = false;
  const Feeds small = {{"x", Tensor::Of<float>({2, 2}, std::vector<float>(4, 0.5f))}};
  EXPECT_TRUE((*session)->Run(small, {"y"}, {}, run).ok());
}

// T3: a load has no deadline, since none is needed: what a file can ask for is bounded by its size.
TEST(HostileStop, T3_BombsEndByThemselves) {
  std::string nested;
  for (int i = 0; i < 10'000; ++i)
    nested =
        Wire().Bytes(10, Wire().Bytes(2, Wire().Bytes(1, "a").Bytes(2, nested).str()).str()).str().substr(0, 180'000);
  std::string doubling;
  for (int i = 0; i < 31; ++i) {
    doubling += FunctionText(
        Cat("f", i), BodyNodeText("a", Cat("f", i + 1), "x") + BodyNodeText("b", Cat("f", i + 1), "a:y:0"), "b:y:0");
  }
  const std::string text_of_braces(1'000'000, '{');
  const std::pair<const char*, std::string> bombs[] = {
      {"groups", std::string(100'000, '\x0b')},
      {"nested attributes", Node32("n", "NoOp", {}, Attr("a", nested))},
      {"splat", ConstNode32("y", Wire().Bytes(2, Shape32({int64_t{1} << 40})).Float(5, 1).str()) + Versions32(1000)},
      {"doubling functions", LibraryText(doubling) + FeedText() + NodeText("y", "f0", "x")},
      {"braces", text_of_braces},
  };
  for (const auto& [name, bytes] : bombs) {
    SCOPED_TRACE(name);
    const Within limit(1);
    LoadOptions load;
    load.allocator = Allocator::Create(size_t{16} << 20);
    auto model = LoadText(bytes, load);
    if (model.ok()) {
      SessionOptions options;
      options.memory_budget_bytes = size_t{16} << 20;
      const Status status = (*Session::Create(*model, options))->Run({}, {"y"}).status();
      EXPECT_FALSE(status.ok());
    }
    EXPECT_LE(load.allocator->peak_bytes(), size_t{16} << 20);
  }
}

// A run that plans for long is stopped, too.
TEST(HostileStop, T3_DeadlineWhilePlanning) {
  std::string chain = FeedText("n0");
  for (int i = 1; i < 200'000; ++i) chain += NodeText(Cat("n", i), "Neg", Cat("n", i - 1), TypeText());
  auto model = LoadText(chain + kVersionsText);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  auto session = Session::Create(*model);
  RunOptions run;
  run.deadline_ms = 20;
  const auto start = std::chrono::steady_clock::now();
  const Status status = (*session)->Run({{"n0", Tensor::Scalar<float>(1)}}, {"n199999"}, {}, run).status();
  EXPECT_LT(Seconds(start), 0.02 + kLate);
  if (!status.ok()) ExpectError(status, Code::kDeadlineExceeded, {"deadline"});
}

}  // namespace
}  // namespace rivulet
