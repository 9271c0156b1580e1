#include "engine/ops/tree_walk.h"

#include "engine/ops/op_test_kit.h"
#include "engine/ops/tree_ensemble_object.h"

namespace rivulet {
namespace {

TreeNode Leaf(float value) {
  TreeNode node;
  node.kind = TreeNode::Kind::kLeaf;
  node.leaf.scalar = value;
  return node;
}

TreeNode Split(int32_t feature, int32_t left, int32_t right, int32_t dimension = 0) {
  TreeNode node;
  node.kind = TreeNode::Kind::kBucketized;
  node.split = {.feature = feature, .dimension = dimension, .threshold = 1, .left = left, .right = right};
  return node;
}

// An ensemble of one tree, which tests make wrong.
struct Broken {
  StampedEnsemble content;
  std::vector<TreeNode>& nodes;
  Broken() : nodes(content.ensemble.trees.emplace_back().nodes) {
    nodes = {Split(0, 1, 2), Leaf(1), Leaf(2)};
    content.ensemble.weights = {1};
    content.ensemble.metadata.resize(1);
  }

  Tensor Handle() {
    const auto object = std::make_shared<TreeEnsembleObject>();
    object->Create(std::move(content));
    return ScalarOf(DType::kResource, object);
  }
  Result<std::vector<Tensor>> Predict(const char* op = "BoostedTreesPredict",
                                      const Tensor& feature = I32({3}, {0, 1, 2}), int64_t logits = 1) {
    return OpTester(op).Attr("logits_dimension", logits).Input(Handle()).Input(feature).Run();
  }
  Result<std::vector<Tensor>> Train(int32_t tree, int32_t node) {
    return OpTester("BoostedTreesTrainingPredict")
        .Attr("logits_dimension", 1)
        .Input(Handle())
        .Input(I32({1}, {tree}))
        .Input(I32({1}, {node}))
        .Input(I32({1}, {2}))
        .Run();
  }
};

TEST(TreeWalk, SoundTree) {
  EXPECT_TRUE(Same(Broken().Predict(), F32({3, 1}, {1, 1, 2})));
  EXPECT_TRUE(Same(Broken().Train(0, -1), F32({1, 1}, {2})));
}

TEST(TreeWalk, Circles) {
  for (const char* op : {"BoostedTreesPredict", "BoostedTreesExampleDebugOutputs"}) {
    Broken self;
    self.nodes[0] = Split(0, 1, 0);
    EXPECT_TRUE(Fails(self.Predict(op), "circle"));
    Broken two;
    two.nodes[2] = Split(0, 0, 0);
    EXPECT_TRUE(Fails(two.Predict(op), "circle"));
  }
  Broken cached;
  cached.nodes[2] = Split(0, 1, 2);
  EXPECT_TRUE(Fails(cached.Train(0, 2), "circle"));
}

TEST(TreeWalk, ChildrenAndFeaturesOutside) {
  for (const char* op : {"BoostedTreesPredict", "BoostedTreesExampleDebugOutputs"}) {
    for (const int32_t child : {3, -1, INT32_MIN, INT32_MAX}) {
      Broken to;
      to.nodes[0] = Split(0, 1, child);
      EXPECT_TRUE(Fails(to.Predict(op), "[0, 3)"));
    }
    for (const int32_t feature : {1, -1, INT32_MAX}) {
      Broken by;
      by.nodes[0] = Split(feature, 1, 2);
      EXPECT_TRUE(Fails(by.Predict(op), "feature"));
      Broken dimension;
      dimension.nodes[0] = Split(0, 1, 2, feature);
      EXPECT_TRUE(Fails(dimension.Predict(op), "dimension"));
    }
  }
}

TEST(TreeWalk, NodesThatAreNothing) {
  for (const auto kind : {TreeNode::Kind::kNone, TreeNode::Kind::kDense}) {
    Broken tree;
    tree.nodes[2].kind = kind;
    EXPECT_TRUE(Fails(tree.Predict(), "split"));
  }
  Broken empty;
  empty.nodes.clear();
  EXPECT_TRUE(Fails(empty.Predict(), "node 0"));
  Broken weightless;
  weightless.content.ensemble.weights.clear();
  EXPECT_TRUE(Fails(weightless.Predict(), "weight"));
  Broken none;
  none.content.ensemble = {};
  EXPECT_TRUE(Fails(none.Predict("BoostedTreesExampleDebugOutputs"), "tree"));
}

TEST(TreeWalk, LogitsThatAreTooFewOrTooMany) {
  EXPECT_TRUE(Fails(Broken().Predict("BoostedTreesPredict", I32({1}, {0}), 2), "logits"));
  EXPECT_TRUE(Fails(Broken().Predict("BoostedTreesPredict", I32({1}, {0}), -1), "logits_dimension"));
  Broken vector;
  vector.nodes[1].leaf = {.form = TreeLeaf::Form::kVector, .values = {1, 2}};
  EXPECT_TRUE(Fails(vector.Predict(), "logits"));
}

TEST(TreeWalk, TheFirstWrongExampleIsNamed) {
  Broken tree;
  tree.nodes[0] = Split(0, 7, 8);
  EXPECT_TRUE(Fails(tree.Predict("BoostedTreesPredict", I32({4}, {0, 2, 2, 2})), "node 7"));
}

TEST(TreeWalk, FeaturesOfWrongShapes) {
  EXPECT_TRUE(Fails(Broken().Predict("BoostedTreesPredict", I32({}, {0})), "vector or matrix"));
  EXPECT_TRUE(Fails(Broken().Predict("BoostedTreesPredict", I32({1, 1, 1}, {0})), "vector or matrix"));
  EXPECT_TRUE(Fails(OpTester("BoostedTreesPredict")
                        .Attr("logits_dimension", 1)
                        .Input(Broken().Handle())
                        .Input(I32({2}, {0, 1}))
                        .Input(I32({1}, {0}))
                        .Run(),
                    "2 examples"));
}

TEST(TreeWalk, CachedPlacesOutside) {
  EXPECT_TRUE(Fails(Broken().Train(1, 0), "tree 1"));
  EXPECT_TRUE(Fails(Broken().Train(-1, 0), "tree -1"));
  EXPECT_TRUE(Fails(Broken().Train(-1, -1), "tree -1"));
  EXPECT_TRUE(Fails(Broken().Train(0, 3), "node 3"));
  Broken bare;
  bare.content.ensemble.metadata.clear();
  EXPECT_TRUE(Fails(bare.Train(0, 0), "metadata"));
  const auto pruned = [](int32_t from, std::vector<PrunedNode> nodes) {
    Broken tree;
    tree.content.ensemble.metadata[0] = {.is_finalized = true, .pruned = std::move(nodes)};
    return tree.Train(0, from);
  };
  EXPECT_TRUE(pruned(0, {{.node = 2, .change = {0}}}).ok());
  EXPECT_TRUE(Fails(pruned(1, {{.node = 2, .change = {0}}}), "before pruning"));
  EXPECT_TRUE(Fails(pruned(0, {{.node = 3, .change = {0}}}), "node 3"));
  EXPECT_TRUE(Fails(pruned(0, {{.node = 2, .change = {}}}), "logits"));
}

}  // namespace
}  // namespace rivulet
