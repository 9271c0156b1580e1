#include "engine/run/result_memory.h"

#include <gtest/gtest.h>

#include <vector>

namespace rivulet {
namespace {

Tensor Filled(int64_t count, float value, Allocator& allocator) {
  auto tensor = Tensor::Allocate(DType::kFloat, {count}, allocator);
  std::fill_n(tensor->data<float>(), count, value);
  return *tensor;
}

constexpr int64_t kLarge = 1 << 18;  // floats of the least block that is kept

TEST(ResultMemory, IsLentAgainOnceGivenBack) {
  const auto allocator = Allocator::Create(), source = Allocator::Create();
  ResultMemory memory;
  const void* first = nullptr;
  {
    const auto result = memory.Copy(Filled(kLarge, 1, *source), *allocator);
    ASSERT_TRUE(result.ok());
    first = result->raw();
    EXPECT_EQ(result->data<float>()[kLarge - 1], 1);
  }
  const auto second = memory.Copy(Filled(kLarge, 2, *source), *allocator);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->raw(), first);
  EXPECT_EQ(second->data<float>()[0], 2);
}

TEST(ResultMemory, WhatTheCallerHoldsIsHis) {
  const auto allocator = Allocator::Create(), source = Allocator::Create();
  ResultMemory memory;
  const auto first = memory.Copy(Filled(kLarge, 1, *source), *allocator);
  const auto second = memory.Copy(Filled(kLarge, 2, *source), *allocator);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(first->raw(), second->raw());
  EXPECT_EQ(first->data<float>()[0], 1);
}

TEST(ResultMemory, OutlivesItsFrameAndHoldsOneBlock) {
  const auto allocator = Allocator::Create(), source = Allocator::Create();
  Tensor kept;
  {
    ResultMemory memory;
    for (const int64_t count : {kLarge, 2 * kLarge, kLarge}) {
      const auto result = memory.Copy(Filled(count, 3, *source), *allocator);
      ASSERT_TRUE(result.ok());
      kept = *result;
    }
    EXPECT_LT(allocator->used_bytes(), 2 * kLarge * sizeof(float));
  }
  EXPECT_EQ(kept.data<float>()[kLarge - 1], 3);
  kept = Tensor();
  EXPECT_EQ(allocator->used_bytes(), 0u);
}

TEST(ResultMemory, SmallResultsAreNotKept) {
  const auto allocator = Allocator::Create(), source = Allocator::Create();
  ResultMemory memory;
  EXPECT_TRUE(memory.Copy(Filled(kLarge - 1, 1, *source), *allocator).ok());
  EXPECT_EQ(allocator->used_bytes(), 0u);
}

}  // namespace
}  // namespace rivulet
