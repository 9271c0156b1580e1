#include "engine/ops/packed_operands.h"

#include <gtest/gtest.h>

namespace rivulet {
namespace {

Tensor Numbers(float first) {
  const std::vector<float> values = {first, 2, 3, 4, 5, 6};
  return Tensor::Of<float>({2, 3}, values);
}

// A packer that counts how often it is called.
struct Counter {
  int calls = 0;
  Result<std::shared_ptr<const int>> Pack(const Tensor& constant, std::string_view form) {
    return PackOnce<int>(constant, form, [&]() -> Result<int> { return ++calls; });
  }
};

TEST(PackedOperands, OneFormOfOneConstantIsPackedOnce) {
  PackedOperands operands;
  const PackedOperands::Scope scope(operands);
  Counter counter;
  const Tensor a = Numbers(1), b = Numbers(1);
  const auto first = counter.Pack(a, "form");
  const auto second = counter.Pack(a, "form");
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(counter.calls, 1);
  const auto other_form = counter.Pack(a, "another form");
  const auto other_constant = counter.Pack(b, "form");
  const auto other_type = counter.Pack(a.Retyped(DType::kInt32), "form");
  EXPECT_EQ(counter.calls, 4);
}

TEST(PackedOperands, WhatNobodyHoldsIsMadeAnew) {
  PackedOperands operands;
  const PackedOperands::Scope scope(operands);
  Counter counter;
  const Tensor a = Numbers(1);
  ASSERT_TRUE(counter.Pack(a, "form").ok());
  const auto held = counter.Pack(a, "form");
  EXPECT_EQ(counter.calls, 2);
}

TEST(PackedOperands, ConstantsThatNobodyElseHoldsAreLetGo) {
  PackedOperands operands;
  const PackedOperands::Scope scope(operands);
  Counter counter;
  Tensor a = Numbers(1);
  const std::weak_ptr<void> bytes = a.owner();
  const auto held = counter.Pack(a, "form");
  operands.Trim();
  EXPECT_EQ(*held, *counter.Pack(a, "form"));
  a = Tensor();
  EXPECT_FALSE(bytes.expired()) << "another constant could come to lie there";
  operands.Trim();
  EXPECT_TRUE(bytes.expired());
}

TEST(PackedOperands, AFailureIsNotKept) {
  PackedOperands operands;
  const PackedOperands::Scope scope(operands);
  const Tensor a = Numbers(1);
  const auto fails = PackOnce<int>(a, "form", []() -> Result<int> { return ResourceExhausted("no memory"); });
  EXPECT_FALSE(fails.ok());
  EXPECT_TRUE(Counter().Pack(a, "form").ok());
}

TEST(PackedOperands, ScopesNestAndOutsideOfThemNothingIsShared) {
  Counter counter;
  const Tensor a = Numbers(1);
  PackedOperands outer, inner;
  const auto alone = counter.Pack(a, "form");
  const auto also_alone = counter.Pack(a, "form");
  EXPECT_EQ(counter.calls, 2);
  const PackedOperands::Scope scope(outer);
  const auto in_outer = counter.Pack(a, "form");
  {
    const PackedOperands::Scope within(inner);
    EXPECT_NE(*in_outer, *counter.Pack(a, "form"));
  }
  EXPECT_EQ(*in_outer, *counter.Pack(a, "form"));
}

TEST(PackedOperands, FactorsAreInTheForm) {
  PackedOperands operands;
  const PackedOperands::Scope scope(operands);
  const auto allocator = Allocator::Create();
  const Tensor a = Numbers(1);
  const auto plain = PackMatrixOnce(a, 2, 3, false, *allocator);
  const auto scaled = PackMatrixOnce(a, 2, 3, false, *allocator, {2, 2, 2});
  const auto otherwise = PackMatrixOnce(a, 2, 3, false, *allocator, {2, 2, 3});
  const auto again = PackMatrixOnce(a, 2, 3, false, *allocator, {2, 2, 2});
  const auto transposed = PackMatrixOnce(a, 3, 2, true, *allocator);
  ASSERT_TRUE(plain.ok() && scaled.ok() && otherwise.ok() && again.ok() && transposed.ok());
  EXPECT_EQ(*scaled, *again);
  EXPECT_EQ((*plain)->data()[2], 3.0f);
  EXPECT_EQ((*scaled)->data()[2], 6.0f);
  EXPECT_EQ((*otherwise)->data()[2], 9.0f);
  EXPECT_EQ((*transposed)->data()[1], 4.0f);
}

}  // namespace
}  // namespace rivulet
