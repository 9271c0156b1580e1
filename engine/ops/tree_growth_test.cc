#include "engine/ops/tree_growth.h"

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

SplitCandidate Candidate(float gain, int32_t feature, float left = 1, float right = 2) {
  SplitCandidate candidate;
  candidate.gain = gain;
  candidate.feature = feature;
  candidate.left = {left};
  candidate.right = {right};
  return candidate;
}

Status GrowBy(StampedEnsemble* content, const BestSplits& splits, Pruning pruning = Pruning::kNone, int32_t depth = 9,
              size_t budget = Allocator::kUnlimited) {
  return Grow(splits, {.max_depth = depth, .pruning = pruning, .logits = 1}, content, *Allocator::Create(budget),
              StopToken());
}

TEST(TreeGrowth, EqualGainsGoByFeature) {
  BestSplits best;
  Offer(0, Candidate(1, 3), &best);
  Offer(0, Candidate(1, 5), &best);
  EXPECT_EQ(best[0].feature, 3);
  Offer(0, Candidate(1, 2), &best);
  EXPECT_EQ(best[0].feature, 2);
  Offer(0, Candidate(0.5f, 0), &best);
  EXPECT_EQ(best[0].feature, 2);
  Offer(0, Candidate(1.5f, 7), &best);
  EXPECT_EQ(best[0].feature, 7);
}

TEST(TreeGrowth, ErrorsChangeNothing) {
  StampedEnsemble content;
  ASSERT_TRUE(GrowBy(&content, {{0, Candidate(1, 0)}}).ok());
  const std::string before = WriteTreeEnsemble(content.ensemble);
  EXPECT_TRUE(FailsWith(GrowBy(&content, {{0, Candidate(1, 0)}}), "want a leaf"));
  EXPECT_TRUE(FailsWith(GrowBy(&content, {{1, Candidate(1, 0)}, {7, Candidate(1, 0)}}), "[0, 5)"));
  EXPECT_TRUE(FailsWith(GrowBy(&content, {{-1, Candidate(1, 0)}}), "node -1"));
  EXPECT_EQ(GrowBy(&content, {{1, Candidate(1, 0)}}, Pruning::kNone, 9, 1000).code(), Code::kResourceExhausted);
  content.ensemble.trees[0].nodes[0].split.right = 1;
  content.ensemble.trees[0].nodes[0].gain = -1;
  EXPECT_TRUE(FailsWith(GrowBy(&content, {{1, Candidate(1, 0)}}, Pruning::kAfter, 1), "two splits"));
  content.ensemble.trees[0].nodes[0].split.right = 9;
  EXPECT_TRUE(FailsWith(GrowBy(&content, {{1, Candidate(1, 0)}}, Pruning::kAfter, 1), "node 9"));
  content.ensemble.trees[0].nodes[0].split.right = 2;
  content.ensemble.trees[0].nodes[0].gain = 1;
  EXPECT_EQ(WriteTreeEnsemble(content.ensemble), before);
  EXPECT_EQ(content.stamp, 0);
  content.ensemble.weights.clear();
  EXPECT_TRUE(FailsWith(GrowBy(&content, {}), "weight"));
}

TEST(TreeGrowth, CountersAtTheirEnds) {
  StampedEnsemble content;
  content.stamp = INT64_MAX;
  AddTree({0}, &content.ensemble);
  content.ensemble.num_layers_attempted = INT64_MAX;
  content.ensemble.metadata[0].num_layers_grown = INT32_MAX;
  EXPECT_TRUE(GrowBy(&content, {{0, Candidate(1, 0)}}).ok());
  EXPECT_EQ(content.stamp, INT64_MIN);
}

TEST(TreeGrowth, CategoriesArePrunedToo) {
  StampedEnsemble content;
  SplitCandidate category = Candidate(-1, 0);
  category.kind = TreeNode::Kind::kCategorical;
  ASSERT_TRUE(GrowBy(&content, {{0, Candidate(2, 0)}}).ok());
  ASSERT_TRUE(GrowBy(&content, {{1, category}, {2, Candidate(3, 1)}}, Pruning::kAfter, 2).ok());
  const TreeEnsemble& ensemble = content.ensemble;
  ASSERT_EQ(ensemble.trees[0].nodes.size(), 5u);
  EXPECT_TRUE(ensemble.trees[0].nodes[1].is_leaf());
  EXPECT_EQ(ensemble.trees[0].nodes[2].split.left, 3);
  ASSERT_EQ(ensemble.metadata[0].pruned.size(), 7u);
  EXPECT_EQ(ensemble.metadata[0].pruned[4].node, 1);
  EXPECT_EQ(ensemble.metadata[0].pruned[4].change, std::vector<float>{-2});
  EXPECT_EQ(ensemble.metadata[0].pruned[6].node, 4);
}

