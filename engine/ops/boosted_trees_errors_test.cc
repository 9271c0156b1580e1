// What the operators that grow, keep and ask ensembles of trees refuse; their results are recorded.
#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

constexpr DType kF = DType::kFloat, kI = DType::kInt32;

void AddScalars(OpTester* tester, int count) {
  for (int i = 0; i < count; ++i) tester->Input(F32({}, {0}));
}

OpTester DenseSplit(const Shape& stats, int logits = 1) {
  OpTester tester("BoostedTreesCalculateBestFeatureSplit");
  tester.Attr("logits_dimension", logits).Input(I32({2}, {0, 1})).Input(Zeros(kF, stats));
  AddScalars(&tester, 4);
  return tester;
}

TEST(BoostedTreesErrors, OfADenseSplit) {
  EXPECT_TRUE(Fails(DenseSplit({2, 3, 2}).Infer(), "input 1: want rank 4, got shape [2,3,2]"));
  EXPECT_TRUE(Fails(DenseSplit({2, 0, 2, 2}).Infer(), "want a feature dimension and a bucket, got shape [2,0,2,2]"));
  EXPECT_TRUE(Fails(DenseSplit({1, 1, 1, 3}).Infer(), "want 1 gradients and as many hessians or their square, got 3"));
  EXPECT_TRUE(Fails(DenseSplit({1, 1, 1, 2}, 0).Infer(), "attr 'logits_dimension': want >= 1, got 0"));
  EXPECT_TRUE(Fails(DenseSplit({1, 1, 1, 2}).Attr("split_type", "none").Infer(), "want one of inequality, equality"));
}

OpTester SparseSplit(const Tensor& indices, const Tensor& values, const Tensor& shape) {
  OpTester tester("BoostedTreesSparseCalculateBestFeatureSplit");
  tester.Attr("logits_dimension", 1).Input(I32({2}, {0, 1})).Input(indices).Input(values).Input(shape);
  AddScalars(&tester, 4);
  return tester;
}

TEST(BoostedTreesErrors, OfASparseSplit) {
  const Tensor at = I32({1, 4}, {0, 0, 0, 0}), value = F32({1}, {1}), shape = I32({4}, {1, 1, 2, 2});
  EXPECT_TRUE(SparseSplit(at, value, shape).Run().ok());
  EXPECT_TRUE(Fails(SparseSplit(I32({1, 3}, {0, 0, 0}), value, shape).Run(), "want 4 columns, got shape [1,3]"));
  EXPECT_TRUE(Fails(SparseSplit(at, F32({2}, {1, 2}), shape).Run(), "stats_summary_values: want 1"));
  EXPECT_TRUE(Fails(SparseSplit(at, value, I32({3}, {1, 1, 2})).Run(), "stats_summary_shape: want 4 dims, got 3"));
  EXPECT_TRUE(Fails(SparseSplit(at, value, I32({4}, {1, 1, 0, 2})).Run(), "want a bucket and 2 numbers in it"));
  EXPECT_TRUE(Fails(SparseSplit(I32({1, 4}, {0, 0, 0, 2}), value, shape).Run(), "[0, 3]: want [0, 2), got 2"));
}

OpTester SparseStats(const Tensor& nodes, const Tensor& indices, const Tensor& values, const Tensor& shape) {
  return OpTester("BoostedTreesSparseAggregateStats")
      .Attr("max_splits", 2)
      .Attr("num_buckets", 3)
      .Input(nodes)
      .Input(F32({2, 1}, {1, 2}))
      .Input(F32({2, 1}, {3, 4}))
      .Input(indices)
      .Input(values)
      .Input(shape);
}

TEST(BoostedTreesErrors, OfSparseStats) {
  const Tensor nodes = I32({2}, {0, 1}), at = I32({2, 2}, {0, 0, 1, 0}), bucket = I32({2}, {0, 1}),
               shape = I32({2}, {2, 1});
  EXPECT_TRUE(SparseStats(nodes, at, bucket, shape).Run().ok());
  EXPECT_TRUE(Fails(SparseStats(I32({3}, {0, 0, 0}), at, bucket, shape).Run(), "one for each node id: want 3, got 2"));
  EXPECT_TRUE(Fails(SparseStats(nodes, I32({2, 1}, {0, 1}), bucket, shape).Run(), "want 2, got 1"));
  EXPECT_TRUE(
      Fails(SparseStats(nodes, at, I32({1}, {0}), shape).Run(), "feature_values, one for each index: want 2, got 1"));
  EXPECT_TRUE(Fails(SparseStats(nodes, at, bucket, I32({3}, {2, 1, 1})).Run(), "dims in feature_shape: want 2, got 3"));
  EXPECT_TRUE(Fails(SparseStats(nodes, I32({2, 2}, {1, 0, 0, 0}), bucket, shape).Run(),
                    "want examples in order, got 0 behind 1"));
  EXPECT_TRUE(Fails(SparseStats(I32({2}, {0, 2}), at, bucket, shape).Run(), "want [0, 2), got 2"));
}

