#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

// Two features, one node each in [begin, end), two buckets of gradient and hessian.
OpTester BestGains(int32_t begin, int32_t end, const Tensor& first, const Tensor& second, float complexity = 0,
                   float min_weight = 0) {
  return OpTester("BoostedTreesCalculateBestGainsPerFeature")
      .Attr("max_splits", first.dim(0))
      .Attr("num_features", 2)
      .Input(I32({2}, {begin, end}))
      .Input(first)
      .Input(second)
      .Input(F32({}, {0}))
      .Input(F32({}, {0}))
      .Input(F32({}, {complexity}))
      .Input(F32({}, {min_weight}));
}

const Tensor kClear = F32({1, 2, 2}, {-4, 2, 6, 3}), kSame = F32({1, 2, 2}, {1, 1, 1, 4});

// A side gains gradient^2 / hessian and contributes -gradient / hessian; the whole would gain 2^2 / 5.
TEST(BoostedTreesBestGains, OfEachFeature) {
  const auto got = BestGains(0, 1, kClear, kSame, 0.2f).Run();
  EXPECT_TRUE(Same(got, I32({1}, {0}), 0));
  EXPECT_TRUE(Near(got, F32({1}, {8 + 12 - 0.8f - 0.2f}), 2));
  EXPECT_TRUE(Near(got, F32({1}, {1 + 0.25f - 0.8f - 0.2f}), 3));
  EXPECT_TRUE(Same(got, I32({1}, {0}), 4));
  EXPECT_TRUE(Near(got, F32({1, 1}, {2}), 6));
  EXPECT_TRUE(Near(got, F32({1, 1}, {-2}), 8));
}

TEST(BoostedTreesBestGains, LeavesOutLightNodes) {
  const Tensor two = F32({2, 2, 2}, {-4, 2, 6, 3, 1, 1, 1, 1});
  EXPECT_TRUE(Same(BestGains(0, 2, two, two).Run(), I32({2}, {0, 1})));
  EXPECT_TRUE(Same(BestGains(0, 2, two, two, 0, 3).Run(), I32({1}, {0})));
  EXPECT_TRUE(Same(BestGains(1, 2, two, two).Run(), I32({1}, {1})));
  EXPECT_TRUE(Same(BestGains(1, 1, two, two).Run(), I32({0}, {})));
}

TEST(BoostedTreesBestGains, SaysWhatIsWrong) {
  EXPECT_TRUE(Fails(BestGains(0, 1, kClear, F32({1, 1, 2}, {1, 1})).Run(), "want shape [1,2,2] as the first has"));
  EXPECT_TRUE(Fails(BestGains(0, 1, F32({1, 2}, {1, 1}), kSame).Run(), "rank 3"));
  EXPECT_TRUE(Fails(BestGains(0, 2, kClear, kSame).Run(), "node_id_range"));
}

}  // namespace
}  // namespace rivulet
