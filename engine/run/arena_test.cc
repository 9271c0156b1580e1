#include "engine/run/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace rivulet {
namespace {

bool Overlap(const ArenaRequest& a, const ArenaRequest& b) {
  const bool same_time = a.first_step <= b.last_step && b.first_step <= a.last_step;
  return same_time && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

TEST(Arena, ChainReusesTwoBlocks) {
  std::vector<ArenaRequest> requests;
  for (int32_t i = 0; i < 20; ++i) requests.push_back({1000, i, i + 1});
  EXPECT_EQ(PlanArena(requests, 64), 1024 + 1000);
}

TEST(Arena, NothingThatLivesAtTheSameTimeOverlaps) {
  uint32_t state = 7;
  const auto next = [&](uint32_t bound) {
    return static_cast<int32_t>((state = state * 1664525u + 1013904223u) >> 8) % static_cast<int32_t>(bound);
  };
  for (int round = 0; round < 50; ++round) {
    std::vector<ArenaRequest> requests;
    for (int i = 0; i < 40; ++i) {
      const int32_t first = next(30);
      requests.push_back({next(5000), first, first + next(10)});
    }
    const int64_t total = PlanArena(requests, 64);
    int64_t fullest = 0;
    for (int32_t step = 0; step < 40; ++step) {
      int64_t alive = 0;
      for (const ArenaRequest& request : requests)
        if (request.first_step <= step && step <= request.last_step) alive += request.bytes;
      fullest = std::max(fullest, alive);
    }
    EXPECT_EQ(LeastArena(requests), fullest);
    EXPECT_LE(fullest, total);
    for (size_t a = 0; a < requests.size(); ++a) {
      EXPECT_EQ(requests[a].offset % 64, 0);
      EXPECT_LE(requests[a].offset + requests[a].bytes, total);
      for (size_t b = 0; b < a; ++b) EXPECT_FALSE(Overlap(requests[a], requests[b])) << a << " " << b;
    }
  }
}

// A mobile network's: the largest first, what lies between two pairs of them would lie on top of both.
TEST(Arena, TheHighestComesFirst) {
  std::vector<ArenaRequest> requests = {{129024, 0, 1}, {129024, 1, 2}, {65536, 2, 4},
                                        {129024, 4, 5}, {129024, 5, 6}, {129024, 6, 7}};
  std::vector<ArenaRequest> small = requests;
  for (ArenaRequest& request : small) request.bytes /= 32;
  EXPECT_EQ(LeastArena(requests), 2 * 129024);
  EXPECT_EQ(PlanArena(requests, 64), 2 * 129024);
  EXPECT_EQ(PlanArena(small, 64), 2 * 4032 + 2048);  // nothing worth the time could be saved
  for (size_t a = 0; a < requests.size(); ++a) {
    for (size_t b = 0; b < a; ++b) EXPECT_FALSE(Overlap(requests[a], requests[b])) << a << " " << b;
  }
}

// More than are compared with one another: what lives at the same time still lies apart, and what does not shares
// memory.
TEST(Arena, ManyAtATime) {
  std::vector<ArenaRequest> requests;
  const int32_t count = 1000;
  for (int32_t i = 0; i < count; ++i) requests.push_back({64, i, count});
  for (int32_t i = 0; i < count; ++i) requests.push_back({64 * (1 + i % 2), i, i + 1});
  const int64_t total = PlanArena(requests, 64);
  EXPECT_LE(total, 64 * (count + 4));
  for (size_t a = 0; a < requests.size(); ++a) {
    EXPECT_LE(requests[a].offset + requests[a].bytes, total);
    for (size_t b = 0; b < a; ++b) ASSERT_FALSE(Overlap(requests[a], requests[b])) << a << " " << b;
  }
}

TEST(Arena, TooLargeIsSaid) {
  std::vector<ArenaRequest> requests = {{INT64_MAX - 100, 0, 1}, {INT64_MAX - 100, 0, 1}};
  EXPECT_EQ(PlanArena(requests, 64), -1);
}

}  // namespace
}  // namespace rivulet
