#include "engine/ops/weight_room.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace rivulet {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

TEST(WeightRoom, BlocksAreApartAlignedAndCounted) {
  const auto allocator = Allocator::Create();
  std::vector<std::pair<std::shared_ptr<void>, size_t>> blocks;
  size_t bytes = 0;
  {
    WeightRoom room;
    for (size_t i = 0; i < 300; ++i) {
      const size_t size = i % 50 == 0 ? 3 * kHugePage / 2 - i : 100000 + 7 * i;
      auto block = room.Allocate(size, *allocator);
      ASSERT_TRUE(block.ok());
      EXPECT_EQ(reinterpret_cast<uintptr_t>(block->get()) % Allocator::kAlignment, 0u);
      // What a kernel may read past the end is there, too.
      std::memset(block->get(), static_cast<int>(i), size + Allocator::kAlignment);
      blocks.emplace_back(*std::move(block), size);
      bytes += size;
    }
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    const auto& [block, size] = blocks[i];
    const auto* at = static_cast<const unsigned char*>(block.get());
    EXPECT_EQ(at[0], static_cast<unsigned char>(i));
    EXPECT_EQ(at[size - 1], static_cast<unsigned char>(i));
  }
  EXPECT_GE(allocator->used_bytes(), bytes);
  EXPECT_LE(allocator->used_bytes(), bytes + blocks.size() * 2 * Allocator::kAlignment);
  blocks.clear();
  EXPECT_EQ(allocator->used_bytes(), 0u);
}

#if defined(__linux__)
TEST(WeightRoom, WhatIsExpectedBeginsInHugePagesUnlessThatTakesOneMore) {
  if (sizeof(void*) < 8) GTEST_SKIP() << "addresses are scarce";
  const auto is_at_huge_page = [](size_t expected) {
    const auto allocator = Allocator::Create();
    WeightRoom room;
    room.Expect(expected);
    const auto block = *room.Allocate(20000, *allocator);
    return reinterpret_cast<uintptr_t>(block.get()) % kHugePage == 0;
  };
  EXPECT_TRUE(is_at_huge_page(kHugePage));
  EXPECT_TRUE(is_at_huge_page(3 * kHugePage - kHugePage / 4));
  EXPECT_FALSE(is_at_huge_page(2 * kHugePage + kHugePage / 8));
  EXPECT_FALSE(is_at_huge_page(20000));
}
#endif

TEST(WeightRoom, KeepsToTheBudget) {
  const auto allocator = Allocator::Create(2 * kHugePage);
  WeightRoom room;
  std::vector<std::shared_ptr<void>> blocks;
  while (true) {
    auto block = room.Allocate(kHugePage / 4, *allocator);
    if (!block.ok()) {
      EXPECT_EQ(block.status().code(), Code::kResourceExhausted);
      break;
    }
    blocks.push_back(*std::move(block));
    ASSERT_LE(allocator->used_bytes(), 2 * kHugePage);
  }
  EXPECT_EQ(blocks.size(), 7u);  // and a little beside each
}

}  // namespace
}  // namespace rivulet
