#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Result<std::vector<Tensor>> Aggregate(Tensor nodes, Tensor feature) {
  return OpTester("BoostedTreesAggregateStats")
      .Attr("max_splits", 2)
      .Attr("num_buckets", 2)
      .Input(std::move(nodes))
      .Input(F32({2, 1}, {1, 2}))
      .Input(F32({2, 1}, {3, 4}))
      .Input(std::move(feature))
      .Run();
}

TEST(BoostedTreesStatsTest, MissingIsTheLastBucket) {
  EXPECT_TRUE(
      Same(Aggregate(I32({2}, {0, 1}), I32({2, 1}, {1, -1})), F32({2, 1, 3, 2}, {0, 0, 1, 3, 0, 0, 0, 0, 0, 0, 2, 4})));
}

TEST(BoostedTreesStatsTest, OutsideOfTheSummary) {
  EXPECT_TRUE(Fails(Aggregate(I32({2}, {0, 2}), I32({2, 1}, {0, 0})), "node_ids[1]"));
  EXPECT_TRUE(Fails(Aggregate(I32({2}, {-1, 0}), I32({2, 1}, {0, 0})), "node_ids[0]"));
  EXPECT_TRUE(Fails(Aggregate(I32({2}, {0, 0}), I32({2, 1}, {0, 3})), "bucket"));
  EXPECT_TRUE(Fails(Aggregate(I32({2}, {0, 0}), I32({2, 1}, {-2, 0})), "bucket"));
  EXPECT_TRUE(Fails(Aggregate(I32({2}, {0, 0}), I32({1, 1}, {0})), "row"));
}

TEST(BoostedTreesStatsTest, MakeTakesColumnZeroByFeature) {
  const auto make = [](int32_t bucket) {
    return OpTester("BoostedTreesMakeStatsSummary")
        .Attr("max_splits", 1)
        .Attr("num_buckets", 2)
        .Attr("num_features", 2)
        .Input(I32({2}, {0, 0}))
        .Input(F32({2, 2}, {1, 9, 2, 9}))
        .Input(F32({2, 1}, {3, 4}))
        .Input(I32({2}, {0, 0}))
        .Input(I32({2}, {0, bucket}))
        .Run();
  };
  EXPECT_TRUE(Same(make(1), F32({2, 1, 2, 2}, {3, 7, 0, 0, 1, 3, 2, 4})));
  EXPECT_TRUE(Fails(make(2), "bucket"));
  EXPECT_TRUE(Fails(make(-1), "bucket"));
}

Result<std::vector<Tensor>> Sparse(const Tensor& nodes, const Tensor& indices, const Tensor& values,
                                   const Tensor& shape) {
  return OpTester("BoostedTreesSparseAggregateStats")
      .Attr("max_splits", 2)
      .Attr("num_buckets", 3)
      .Input(nodes)
      .Input(F32({2, 1}, {1, 2}))
      .Input(F32({2, 1}, {3, 4}))
      .Input(indices)
      .Input(values)
      .Input(shape)
      .Run();
}

TEST(BoostedTreesStatsTest, SparseOutsideOfTheSummary) {
  const Tensor nodes = I32({2}, {0, 1}), value = I32({1}, {2}), shape = I32({2}, {2, 4});
  EXPECT_TRUE(Sparse(nodes, I32({1, 2}, {1, 3}), value, shape).ok());
  EXPECT_TRUE(Fails(Sparse(I32({2}, {0, 2}), I32({1, 2}, {1, 3}), value, shape), "node id 1"));
  EXPECT_TRUE(Fails(Sparse(I32({2}, {-1, 1}), I32({1, 2}, {1, 3}), value, shape), "node id 0"));
  EXPECT_TRUE(Fails(Sparse(nodes, I32({1, 2}, {2, 3}), value, shape), "example"));
  EXPECT_TRUE(Fails(Sparse(nodes, I32({1, 2}, {-1, 3}), value, shape), "example"));
  EXPECT_TRUE(Fails(Sparse(nodes, I32({1, 2}, {1, 4}), value, shape), "dimension"));
  EXPECT_TRUE(Fails(Sparse(nodes, I32({1, 2}, {1, -1}), value, shape), "dimension"));
  EXPECT_TRUE(Fails(Sparse(nodes, I32({1, 2}, {1, 3}), I32({1}, {4}), shape), "feature value"));
  EXPECT_TRUE(Fails(Sparse(nodes, I32({1, 2}, {1, 3}), I32({1}, {-1}), shape), "feature value"));
  EXPECT_TRUE(Fails(Sparse(nodes, I32({2, 2}, {1, 3, 0, 0}), I32({2}, {0, 0}), shape), "order"));
  EXPECT_TRUE(Fails(Sparse(nodes, I32({1, 2}, {1, 3}), value, I32({2}, {2, -1})), "feature_shape"));
  EXPECT_TRUE(Fails(Sparse(nodes, I32({1, 2}, {1, 3}), value, I32({3}, {2, 4, 1})), "feature_shape"));
  EXPECT_TRUE(Fails(Sparse(I32({3}, {0, 0, 0}), I32({1, 2}, {1, 3}), value, shape), "gradients"));
}

}  // namespace
}  // namespace rivulet
