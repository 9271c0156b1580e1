// Hostile use, section K: many threads, stops, forks and signals at any time.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/hostile/text_models.h"

namespace rivulet {
namespace {

std::string Dims(std::initializer_list<int64_t> dims) {
  std::string out = "tensor_shape { ";
  for (const int64_t dim : dims) out += Cat("dim { size: ", dim, " } ");
  return out + "} ";
}

// Two convolutions, a function and a sum: what several threads share and what they do not.
std::string Network() {
  const std::string attrs =
      TypeText() + AttrText("strides", "list { i: 1 i: 1 i: 1 i: 1 }") + AttrText("padding", "s: 'SAME'");
  return LibraryText(FunctionText("f", BodyNodeText("n", "Relu", "x", TypeText()), "n:activations:0")) + FeedText() +
         ConstText("w", "DT_FLOAT", Dims({3, 3, 1, 8}) + "float_val: [0.1, -0.2, 0.3, 0.25, -0.7, 0.011]") +
         ConstText("v", "DT_FLOAT", Dims({3, 3, 8, 4}) + "float_val: [0.3, 0.2, -0.1]") +
         NodeText("a", "Conv2D", "x w", attrs) + NodeText("b", "f", "a") + NodeText("c", "Conv2D", "b v", attrs) +
         IntsText("axes", {1, 2}) + NodeText("y", "Sum", "c axes", TypeText() + TypeText("Tidx", "DT_INT32")) +
         kVersionsText;
}

Feeds FeedsOf(int seed) {
  std::vector<float> values(16 * 16);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>((static_cast<int>(i) * 37 + seed * 101) % 97) * 0.01f - 0.5f;
  return {{"x", Tensor::Of<float>({1, 16, 16, 1}, values)}};
}

std::vector<float> Values(const Result<std::vector<Tensor>>& result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.status().ToString();
    return {};
  }
  const auto values = (*result)[0].values<float>();
  return {values.begin(), values.end()};
}

std::unique_ptr<Session> NewSession(const std::string& text, int threads = 1) {
  auto model = LoadText(text);
  EXPECT_TRUE(model.ok()) << model.status().ToString();
  SessionOptions options;
  options.num_threads = threads;
  auto session = Session::Create(*model, options);
  EXPECT_TRUE(session.ok());
  return std::move(*session);
}

TEST(HostileThreads, K1_K8_ManyThreadsOneSession) {
  std::vector<std::vector<float>> right;
  auto alone = NewSession(Network());
  for (int seed = 0; seed < 64; ++seed) right.push_back(Values(alone->Run(FeedsOf(seed), {"y"})));
  for (const int pool : {1, 2, 3, 7, 8, 64}) {
    auto session = NewSession(Network(), pool);
    std::vector<std::thread> threads;
    std::atomic<int> wrong{0};
    for (int t = 0; t < 64; ++t) {
      threads.emplace_back([&, t] {
        const Feeds feeds = FeedsOf(t);
        for (int i = 0; i < 20; ++i)
          wrong += Values(session->Run(feeds, {"y"})) != right[static_cast<size_t>(t)] ? 1 : 0;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0) << "pool of " << pool;
  }
}

TEST(HostileThreads, K3_OneFailsWhileOthersRun) {
  auto session = NewSession(Network(), 2);
  const std::vector<float> right = Values(session->Run(FeedsOf(1), {"y"}));
  std::atomic<bool> over{false};
  std::atomic<int> failed{0};
  std::thread bad([&] {
    const Feeds wrong = {{"x", Tensor::Of<float>({1, 1}, std::vector<float>{1})}};
    while (!over) failed += session->Run(wrong, {"y"}).ok() ? 0 : 1;
  });
  int differ = 0;
  // Until the other thread has come to run, too.
  for (int i = 0; i < 300 || failed == 0; ++i) differ += Values(session->Run(FeedsOf(1), {"y"})) != right ? 1 : 0;
  over = true;
  bad.join();
  EXPECT_EQ(differ, 0);
  EXPECT_GT(failed, 0);
}

TEST(HostileThreads, K4_ManyLoadOneFile) {
  const TempFile file(SmallModel());
  auto running = NewSession(Network(), 2);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        auto model = Model::Load(file.path());
        if (!model.ok()) {
          ++wrong;
          continue;
        }
        auto result = (*Session::Create(*model))->Run({}, {"y"});
        wrong += result.ok() && (*result)[0].data<float>()[1] == 2.5f ? 0 : 1;
      }
    });
  }
  const std::vector<float> right = Values(running->Run(FeedsOf(2), {"y"}));
  for (int i = 0; i < 50; ++i) wrong += Values(running->Run(FeedsOf(2), {"y"})) != right ? 1 : 0;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