OpTester Center(const Shape& gradients, const Shape& l1) {
  return OpTester("BoostedTreesCenterBias")
      .Unknown(DType::kResource, Shape())
      .Unknown(kF, gradients)
      .Unknown(kF, {1, 1})
      .Unknown(kF, l1)
      .Unknown(kF, Shape());
}

TEST(BoostedTreesErrors, OfWhatChangesAnEnsemble) {
  EXPECT_TRUE(Fails(Center({1}, Shape()).Infer(), "input 1: want rank 2, got shape [1]"));
  EXPECT_TRUE(Fails(Center({0, 1}, Shape()).Infer(), "mean_gradients: want a number, got shape [0,1]"));
  EXPECT_TRUE(Fails(Center({1, 1}, {2}).Infer(), "input 3: want rank 0, got shape"));
  for (const char* op : {"BoostedTreesCreateEnsemble", "BoostedTreesDeserializeEnsemble"}) {
    EXPECT_TRUE(Fails(OpTester(op)
                          .Unknown(DType::kResource, Shape())
                          .Unknown(DType::kInt64, {2})
                          .Unknown(DType::kString, Shape())
                          .Infer(),
                      "input 1: want rank 0, got shape"));
  }
}

OpTester Update(int nodes, const Shape& left, int depth_rank = 0) {
  OpTester tester("BoostedTreesUpdateEnsembleV2");
  tester.Attr("num_features", 1).Attr("num_groups", 1).Attr("logits_dimension", 1).Unknown(DType::kResource, Shape());
  tester.Unknown(kI, {nodes}).Unknown(kI, {nodes}).Unknown(kI, {nodes}).Unknown(kF, {nodes}).Unknown(kI, {nodes});
  tester.Unknown(kF, left).Unknown(kF, {nodes, 1}).Unknown(DType::kString, {nodes});
  tester.Unknown(kI, depth_rank == 0 ? Shape() : Shape{2}).Unknown(kF, Shape()).Unknown(kI, Shape());
  return tester;
}

TEST(BoostedTreesErrors, OfAnUpdate) {
  EXPECT_TRUE(Update(3, {3, 1}).Infer().ok());
  EXPECT_TRUE(Fails(Update(3, {2, 1}).Infer(), "want one for each of 3 nodes, got 2"));
  EXPECT_TRUE(Fails(Update(3, {3, 2}).Infer(), "want a column for each of 1 logits, got 2"));
  EXPECT_TRUE(Fails(Update(3, {3}).Infer(), "want rank 2"));
  EXPECT_TRUE(Fails(Update(3, {3, 1}, 1).Infer(), "want rank 0, got shape"));
  EXPECT_TRUE(Fails(Update(3, {3, 1}).Attr("num_groups", 2).Infer(), "want"));
  EXPECT_TRUE(
      Fails(Update(3, {3, 1}).Attr("logits_dimension", 0).Infer(), "'logits_dimension': want 1 or more, got 0"));
}

TEST(BoostedTreesErrors, OfAPrediction) {
  const auto predict = [](const char* op, int dimension) {
    return OpTester(op)
        .Attr("logits_dimension", dimension)
        .Attr("num_bucketized_features", 1)
        .Unknown(DType::kResource, Shape());
  };
  EXPECT_TRUE(
      Fails(predict("BoostedTreesPredict", -1).Unknown(kI, {2}).Infer(), "'logits_dimension': want >= 0, got -1"));
  EXPECT_TRUE(Fails(predict("BoostedTreesExampleDebugOutputs", 2).Unknown(kI, {2}).Infer(),
                    "'logits_dimension': want 1, got 2"));
  EXPECT_TRUE(
      Fails(predict("BoostedTreesTrainingPredict", 1).Unknown(kI, {3}).Unknown(kI, {2}).Unknown(kI, {2}).Infer(),
            "cached tree ids: want one for each of 2 examples, got 3"));
}

}  // namespace
}  // namespace rivulet
