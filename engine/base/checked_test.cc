#include "engine/base/checked.h"

#include <gtest/gtest.h>

#include <limits>

namespace rivulet {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

TEST(CheckedSize, NegativeNumbersAreNoSizes) {
  EXPECT_TRUE(CheckedSize(0).valid());
  EXPECT_FALSE(CheckedSize(-1).valid());
  EXPECT_FALSE(CheckedSize(std::numeric_limits<int64_t>::min()).valid());
}

TEST(CheckedSize, HoldsUpToTheLargest) {
  EXPECT_EQ((CheckedSize(kMost - 1) + 1).value(), kMost);
  EXPECT_EQ((CheckedSize(int64_t{1} << 31) * (int64_t{1} << 31)).value(), int64_t{1} << 62);
  EXPECT_FALSE((CheckedSize(kMost) + 1).valid());
  EXPECT_FALSE((CheckedSize(int64_t{1} << 32) * (int64_t{1} << 31)).valid());
  EXPECT_FALSE((CheckedSize(int64_t{1} << 32) * (int64_t{1} << 32)).valid());  // 0 in 64 bits
}

TEST(CheckedSize, OnceInvalidAlwaysInvalid) {
  CheckedSize size = CheckedSize(kMost) * 2;
  size *= 0;
  EXPECT_FALSE(size.valid());
  size += 1;
  EXPECT_FALSE(size.valid());
  EXPECT_FALSE((CheckedSize(2) * -1).valid());
}

}  // namespace
}  // namespace rivulet
