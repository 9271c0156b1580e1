#include "engine/ops/tree_ensemble_object.h"

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Result<TreeEnsemble> Read(std::string_view message, size_t budget = Allocator::kUnlimited) {
  const auto allocator = Allocator::Create(budget);
  HeldBytes held;
  return ReadTreeEnsemble(message, *allocator, &held, StopToken());
}

TEST(TreeEnsemble, WhatIsReadIsWritten) {
  TreeEnsemble ensemble;
  DecisionTree& tree = ensemble.trees.emplace_back();
  tree.nodes.resize(3);
  tree.nodes[0].kind = TreeNode::Kind::kBucketized;
  tree.nodes[0].split = {
      .feature = -1, .dimension = 2, .threshold = 300, .left = 1, .right = 2, .default_direction = 1};
  tree.nodes[0].has_metadata = tree.nodes[0].has_original_leaf = true;
  tree.nodes[0].gain = -0.5f;
  tree.nodes[1].kind = TreeNode::Kind::kLeaf;
  tree.nodes[1].leaf = {.form = TreeLeaf::Form::kSparse, .scalar = 1, .values = {2, 3}, .indices = {-4, 5}};
  ensemble.weights = {1, 0};
  ensemble.metadata = {{.num_layers_grown = 3, .is_finalized = true, .pruned = {{.node = 1, .change = {0.5f}}}}};
  ensemble.has_growing = true;
  ensemble.num_trees_attempted = -1;
  const std::string written = WriteTreeEnsemble(ensemble);
  EXPECT_LE(written.size(), static_cast<size_t>(WrittenBytes(ensemble).value()));
  const Result<TreeEnsemble> again = Read(written);
  ASSERT_TRUE(again.ok()) << again.status().ToString();
  EXPECT_EQ(WriteTreeEnsemble(again.value()), written);
  EXPECT_EQ(again.value().trees[0].nodes[1].leaf.indices, (std::vector<int32_t>{-4, 5}));
  EXPECT_EQ(again.value().num_trees_attempted, -1);
}

TEST(TreeEnsemble, OtherFieldsArePassedOver) {
  // Field 9, a number where field 1 wants a message, and a list of numbers in field 4.
  const Result<TreeEnsemble> got = Read("\x48\x05\x08\x01\x22\x02\x08\x07");
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  EXPECT_TRUE(got.value().trees.empty());
  EXPECT_EQ(got.value().num_trees_attempted, 7);
}

TEST(TreeEnsemble, BytesThatAreNone) {
  EXPECT_TRUE(Fails(Read("\x0a\x05"), "no tree ensemble"));
  EXPECT_TRUE(Fails(Read(std::string_view("\x12\x03\0\0\0", 5)), "packed"));
  EXPECT_TRUE(Fails(Read("\x0a\x0a\x0a\x08\x0a\x06\x12\x04\x0a\x02\x80\x80"), "packed"));
}

TEST(TreeEnsemble, CountsWhatItTakes) {
  std::string nodes;
  for (int i = 0; i < 60; ++i) nodes += std::string_view("\x0a\0", 2);
  const std::string message = "\x0a\x78" + nodes;
  EXPECT_TRUE(Read(message).ok());
  EXPECT_EQ(Read(message, 60 * sizeof(TreeNode)).status().code(), Code::kResourceExhausted);

  const auto allocator = Allocator::Create();
  {
    HeldBytes held;
    ASSERT_TRUE(ReadTreeEnsemble(message, *allocator, &held, StopToken()).ok());
    EXPECT_GE(allocator->used_bytes(), 60 * sizeof(TreeNode));
    HeldBytes other;
    other = std::move(held);
  }
  EXPECT_EQ(allocator->used_bytes(), 0u);
}

TEST(TreeEnsemble, StatesWantMetadata) {
  StampedEnsemble content;
  content.ensemble.trees.resize(2);
  content.ensemble.metadata.resize(1);
  const auto object = std::make_shared<TreeEnsembleObject>();
  object->Create(std::move(content));
  const Tensor handle = ScalarOf(DType::kResource, object);
  EXPECT_TRUE(Fails(OpTester("BoostedTreesGetEnsembleStates").Input(handle).Run(), "metadata"));
  const auto empty = std::make_shared<TreeEnsembleObject>();
  EXPECT_TRUE(Same(OpTester("IsBoostedTreesEnsembleInitialized").Input(handle).Run(), Bools({}, {true})));
  EXPECT_TRUE(Same(OpTester("IsBoostedTreesEnsembleInitialized").Input(ScalarOf(DType::kResource, empty)).Run(),
                   Bools({}, {false})));
  EXPECT_TRUE(Fails(OpTester("BoostedTreesSerializeEnsemble").Input(ScalarOf(DType::kResource, nullptr)).Run()));
}

TEST(TreeEnsemble, IsCreatedOfScalars) {
  const auto create = [](Tensor stamp, Tensor message) {
    return OpTester("BoostedTreesCreateEnsemble")
        .Input(ScalarOf(DType::kResource, std::make_shared<TreeEnsembleObject>()))
        .Input(stamp)
        .Input(message)
        .Run();
  };
  EXPECT_TRUE(create(I64({}, {1}), Strings({}, {""})).ok());
  EXPECT_TRUE(Fails(create(I64({1}, {1}), Strings({}, {""})), "rank"));
  EXPECT_TRUE(Fails(create(I64({}, {1}), Strings({1}, {""})), "rank"));
  EXPECT_TRUE(Fails(create(I64({}, {1}), Strings({}, {"tree"})), "no tree ensemble"));
}

}  // namespace
}  // namespace rivulet
