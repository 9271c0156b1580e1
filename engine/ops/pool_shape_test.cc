#include "engine/ops/pool_shape.h"

#include <gtest/gtest.h>

#include <limits>

namespace rivulet {
namespace {

using Ints = std::vector<int64_t>;

Result<PoolSpec> Make(const Ints& ksize, const Ints& strides, bool allow_depth = true, const char* padding = "SAME",
                      const Ints& pads = {}, const char* format = "NHWC") {
  return MakePoolSpec(ksize, strides, padding, pads, format, 2, allow_depth);
}

TEST(PoolShape, ReadsWindowsByLayout) {
  const auto last = Make({1, 2, 3, 1}, {1, 4, 5, 1});
  const auto first = Make({1, 1, 2, 3}, {1, 1, 4, 5}, true, "SAME", {}, "NCHW");
  ASSERT_TRUE(last.ok() && first.ok());
  for (const PoolSpec& spec : {*last, *first}) {
    EXPECT_EQ(spec.ksize[1], 2);
    EXPECT_EQ(spec.ksize[2], 3);
    EXPECT_EQ(spec.window.stride[2], 5);
  }
}

TEST(PoolShape, Depth) {
  const auto spec = Make({1, 1, 1, 3}, {1, 1, 1, 3});
  ASSERT_TRUE(spec.ok());
  const auto sizes = PoolSizesOf(*spec, {1, 2, 2, 6});
  ASSERT_TRUE(sizes.ok());
  EXPECT_EQ(sizes->out_c, 2);
  EXPECT_FALSE(PoolSizesOf(*spec, {1, 2, 2, 7}).ok());
  EXPECT_FALSE(Make({1, 1, 1, 3}, {1, 1, 1, 1}).ok());
  EXPECT_FALSE(Make({1, 2, 1, 3}, {1, 1, 1, 3}).ok());
  EXPECT_FALSE(Make({1, 1, 1, 3}, {1, 1, 1, 3}, false).ok());
}

TEST(PoolShape, HostileLists) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max(), kLeast = std::numeric_limits<int64_t>::min();
  for (const int64_t bad : {int64_t{0}, int64_t{-1}, kMost, kLeast}) {
    EXPECT_FALSE(Make({1, bad, 1, 1}, {1, 1, 1, 1}).ok());
    EXPECT_FALSE(Make({1, 1, 1, 1}, {1, bad, 1, 1}).ok());
    EXPECT_FALSE(Make({bad, 1, 1, 1}, {1, 1, 1, 1}).ok());
    EXPECT_FALSE(Make({1, 1, 1, bad}, {1, 1, 1, bad}).ok());
  }
  EXPECT_FALSE(Make({}, {}).ok());
  EXPECT_FALSE(Make({1, 1, 1}, {1, 1, 1, 1}).ok());
  EXPECT_FALSE(Make({2, 1, 1, 1}, {1, 1, 1, 1}).ok());
  EXPECT_FALSE(Make({1, 1, 1, 1}, {1, 1, 1, 1}, true, "SAME", {}, "NDHWC").ok());
  EXPECT_FALSE(Make({1, 2, 2, 1}, {1, 1, 1, 1}, true, "EXPLICIT", {0, 0, 2, 0, 0, 0, 0, 0}).ok());
  EXPECT_TRUE(Make({1, 2, 2, 1}, {1, 1, 1, 1}, true, "EXPLICIT", {0, 0, 1, 0, 0, 0, 0, 0}).ok());
}

TEST(PoolShape, WindowsAreWalkedInOrderAndCounted) {
  const auto spec = Make({1, 3, 2, 1}, {1, 1, 1, 1});
  ASSERT_TRUE(spec.ok());
  const auto sizes = PoolSizesOf(*spec, {1, 2, 2, 1});
  ASSERT_TRUE(sizes.ok());
  Ints seen;
  ForWindow(*sizes, 0, [&](int64_t tap) { seen.push_back(tap); });
  EXPECT_EQ(seen, (Ints{0, 1, 2, 3}));
  EXPECT_EQ(WindowCount(*sizes, 0), 4);
  EXPECT_EQ(WindowCount(*sizes, 1), 2);
}

}  // namespace
}  // namespace rivulet
