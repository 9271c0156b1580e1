#include "rivulet/allocator.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace rivulet {
namespace {

TEST(Allocator, EveryByteComesBack) {
  const auto allocator = Allocator::Create();
  std::vector<std::shared_ptr<void>> buffers;
  for (size_t bytes = 0; bytes < 200; ++bytes) {
    auto buffer = allocator->Allocate(bytes);
    ASSERT_TRUE(buffer.ok());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer->get()) % Allocator::kAlignment, 0u);
    buffers.push_back(*buffer);
  }
  EXPECT_GE(allocator->used_bytes(), size_t{200 * 199 / 2});
  EXPECT_EQ(allocator->peak_bytes(), allocator->used_bytes());
  buffers.clear();
  EXPECT_EQ(allocator->used_bytes(), 0u);
}

TEST(Allocator, WhatIsRefusedCostsNothing) {
  const auto allocator = Allocator::Create(1 << 12);
  EXPECT_EQ(allocator->Allocate(1 << 12).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(allocator->Allocate(SIZE_MAX).status().code(), Code::kResourceExhausted);
  Allocator::FailNth(1, false);
  EXPECT_EQ(allocator->Allocate(1 << 11).status().code(), Code::kResourceExhausted);
  Allocator::FailNth(0, false);
  EXPECT_EQ(allocator->used_bytes(), 0u);
  EXPECT_TRUE(allocator->Allocate(1 << 11).ok());
  EXPECT_EQ(allocator->used_bytes(), 0u);
}

#if defined(__linux__)
TEST(Allocator, LargeBlocksBeginAtAHugePage) {
  constexpr size_t kHugePage = size_t{2} << 20;
  const auto allocator = Allocator::Create();
  for (const size_t bytes : {kHugePage / 2, kHugePage, kHugePage + 1, 3 * kHugePage - 64}) {
    const auto block = allocator->Allocate(bytes);
    ASSERT_TRUE(block.ok());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block->get()) % kHugePage, 0u) << bytes;
    EXPECT_LE(allocator->used_bytes(), bytes + 2 * Allocator::kAlignment);
  }
}
#endif

TEST(Allocator, ChargesUpToTheBudget) {
  const auto allocator = Allocator::Create(100);
  EXPECT_TRUE(allocator->Charge(60).ok());
  EXPECT_FALSE(allocator->Charge(41).ok());
  EXPECT_TRUE(allocator->Charge(40).ok());
  allocator->Release(100);
  EXPECT_EQ(allocator->used_bytes(), 0u);
  EXPECT_EQ(allocator->peak_bytes(), 100u);
}

}  // namespace
}  // namespace rivulet
