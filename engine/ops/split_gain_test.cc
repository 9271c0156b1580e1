#include "engine/ops/split_gain.h"

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(SplitGain, OneLogit) {
  const StopToken stop;
  const auto solve = [&](float g, float h, float l1, float l2) {
    float weight = -1;
    const float gain = LeafWeights(1, l1, l2, stop).Solve({&g, 1}, {&h, 1}, {&weight, 1});
    return std::pair(weight, gain);
  };
  EXPECT_EQ(solve(3, 1, 0, 0.5f), std::pair(-2.0f, 6.0f));
  EXPECT_EQ(solve(3, 1, 2, 0), std::pair(-1.0f, 1.0f));
  EXPECT_EQ(solve(-3, 1, 2, 0), std::pair(1.0f, 1.0f));
  EXPECT_EQ(solve(2, 1, 2, 0), std::pair(0.0f, 0.0f));
  EXPECT_EQ(solve(2, 0, 0, 0), std::pair(0.0f, 0.0f));
}

TEST(SplitGain, MatricesSolveTheirEquations) {
  const StopToken stop;
  LeafWeights weights(3, 0, 0.5f, stop);
  // Not symmetric, by columns, with a column that pivoting takes first.
  const float g[] = {1, -2, 3}, h[] = {1, 2, 0.5f, 8, -9, 4, 0.25f, 1, 2};
  float w[3];
  const float gain = weights.Solve(g, h, w);
  float want = 0;
  for (int row = 0; row < 3; ++row) {
    float sum = 0.5f * w[row];
    for (int column = 0; column < 3; ++column) sum += h[3 * column + row] * w[column];
    EXPECT_NEAR(sum, -g[row], 1e-5);
    want -= g[row] * w[row];
  }
  EXPECT_NEAR(gain, want, 1e-5);
}

TEST(SplitGain, SingularMatrices) {
  const StopToken stop;
  LeafWeights weights(2, 0, 0, stop);
  const float g[] = {2, 4}, diagonal[] = {2, 0}, rank_one[] = {1, 2, 2, 4}, zero[] = {0, 0, 0, 0};
  float w[2];
  weights.Solve(g, diagonal, w);
  EXPECT_FLOAT_EQ(w[0], -1);
  EXPECT_EQ(w[1], 0);
  weights.Solve(g, rank_one, w);
  EXPECT_NEAR(w[0] + 2 * w[1], -2, 1e-5);
  EXPECT_TRUE(std::isnan(weights.Solve(g, zero, w)));  // and so is never the best
}

Result<std::vector<Tensor>> Split(const Tensor& range, const Tensor& stats, int64_t logits = 1,
                                  const char* type = "inequality") {
  OpTester tester("BoostedTreesCalculateBestFeatureSplit");
  tester.Attr("logits_dimension", logits).Attr("split_type", type).Input(range).Input(stats);
  for (int i = 0; i < 4; ++i) tester.Input(F32({}, {0}));
  return tester.Run();
}

TEST(SplitGain, DenseSummariesThatDoNotFit) {
  const Tensor range = I32({2}, {0, 1});
  EXPECT_TRUE(Split(range, Zeros(DType::kFloat, {1, 1, 2, 2})).ok());
  EXPECT_TRUE(Fails(Split(range, Zeros(DType::kFloat, {1, 1, 2, 1})), "hessians"));
  EXPECT_TRUE(Fails(Split(range, Zeros(DType::kFloat, {1, 1, 2, 3})), "hessians"));
  EXPECT_TRUE(Split(range, Zeros(DType::kFloat, {1, 1, 2, 12}), 3).ok());
  EXPECT_TRUE(Fails(Split(range, Zeros(DType::kFloat, {1, 1, 2, 5}), 3), "hessians"));
  EXPECT_TRUE(Fails(Split(range, Zeros(DType::kFloat, {1, 0, 2, 2})), "feature dimension"));
  EXPECT_TRUE(Fails(Split(range, Zeros(DType::kFloat, {1, 1, 0, 2})), "bucket"));
  EXPECT_TRUE(Fails(Split(I32({2}, {0, 2}), Zeros(DType::kFloat, {1, 1, 2, 2})), "node_id_range"));
  EXPECT_TRUE(Fails(Split(I32({2}, {-1, 1}), Zeros(DType::kFloat, {1, 1, 2, 2})), "node_id_range"));
  EXPECT_TRUE(Fails(Split(I32({1}, {0}), Zeros(DType::kFloat, {1, 1, 2, 2})), "node_id_range"));
  EXPECT_TRUE(Fails(Split(range, Zeros(DType::kFloat, {1, 1, 2, 2}), 1, "order"), "split_type"));
}

TEST(SplitGain, SparseSummariesThatDoNotFit) {
  const auto split = [](const Tensor& indices, const Tensor& shape, const Tensor& values = F32({1}, {1})) {
    OpTester tester("BoostedTreesSparseCalculateBestFeatureSplit");
    tester.Attr("logits_dimension", 1).Input(I32({2}, {0, 1})).Input(indices).Input(values).Input(shape);
    for (int i = 0; i < 4; ++i) tester.Input(F32({}, {0}));
    return tester.Run();
  };
  const Tensor shape = I32({4}, {1, 1, 2, 2});
  EXPECT_TRUE(split(I32({1, 4}, {0, 0, 0, 1}), shape).ok());
  EXPECT_TRUE(Fails(split(I32({1, 4}, {0, 0, 0, 2}), shape), "[0, 2)"));
  EXPECT_TRUE(Fails(split(I32({1, 4}, {0, 0, 0, -1}), shape), "[0, 2)"));
  EXPECT_TRUE(Fails(split(I32({1, 3}, {0, 0, 0}), shape), "4 columns"));
  EXPECT_TRUE(Fails(split(I32({1, 4}, {0, 0, 0, 0}), shape, F32({2}, {1, 2})), "one for each"));
  EXPECT_TRUE(Fails(split(I32({1, 4}, {0, 0, 0, 0}), I32({3}, {1, 1, 2})), "4 dims"));
  EXPECT_TRUE(Fails(split(I32({1, 4}, {0, 0, 0, 0}), I32({4}, {1, 1, 2, 1})), "bucket"));
  EXPECT_TRUE(Fails(split(I32({1, 4}, {0, 0, 0, 0}), I32({4}, {1, 1, 0, 2})), "bucket"));
}

TEST(SplitGain, RangesOfGainsPerFeature) {
  const auto gains = [](const Tensor& range) {
    OpTester tester("BoostedTreesCalculateBestGainsPerFeature");
    tester.Attr("max_splits", 2).Attr("num_features", 1).Input(range).Input(Zeros(DType::kFloat, {2, 3, 2}));
    for (int i = 0; i < 4; ++i) tester.Input(F32({}, {0}));
    return tester.Run();
  };
  EXPECT_TRUE(Same(gains(I32({2}, {1, 2})), I32({1}, {1})));
  EXPECT_TRUE(Fails(gains(I32({2}, {0, 3})), "node_id_range"));
  EXPECT_TRUE(Fails(gains(I32({2}, {-1, 1})), "node_id_range"));
}

}  // namespace
}  // namespace rivulet
