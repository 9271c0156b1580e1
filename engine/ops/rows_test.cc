#include "engine/ops/rows.h"

#include <limits>
#include <vector>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

constexpr DType kNumbers[] = {DType::kFloat, DType::kDouble, DType::kHalf,   DType::kBfloat16,
                              DType::kInt8,  DType::kInt16,  DType::kInt32,  DType::kInt64,
                              DType::kUint8, DType::kUint16, DType::kUint32, DType::kUint64};

TEST(RowsTest, EveryNumberHasEveryCombination) {
  for (const DType dtype : kNumbers) {
    for (int combine = 0; combine <= static_cast<int>(Combine::kLeast); ++combine) {
      EXPECT_NE(FindCombine(static_cast<Combine>(combine), dtype), nullptr) << Name(dtype) << " " << combine;
    }
  }
  EXPECT_EQ(FindCombine(Combine::kMax, DType::kComplex64), nullptr);
  EXPECT_EQ(FindCombine(Combine::kMultiply, DType::kString), nullptr);
  EXPECT_EQ(FindCombine(Combine::kAdd, DType::kResource), nullptr);
  EXPECT_EQ(FindCombine(Combine::kAssign, DType::kVariant), nullptr);
}

TEST(RowsTest, IntegersWrap) {
  int16_t sum[] = {32767, -32768};
  const int16_t one[] = {1, -1};
  FindCombine(Combine::kAdd, DType::kInt16)(sum, one, 2);
  EXPECT_EQ(sum[0], -32768);
  EXPECT_EQ(sum[1], 32767);
  uint16_t product[] = {65535};
  FindCombine(Combine::kMultiply, DType::kUint16)(product, product, 1);
  EXPECT_EQ(product[0], 1);
  int64_t low[] = {std::numeric_limits<int64_t>::min()};
  const int64_t minus_one[] = {-1};
  FindCombine(Combine::kMultiply, DType::kInt64)(low, minus_one, 1);
  EXPECT_EQ(low[0], std::numeric_limits<int64_t>::min());
}

TEST(RowsTest, OrderAndNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float from[] = {2, nan, 1};
  float max[] = {1, 1, nan};
  FindCombine(Combine::kMax, DType::kFloat)(max, from, 3);
  EXPECT_TRUE(Same(F32({3}, {max[0], max[1], max[2]}), F32({3}, {2, nan, 1})));
  float greatest[] = {1, 1, nan};
  FindCombine(Combine::kGreatest, DType::kFloat)(greatest, from, 3);
  EXPECT_TRUE(Same(F32({3}, {greatest[0], greatest[1], greatest[2]}), F32({3}, {2, 1, nan})));
}

TEST(RowsTest, StartsAreTheLowestFiniteNumbers) {
  Half half[1];
  FillStart(Combine::kMax, DType::kHalf, half, 1);
  EXPECT_EQ(static_cast<float>(half[0]), -65504.0f);
  BFloat16 brain[1];
  FillStart(Combine::kMin, DType::kBfloat16, brain, 1);
  EXPECT_EQ(brain[0].bits, 0x7f7f);
  int8_t bytes[1];
  FillStart(Combine::kMin, DType::kInt8, bytes, 1);
  EXPECT_EQ(bytes[0], 127);
}

TEST(RowsTest, MovesStrings) {
  const std::string from[] = {"a", "bb"};
  std::string to[3];
  GatherRows(DType::kString, to, from, 1, 0, 3, [](int64_t i) { return i % 2; });
  EXPECT_EQ(to[0] + to[1] + to[2], "abba");
  FillElements(DType::kString, to, &from[1], 2);
  EXPECT_EQ(to[0] + to[1] + to[2], "bbbba");
  ClearElements(DType::kString, to, 3);
  EXPECT_EQ(to[2], "");
  FindCombine(Combine::kAdd, DType::kString)(to, from, 2);
  FindCombine(Combine::kAdd, DType::kString)(to, from, 2);
  EXPECT_EQ(to[1], "bbbb");
}

// Every width of a row, odd ones too.
TEST(RowsTest, GathersRowsOfAnyWidth) {
  uint8_t from[64];
  for (int i = 0; i < 64; ++i) from[i] = static_cast<uint8_t>(i);
  for (int64_t width = 1; width <= 17; ++width) {
    const int64_t rows = 64 / width;
    // Memory of exactly the size, so that a sanitizer sees a byte too many.
    std::vector<uint8_t> to(static_cast<size_t>(rows * width));
    GatherRows(DType::kUint8, to.data(), from, width, 0, rows, [&](int64_t i) { return rows - 1 - i; });
    for (size_t i = 0; i < to.size(); ++i) {
      const auto at = static_cast<int64_t>(i);
      EXPECT_EQ(to[i], (rows - 1 - at / width) * width + at % width);
    }
  }
}

}  // namespace
}  // namespace rivulet