// K2, K6: a stop at any time gives CANCELLED or the whole result, and leaves the session as it was.
TEST(HostileThreads, K6_StopsAtAnyTime) {
  auto session = NewSession(Network(), 3);
  const std::vector<float> right = Values(session->Run(FeedsOf(3), {"y"}));
  int stopped = 0;
  for (int i = 0; i < 200; ++i) {
    auto fresh = i % 4 == 0 ? NewSession(Network(), 3) : nullptr;  // also while the plan is made
    Session& used = fresh != nullptr ? *fresh : *session;
    std::atomic<bool> cancel{i % 10 == 9};  // also before the run begins
    RunOptions options;
    options.cancel = &cancel;
    std::thread other([&] {
      for (int spin = 0; spin < i * 50; ++spin) std::atomic_signal_fence(std::memory_order_seq_cst);
      cancel = true;
    });
    auto result = used.Run(FeedsOf(3), {"y"}, {}, options);
    other.join();
    if (result.ok()) {
      EXPECT_EQ(Values(result), right);
    } else {
      EXPECT_EQ(CodeName(result.status().code()), CodeName(Code::kCancelled)) << result.status().ToString();
      ++stopped;
    }
    EXPECT_EQ(Values(used.Run(FeedsOf(3), {"y"})), right);
  }
  EXPECT_GT(stopped, 0);
}

// K7: who reads a variable while it is assigned sees one value or the other, whole.
TEST(HostileThreads, K7_VariablesAreReadWhole) {
  const std::string text =
      NodeText("v", "VarHandleOp", "", TypeText("dtype") + AttrText("shape", "shape { unknown_rank: true }")) +
      FeedText() + NodeText("set", "AssignVariableOp", "v x", TypeText("dtype")) +
      NodeText("read", "ReadVariableOp", "v", TypeText("dtype")) + NodeText("y", "Neg", "read", TypeText()) +
      kVersionsText;
  auto session = NewSession(text, 2);
  const auto all = [](float value) { return Feeds{{"x", Tensor::Of<float>({4096}, std::vector<float>(4096, value))}}; };
  ASSERT_TRUE(session->Run(all(1), {}, {"set"}).ok());
  std::atomic<bool> over{false};
  std::thread writer([&] {
    for (int i = 0; !over; ++i) EXPECT_TRUE(session->Run(all(static_cast<float>(i % 7 + 1)), {}, {"set"}).ok());
  });
  int mixed = 0;
  for (int i = 0; i < 300; ++i) {
    const std::vector<float> values = Values(session->Run({}, {"y"}));
    for (const float v : values) mixed += v != values[0] ? 1 : 0;
  }
  over = true;
  writer.join();
  EXPECT_EQ(mixed, 0);
}

// K9: the child of a fork has the session and no threads; it runs by itself.
TEST(HostileThreads, K9_ForkWithAPool) {
  auto session = NewSession(Network(), 4);
  const std::vector<float> right = Values(session->Run(FeedsOf(4), {"y"}));
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    auto result = session->Run(FeedsOf(4), {"y"});
    _exit(result.ok() && Values(result) == right ? 0 : 1);
  }
  int how = 0;
  ASSERT_EQ(waitpid(child, &how, 0), child);
  EXPECT_TRUE(WIFEXITED(how) && WEXITSTATUS(how) == 0) << how;
  EXPECT_EQ(Values(session->Run(FeedsOf(4), {"y"})), right);
}

// K10: signals that interrupt system calls all the time.
TEST(HostileThreads, K10_Signals) {
  struct sigaction action = {}, old = {};
  action.sa_handler = [](int) {};
  ASSERT_EQ(sigaction(SIGALRM, &action, &old), 0);  // without SA_RESTART
  const itimerval often = {{0, 200}, {0, 200}}, never = {};
  ASSERT_EQ(setitimer(ITIMER_REAL, &often, nullptr), 0);
  const TempFile file(SmallModel() + Wire().Bytes(99, std::string(1 << 20, 'u')).str());
  int failed = 0;
  for (int i = 0; i < 200; ++i) {
    LoadOptions options;
    options.map_file = i % 2 == 0;
    auto model = Model::Load(file.path(), options);
    failed += model.ok() && (*Session::Create(*model))->Run({}, {"y"}).ok() ? 0 : 1;
  }
  setitimer(ITIMER_REAL, &never, nullptr);
  sigaction(SIGALRM, &old, nullptr);
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace rivulet
