// Faults, section 3.2: memory that is short, at every place where some is asked for.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "engine/base/errors.h"
#include "tests/hostile/new_faults.h"
#include "tests/hostile/text_models.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RIVULET_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RIVULET_SANITIZED 1
#endif
#endif
#if !defined(RIVULET_SANITIZED)
#define RIVULET_SANITIZED 0
#endif

namespace rivulet {
namespace {

// A bit of everything that plans and runs: constants, a convolution that packs its filter, branches, a loop, a
// function.
std::string Model() {
  const std::string filter =
      ConstText("w", "DT_FLOAT",
                "tensor_shape { dim { size: 3 } dim { size: 3 } dim { size: 1 } dim { size: 2 } } float_val: 0.5");
  return LibraryText(FunctionText("f", BodyNodeText("n", "Neg", "x", TypeText()), "n:y:0")) + FeedText() +
         FeedText("p", "DT_BOOL") + filter +
         NodeText("c", "Conv2D", "x w",
                  TypeText() + AttrText("strides", "list { i: 1 i: 1 i: 1 i: 1 }") + AttrText("padding", "s: 'SAME'")) +
         NodeText("r", "Relu", "c", TypeText()) + NodeText("s", "Switch", "r p", TypeText()) +
         NodeText("a", "Neg", "s", TypeText()) + NodeText("b", "f", "s:1") +
         NodeText("m", "Merge", "a b", TypeText() + AttrText("N", "i: 2")) +
         NodeText("y", "Identity", "m", TypeText()) + kVersionsText;
}

Feeds FeedsOf() {
  return {{"x", Tensor::Of<float>({1, 4, 4, 1}, std::vector<float>(16, 1.0f))}, {"p", Tensor::Scalar<bool>(true)}};
}

// The sum of the result; 0 with a failure when it is none.
float SumOf(const Result<std::vector<Tensor>>& result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.status().ToString();
    return 0;
  }
  float sum = 0;
  for (const float v : (*result)[0].values<float>()) sum += v;
  return sum;
}

// Calls `work` with the Nth call of operator new failing, for N = 1, 2, ... until it is not felt any more. Returns how
// often it was felt.
int64_t ForEveryNew(bool and_all_later, const std::function<Status()>& work) {
  int64_t felt = 0;
  for (int64_t nth = 1; nth < 100'000; ++nth) {
    Status status;
    FailNthNew(nth, and_all_later);
    bool escaped = false;
    try {
      status = work();
    } catch (const std::bad_alloc&) {
      escaped = true;
    }
    const int64_t calls = FailNthNew(0, false);
    EXPECT_FALSE(escaped) << "an exception left the library at call " << nth;
    if (calls < nth) {
      EXPECT_TRUE(status.ok()) << status.ToString();
      return felt;
    }
    ++felt;
    if (!status.ok()) EXPECT_EQ(CodeName(status.code()), CodeName(Code::kResourceExhausted)) << status.ToString();
    if (testing::Test::HasFailure()) return felt;
  }
  ADD_FAILURE() << "no end";
  return felt;
}

class HostileMemory : public testing::TestWithParam<bool> {};

TEST_P(HostileMemory, O1_Loading) {
  const std::string text = Model(), bytes = SmallModel();
  const TempFile file(bytes);
  const LoadOptions options;
  const std::string path = file.path(), name = "test.pb";
  const auto load = [&](const std::string& content) {
    return ForEveryNew(GetParam(), [&] {
      return Model::LoadBytes({reinterpret_cast<const uint8_t*>(content.data()), content.size()}, nullptr, name,
                              options)
          .status();
    });
  };
  EXPECT_GT(load(text), 50);
  EXPECT_GT(load(bytes), 20);
  EXPECT_GT(ForEveryNew(GetParam(), [&] { return Model::Load(path, options).status(); }), 20);
  // Errors are made of memory, too.
  const std::string broken = bytes + Wire().Tag(1, 2).Varint(1000).str();
  for (int64_t nth = 1; nth < 200; ++nth) {
    FailNthNew(nth, GetParam());
    const Status status =
        Model::LoadBytes({reinterpret_cast<const uint8_t*>(broken.data()), broken.size()}, nullptr, name, options)
            .status();
    if (FailNthNew(0, false) < nth) break;
    EXPECT_TRUE(status.code() == Code::kResourceExhausted || status.code() == Code::kDataLoss) << status.ToString();
  }
}

TEST_P(HostileMemory, O1_MakingASessionAndRunning) {
  auto model = LoadText(Model());
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const Feeds feeds = FeedsOf();
  const std::vector<std::string> fetches = {"y"};
  const std::vector<std::string> none;
  const float right = SumOf((*Session::Create(*model))->Run(feeds, fetches));
  ASSERT_LT(right, 0);
  for (const int threads : {1, 3}) {
    SessionOptions options;
    options.num_threads = threads;
    const auto felt = ForEveryNew(GetParam(), [&]() -> Status {
      auto session = Session::Create(*model, options);
      if (!session.ok()) return std::move(session).status();
      return (*session)->Run(feeds, fetches, none).status();
    });
    EXPECT_GT(felt, 100);
    // One session goes through all of it and is right in between.
    auto session = Session::Create(*model, options);
    ASSERT_TRUE(session.ok());
    for (int64_t nth = 1; nth < 10'000; ++nth) {
      FailNthNew(nth, GetParam());
      const auto broken = (*session)->Run(feeds, fetches, none);
      const bool was_felt = FailNthNew(0, false) >= nth;
      if (broken.ok()) EXPECT_EQ(SumOf(broken), right);
      ASSERT_EQ(SumOf((*session)->Run(feeds, fetches, none)), right) << "after call " << nth;
      if (!was_felt) break;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, HostileMemory, testing::Values(false, true),
                         [](const testing::TestParamInfo<bool>& info) { return info.param ? "FromThenOn" : "Once"; });

// The sum of what was asked for comes back.
TEST(HostileMemoryUse, NothingIsLeftOfARun) {
  auto model = LoadText(Model());
  ASSERT_TRUE(model.ok());
  auto session = Session::Create(*model);
  const Feeds feeds = FeedsOf();
  SumOf((*session)->Run(feeds, {"y"}));
  const size_t used = (*session)->allocator()->used_bytes();
  for (int i = 0; i < 1000; ++i) SumOf((*session)->Run(feeds, {"y"}));
  EXPECT_EQ((*session)->allocator()->used_bytes(), used);
}

int64_t ResidentKib() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) return std::atoll(line.c_str() + 6);
  }
  return 0;
}