TEST(TreeGrowth, DeepTreesArePrunedWithoutRecursion) {
  DecisionTree tree;
  const int32_t depth = 100'000;
  for (int32_t i = 0; i < depth; ++i) {
    TreeNode split;
    split.kind = TreeNode::Kind::kBucketized;
    split.gain = i < depth - 2 ? 1.0f : -1.0f;
    split.has_original_leaf = true;
    split.split.left = 2 * i + 1;
    split.split.right = 2 * i + 2;
    if (i > 0) tree.nodes.push_back({.kind = TreeNode::Kind::kLeaf});
    tree.nodes.push_back(split);
  }
  for (int i = 0; i < 2; ++i) tree.nodes.push_back({.kind = TreeNode::Kind::kLeaf});
  std::vector<PrunedNode> pruned;
  ASSERT_TRUE(PruneTree(1, &tree, &pruned, StopToken()).ok());
  EXPECT_EQ(tree.nodes.size(), 2u * depth - 3);
  EXPECT_EQ(pruned.size(), 2u * depth + 1);
}

struct Update {
  int64_t features = 1;
  Tensor nodes = I32({1}, {0}), gains = F32({1}, {1}), left = F32({1, 1}, {1}), ids = I32({1}, {0});
  std::vector<const char*> types = {"INEQUALITY_DEFAULT_LEFT"};
  int64_t logits = 1, groups = 1;

  Result<std::vector<Tensor>> V1() const {
    OpTester tester("BoostedTreesUpdateEnsemble");
    tester.Attr("pruning_mode", 0).Attr("num_features", features).Input(Handle()).Input(ids);
    tester.Input(nodes).Input(gains).Input(I32({1}, {3})).Input(left).Input(F32({1, 1}, {1}));
    return tester.Input(I32({}, {1})).Input(F32({}, {1})).Run();
  }
  Result<std::vector<Tensor>> V2() const {
    OpTester tester("BoostedTreesUpdateEnsembleV2");
    tester.Attr("num_features", features).Attr("logits_dimension", logits).Attr("num_groups", groups).Input(Handle());
    for (int64_t i = 0; i < groups; ++i) tester.Input(ids);
    tester.Input(I32({1}, {0})).Input(nodes).Input(gains).Input(I32({1}, {3})).Input(left).Input(F32({1, 1}, {1}));
    tester.Input(Strings({1}, {types[0]}));
    return tester.Input(I32({}, {1})).Input(F32({}, {1})).Input(I32({}, {0})).Run();
  }
  static Tensor Handle() {
    const auto object = std::make_shared<TreeEnsembleObject>();
    object->Create({});
    return ScalarOf(DType::kResource, object);
  }
};

TEST(TreeGrowth, ListsThatDoNotFit) {
  EXPECT_TRUE(Update().V1().ok());
  EXPECT_TRUE(Update().V2().ok());
  EXPECT_TRUE(Fails(Update{.gains = F32({2}, {1, 2})}.V1(), "gains[0]"));
  EXPECT_TRUE(Fails(Update{.gains = F32({2}, {1, 2})}.V2(), "gains[0]"));
  EXPECT_TRUE(Fails(Update{.nodes = I32({1, 1}, {0})}.V1(), "node_ids[0]"));
  EXPECT_TRUE(Fails(Update{.left = F32({1, 0}, {})}.V1(), "left_node_contribs[0]"));
  EXPECT_TRUE(Fails(Update{.left = F32({1}, {1})}.V2(), "left_node_contribs[0]"));
  EXPECT_TRUE(Fails(Update{.ids = I32({0}, {})}.V1(), "feature_ids"));
  EXPECT_TRUE(Fails(Update{.ids = I32({2}, {0, 1})}.V2(), "feature_ids[0]"));
  EXPECT_TRUE(Fails(Update{.types = {"inequality"}}.V2(), "'inequality'"));
  EXPECT_TRUE(Fails(Update{.logits = 2}.V2(), "2 logits"));
  EXPECT_TRUE(Fails(Update{.logits = 0}.V2(), "logits_dimension"));
  EXPECT_TRUE(Fails(Update{.groups = 2}.V2(), "num_groups"));
}

TEST(TreeGrowth, OnlyALeafIsCentered) {
  const auto center = [](StampedEnsemble content, const Tensor& gradients = F32({1, 1}, {1})) {
    const auto object = std::make_shared<TreeEnsembleObject>();
    object->Create(std::move(content));
    OpTester tester("BoostedTreesCenterBias");
    tester.Input(ScalarOf(DType::kResource, object)).Input(gradients).Input(F32({1, 1}, {2}));
    return tester.Input(F32({}, {0})).Input(F32({}, {0})).Run();
  };
  EXPECT_TRUE(Same(center({}), Bools({}, {true})));
  EXPECT_TRUE(Fails(center({}, F32({0, 1}, {})), "mean_gradients"));
  StampedEnsemble split;
  ASSERT_TRUE(GrowBy(&split, {{0, Candidate(1, 0)}}).ok());
  EXPECT_TRUE(Fails(center(std::move(split)), "leaf"));
  StampedEnsemble empty;
  empty.ensemble.trees.resize(1);
  EXPECT_TRUE(Fails(center(std::move(empty)), "leaf"));
}

}  // namespace
}  // namespace rivulet
