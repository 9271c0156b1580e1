#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(BucketizeTest, Buckets) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(
      Same(OpTester("Bucketize").Attr("boundaries", {0.0f, 1.0f, 10.0f}).Input(F32({5}, {-1, 0, 1, 10, nan})).Run(),
           I32({5}, {0, 1, 2, 3, 3})));
  EXPECT_TRUE(
      Same(OpTester("Bucketize").Attr("boundaries", std::vector<float>()).Input(F32({1}, {1})).Run(), I32({1}, {0})));
  EXPECT_TRUE(Fails(OpTester("Bucketize").Attr("boundaries", {1.0f, 0.0f}).Input(F32({1}, {1})).Run(), "rising"));
}

// Boundaries that are no order at all still give an index in range.
TEST(BucketizeTest, BoundariesOfNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto got = OpTester("Bucketize").Attr("boundaries", {nan, 2.0f, nan, 1.0f}).Input(F64({3}, {0, 1.5, 9})).Run();
  ASSERT_TRUE(got.ok());
  for (const int32_t bucket : (*got)[0].values<int32_t>()) EXPECT_TRUE(bucket >= 0 && bucket <= 4);
}

}  // namespace
}  // namespace rivulet