// O7: many runs, and many models one after the other.
TEST(HostileMemoryUse, O7_ManyRunsGrowNothing) {
  auto model = LoadText(Model());
  ASSERT_TRUE(model.ok());
  auto session = Session::Create(*model);
  const Feeds feeds = FeedsOf();
  const auto once = [&] { return (*session)->Run(feeds, {"y"}).ok(); };
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(once());
  const int64_t before = ResidentKib();
  for (int i = 0; i < 50'000; ++i) ASSERT_TRUE(once());
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(SumOf((*Session::Create(*LoadText(Model())))->Run(feeds, {"y"})) < 0);
  EXPECT_LT(ResidentKib() - before, RIVULET_SANITIZED ? 100'000 : 4'000);
}

// Runs `work` in a process of its own; returns how it ended.
int InAProcess(const std::function<int()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(work());
  }
  int how = 0;
  EXPECT_EQ(waitpid(child, &how, 0), child);
  return how;
}

TEST(HostileMemoryUse, O2_AddressSpaceThatIsShort) {
  if (RIVULET_SANITIZED) GTEST_SKIP() << "the sanitizer's own memory is larger";
  const int how = InAProcess([] {
    const rlimit limit = {size_t{512} << 20, size_t{512} << 20};
    if (setrlimit(RLIMIT_AS, &limit) != 0) return 3;
    // 1 GiB by a splat, without a budget.
    const std::string bomb = ConstNode32("c", Wire().Bytes(2, Shape32({int64_t{1} << 28})).Float(5, 1).str()) +
                             Node32("y", "Neg", {"c"}, TypeAttr("T", 1)) + Versions32(1000);
    auto model = LoadText(bomb + SmallModel().substr(0, 0));
    if (!model.ok()) return 4;
    auto session = Session::Create(*model);
    if ((*session)->Run({}, {"y"}).status().code() != Code::kResourceExhausted) return 5;
    return SumOf((*Session::Create(*LoadText(Model())))->Run(FeedsOf(), {"y"})) < 0 ? 0 : 6;
  });
  EXPECT_TRUE(WIFEXITED(how)) << how;
  EXPECT_EQ(WEXITSTATUS(how), 0);
}

// O6: deep inputs on a small stack.
TEST(HostileMemoryUse, O6_SmallStacks) {
  struct Work {
    std::string text;
    std::string fetch;
    bool done = false;
  };
  std::string ring, chain = FeedText("n0");
  for (int i = 0; i < 1000; ++i)
    ring += FunctionText(Cat("f", i), BodyNodeText("n", Cat("f", (i + 1) % 1000), "x"), "n:y:0");
  for (int i = 1; i < 20'000; ++i) chain += NodeText(Cat("n", i), "Neg", Cat("n", i - 1), TypeText());
  std::string deep = "x: 1";
  std::string nested;
  for (int i = 0; i < 5000; ++i) nested += "attr { key: 'a' value { func { name: 'f' ";
  std::vector<Work> works = {{LibraryText(ring) + FeedText() + NodeText("y", "f0", "x"), "y"},
                             {chain, "n19999"},
                             {"node { name: 'y' op: 'NoOp' " + nested, "y"},
                             {Model(), "y"}};
  for (Work& work : works) {
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    // The smallest that the promise names; sanitizers use several times what the code does.
    ASSERT_EQ(pthread_attr_setstacksize(&attr, size_t{RIVULET_SANITIZED ? 4096 : 128} << 10), 0);
    pthread_t thread;
    ASSERT_EQ(pthread_create(
                  &thread, &attr,
                  [](void* arg) -> void* {
                    Work& own = *static_cast<Work*>(arg);
                    const Status ignored = StatusOf(own.text, own.fetch);
                    static_cast<void>(ignored);
                    own.done = true;
                    return nullptr;
                  },
                  &work),
              0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attr);
    EXPECT_TRUE(work.done);
  }
}

}  // namespace
}  // namespace rivulet
