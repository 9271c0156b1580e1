// A piece that crashes, hangs or eats memory is seen, and those after it are done.
#include "tests/hostile/operators/isolated.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace rivulet::hostile {
namespace {

// A busy machine lets a process wait for seconds, which is no hang.
Isolation Patient(double hang_seconds = 60) {
  Isolation isolation;
  isolation.jobs = 2;
  isolation.hang_seconds = hang_seconds;
  return isolation;
}

// Five pieces of three steps; step 1 of piece 2 does `bad`. Counts the steps that were ended.
template <typename F>
IsolatedResult WithBadStep(const F& bad, const Isolation& isolation = Patient()) {
  return RunIsolated(5, isolation, [&](int64_t piece, int64_t from, Progress& progress) {
    for (int64_t step = from; step < 3; ++step) {
      progress.Begin(step, "piece " + std::to_string(piece) + " step " + std::to_string(step));
      if (piece == 2 && step == 1) bad();
      ++progress.counts[0];
    }
  });
}

void ExpectOneCrash(const IsolatedResult& result, const std::string& how) {
  ASSERT_EQ(result.crashes.size(), 1u);
  EXPECT_EQ(result.crashes[0].piece, 2);
  EXPECT_EQ(result.crashes[0].text, "piece 2 step 1");
  EXPECT_EQ(result.crashes[0].how, how);
  EXPECT_EQ(result.counts[0], 14);
}

TEST(Isolated, AllIsDone) {
  const IsolatedResult result = WithBadStep([] {});
  EXPECT_TRUE(result.crashes.empty());
  EXPECT_EQ(result.counts[0], 15);
}

TEST(Isolated, SignalsAndExits) {
  ExpectOneCrash(WithBadStep([] { raise(SIGKILL); }), "signal 9");
  ExpectOneCrash(WithBadStep([] { _exit(7); }), "exit 7");
}

TEST(Isolated, Hangs) {
  ExpectOneCrash(WithBadStep([] { pause(); }, Patient(5)), "no progress");
}

TEST(Isolated, APieceThatAlwaysCrashesIsGivenUp) {
  Isolation isolation = Patient();
  isolation.most_crashes_of_a_piece = 3;
  const IsolatedResult result = RunIsolated(4, isolation, [](int64_t piece, int64_t from, Progress& progress) {
    for (int64_t step = from; piece == 1 && step < 100; ++step) {
      progress.Begin(step, "");
      _exit(1);
    }
    ++progress.counts[0];
  });
  EXPECT_EQ(result.crashes.size(), 3u);
  EXPECT_EQ(result.counts[0], 3);
}

}  // namespace
}  // namespace rivulet::hostile
