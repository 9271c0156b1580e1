#include "rivulet/allocator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/base/allocator_watch.h"

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
TEST(AllocatorWatch, NewBuffersAreFilled) {
  const auto allocator = Allocator::Create();
  FillNewBuffers(0xA5);
  const auto filled = allocator->Allocate(100);
  FillNewBuffers(0);
  ASSERT_TRUE(filled.ok());
  const auto* bytes = static_cast<const uint8_t*>(filled->get());
  EXPECT_TRUE(std::all_of(bytes, bytes + 100 + Allocator::kAlignment, [](uint8_t byte) { return byte == 0xA5; }));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(bytes) % Allocator::kAlignment, 0u);
}

TEST(AllocatorWatch, WritesOutsideAreSeen) {
  const auto allocator = Allocator::Create();
  const auto overrun_by = [&](int64_t place) {
    FillNewBuffers(0xA5);
    auto buffer = allocator->Allocate(100);
    FillNewBuffers(0);
    static_cast<uint8_t*>(buffer->get())[place] = 0;
    buffer->reset();
    return CountOverrunBuffers();
  };
  CountOverrunBuffers();
  EXPECT_EQ(overrun_by(0), 0);
  EXPECT_EQ(overrun_by(99), 0);
  EXPECT_EQ(overrun_by(100), 1);
  EXPECT_EQ(overrun_by(163), 1);
  EXPECT_EQ(overrun_by(-1), 1);
  EXPECT_EQ(CountOverrunBuffers(), 0) << "counted once";
  EXPECT_EQ(allocator->used_bytes(), 0u);
}

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
