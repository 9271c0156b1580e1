#include "engine/base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <new>
#include <thread>
#include <vector>

namespace rivulet {
namespace {

TEST(ThreadPool, EveryPieceOnce) {
  for (int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    for (int64_t count : {0, 1, 7, 1000}) {
      std::vector<std::atomic<int>> seen(static_cast<size_t>(count));
      pool.ParallelFor(count, 3, StopToken(), [&](int64_t begin, int64_t end) {
        EXPECT_EQ(begin % 3, 0);
        EXPECT_LE(end, count);
        for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
      });
      for (const auto& n : seen) EXPECT_EQ(n, 1);
    }
  }
}

TEST(ThreadPool, CallersDoNotMixTheirLoops) {
  ThreadPool pool(3);
  std::vector<std::thread> callers;
  std::atomic<int> wrong{0};
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&, c] {
      for (int round = 0; round < 200; ++round) {
        std::vector<int> out(64, -1);
        pool.ParallelFor(64, 1, StopToken(), [&](int64_t begin, int64_t) { out[static_cast<size_t>(begin)] = c; });
        for (const int v : out) wrong += v != c;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0);
}

// Pieces that both threads must come to: each waits for the other.
TEST(ThreadPool, WorkersComeWhetherTheySleepOrNot) {
  for (const int threads : {2, 16}) {  // 16: most likely more than there are processors
    ThreadPool pool(threads);
    for (const int pause : {0, 10, 100, 1000}) {
      for (int round = 0; round < 20; ++round) {
        std::atomic<int> come{0};
        pool.ParallelFor(2, 1, StopToken(), [&](int64_t, int64_t) {
          ++come;
          while (come < 2) std::this_thread::yield();
        });
        EXPECT_EQ(come, 2);
        std::this_thread::sleep_for(std::chrono::microseconds(pause));
      }
    }
  }
}

// How many pieces run before the flag is set is the scheduler's business. After that, a thread may finish the piece
// whose turn it had already begun, and begins no other.
// Memory that ends in a piece ends the loop, in whichever thread it was, and the pool serves the next one.
TEST(ThreadPool, WhatEndsAPieceReachesTheCaller) {
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    for (int64_t bad = 0; bad < 40; bad += 13) {
      bool reached = false;
      try {
        pool.ParallelFor(40, 1, StopToken(), [&](int64_t begin, int64_t) {
          if (begin == bad) throw std::bad_alloc();
        });
      } catch (const std::bad_alloc&) {
        reached = true;
      }
      EXPECT_TRUE(reached);
      std::atomic<int> count{0};
      pool.ParallelFor(40, 1, StopToken(), [&](int64_t, int64_t) { ++count; });
      EXPECT_EQ(count, 40);
    }
  }
}

TEST(ThreadPool, StopsBetweenPieces) {
  ThreadPool pool(2);
  std::atomic<bool> cancel{false};
  const StopToken stop(&cancel, StopToken::Clock::time_point::max());
  std::atomic<int> pieces{0};
  std::atomic<int> begun_after{0};
  pool.ParallelFor(1'000'000, 1, stop, [&](int64_t, int64_t) {
    if (cancel) ++begun_after;
    if (++pieces == 5) cancel = true;
  });
  EXPECT_LE(begun_after, 1);
  EXPECT_LT(pieces, 1'000'000);
  EXPECT_EQ(stop.Why().code(), Code::kCancelled);
}

}  // namespace
}  // namespace rivulet
