#include <algorithm>
#include <vector>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

OpTester Shuffle(const Tensor& index, const Tensor& last, int64_t rounds = 4) {
  return OpTester("RandomIndexShuffle").Attr("rounds", rounds).Input(index).Input(I32({3}, {7, 8, 9})).Input(last);
}

// Of what TensorFlow gives for small ranges too: each index goes somewhere else.
TEST(RandomIndexShuffleTest, EveryIndexComesOnce) {
  for (const int32_t last : {1, 5, 255, 256, 300}) {
    Tensor all = Zeros(DType::kInt32, {last + 1});
    for (int32_t i = 0; i <= last; ++i) all.data<int32_t>()[i] = i;
    const auto got = Shuffle(all, I32({}, {last})).Run();
    ASSERT_TRUE(got.ok()) << got.status().message();
    std::vector<int32_t> places((*got)[0].data<int32_t>(), (*got)[0].data<int32_t>() + last + 1);
    std::sort(places.begin(), places.end());
    EXPECT_TRUE(std::equal(places.begin(), places.end(), all.data<int32_t>())) << last;
  }
}

TEST(RandomIndexShuffleTest, WhatIsWrong) {
  const Tensor five = I32({}, {5}), nine = I32({}, {9});
  for (const int64_t rounds : {0, 2, 3, 5, -4, 130})
    EXPECT_TRUE(Fails(Shuffle(five, nine, rounds).Run(), "even number in [4, 128]"));
  EXPECT_TRUE(Fails(Shuffle(nine, five).Run(), "max_index: want at least index 9, got 5"));
  EXPECT_TRUE(Fails(Shuffle(I32({}, {-1}), five).Run(), "index: want >= 0, got -1"));
  EXPECT_TRUE(Fails(Shuffle(I32({0}, {}), five).Run(), "at least one"));
  EXPECT_TRUE(Fails(Shuffle(I32({2}, {1, 2}), I32({3}, {5, 5, 5})).Run(), "max_index: want 2 as the others, got 3"));
}

}  // namespace
}  // namespace rivulet
