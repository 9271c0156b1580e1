#include "prepare/squeeze/squeeze.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "engine/import/memmapped_package.h"
#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"
#include "prepare/region_constants.h"
#include "prepare/squeeze/chooser.h"
#include "prepare/squeeze/column_importance.h"
#include "prepare/squeeze/half_weights.h"
#include "prepare/squeeze/squeezed_file.h"
#include "prepare/squeeze/trial.h"
#include "prepare/squeeze/weights.h"

namespace rivulet::prepare {
namespace {

Tensor Random(const Shape& shape, unsigned seed, float width) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, width);
  std::vector<float> values(static_cast<size_t>(shape.num_elements()));
  for (float& value : values) value = normal(random);
  return Tensor::Of<float>(shape, values);
}

// y = Softmax(Relu(x w + b) v): two products, the first with a bias.
GraphDef TwoLayers() {
  GraphDef graph = GraphOf(Input("x", "18") + Node("p", "MatMul", {"x", "w"}) + Node("s", "BiasAdd", {"p", "b"}) +
                           Node("r", "Relu", {"s"}) + Node("q", "MatMul", {"r", "v"}) + Node("y", "Softmax", {"q"}));
  graph.nodes.push_back(MakeConst("w", Random({8, 64}, 1, 0.5f)));
  graph.nodes.push_back(MakeConst("b", Random({64}, 2, 0.1f)));
  graph.nodes.push_back(MakeConst("v", Random({64, 6}, 3, 0.5f)));
  return graph;
}

SqueezeOptions OptionsWith(size_t samples) {
  SqueezeOptions options;
  for (size_t i = 0; i < samples; ++i)
    options.samples.push_back({{"x", Random({1, 8}, static_cast<unsigned>(100 + i), 1)}});
  options.outputs = {"y"};
  options.min_elements = 64;
  return options;
}

TEST(Weights, OfAProductKnowTheirBias) {
  const auto weights = FindWeights(TwoLayers(), 64);
  ASSERT_TRUE(weights.ok()) << weights.status().ToString();
  ASSERT_EQ(weights->size(), 3u);
  EXPECT_EQ((*weights)[0].bias, "b");
  EXPECT_EQ((*weights)[0].input, "x");
  EXPECT_FALSE((*weights)[1].is_product);
  EXPECT_EQ((*weights)[2].bias, "");
}

TEST(Weights, ColumnsMatterAsMuchAsTheNextProductReadsThem) {
  GraphDef graph = TwoLayers();
  Tensor v = Random({64, 6}, 3, 0.5f);
  for (int64_t j = 0; j < 6; ++j) v.data<float>()[5 * 6 + j] = 50;
  graph.nodes.back() = MakeConst("v", v);
  auto weights = FindWeights(graph, 64);
  ASSERT_TRUE(weights.ok());
  WeighColumns(graph, {}, &*weights);
  EXPECT_GT((*weights)[0].importance_of(5), 100 * (*weights)[0].importance_of(4));
  EXPECT_TRUE((*weights)[2].importance.empty()) << "softmax mixes its channels";
}

TEST(Weights, ColumnsOfScoresMatterAsMuchAsTheirProbabilities) {
  auto weights = FindWeights(TwoLayers(), 64);
  ASSERT_TRUE(weights.ok());
  WeighColumns(TwoLayers(), {{"y", {1, 1, 16, 1, 1, 1}}}, &*weights);
  EXPECT_NEAR((*weights)[2].importance_of(2) / (*weights)[2].importance_of(1), 16, 1e-6);
  EXPECT_FALSE((*weights)[0].importance.empty());
}

TEST(Squeeze, KeepsTheResultsAsNearAsAsked) {
  const GraphDef graph = TwoLayers();
  SqueezeOptions options = OptionsWith(60);
  options.max_drop = 0.05;
  const auto coarse = Squeeze(graph, options);
  ASSERT_TRUE(coarse.ok()) << coarse.status().ToString();
  EXPECT_EQ(coarse->agreement.rows, 30u) << "half of them, to which nothing was fitted";
  EXPECT_GE(coarse->agreement.agreeing, 28u);
  options.max_drop = 0;
  const auto fine = Squeeze(graph, options);
  ASSERT_TRUE(fine.ok()) << fine.status().ToString();
  EXPECT_EQ(fine->agreement.agreeing, 30u);
  EXPECT_LE(coarse->bytes.size(), fine->bytes.size());
  EXPECT_LT(fine->bytes.size(), Serialize(graph).size() / 2);
}

// What is promised of the share holds for samples that the search has not seen.
TEST(Squeeze, KeepsTheShareOnOtherSamples) {
  const GraphDef graph = TwoLayers();
  SqueezeOptions options = OptionsWith(200);
  options.max_drop = 0.04;
  const auto model = Squeeze(graph, options);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  ASSERT_TRUE(model->agreement.unseen.has_value());
  EXPECT_LE(model->agreement.unseen->at_most, 0.04);
  EXPECT_GT(model->agreement.unseen->at_most, 0.01) << "it may differ, so it does";
  std::vector<Feeds> others;
  for (unsigned i = 0; i < 2000; ++i) others.push_back({{"x", Random({1, 8}, 10000 + i, 1)}});
  const auto trial = Trial::Create(graph, others, {"y"}, 1);
  ASSERT_TRUE(trial.ok());
  const auto agreement = trial->CompareFile(model->bytes);
  ASSERT_TRUE(agreement.ok());
  EXPECT_LE(agreement->dropped(), 0.04);
  EXPECT_NEAR(agreement->dropped(), model->agreement.unseen->expected, 0.015);
}

// The largest of no numbers is none, however the reference's fall.
TEST(Squeeze, ResultsThatAreNoNumbersDoNotAgree) {
  const GraphDef graph = TwoLayers();
  const SqueezeOptions options = OptionsWith(60);
  const auto trial = Trial::Create(graph, options.samples, {"y"}, 1);
  ASSERT_TRUE(trial.ok());
  const auto none = trial->Compare({{"b", Random({64}, 2, NAN)}});
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->rows, 60u);
  EXPECT_EQ(none->agreeing, 0u);
  EXPECT_TRUE(std::isinf(none->largest)) << none->largest;
  EXPECT_FALSE(std::isfinite(none->distance)) << none->distance;
  // Where the model itself gives none, they are the same.
  const GraphDef odd = WithConstants(graph, {{"b", Random({64}, 2, NAN)}});
  const auto same = Trial::Create(odd, options.samples, {"y"}, 1)->CompareFile(Serialize(odd));
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(same->agreeing, 60u);
  EXPECT_EQ(same->largest, 0);
}

// What would take hours is told by fewer runs, and kept all the same.
TEST(Squeeze, ANetworkOfMuchWorkIsRunLess) {
  const GraphDef graph = TwoLayers();
  SqueezeOptions options = OptionsWith(60);
  options.max_drop = 0.05;
  options.most_work = 1;
  const auto model = Squeeze(graph, options);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_GE(model->agreement.agreeing, 28u);
  EXPECT_EQ(model->agreement.rows, 30u) << "what decides is not cut short";
  auto weights = FindWeights(graph, 64);
  const auto trial = Trial::Create(graph, options.samples, {"y"}, 1);
  ASSERT_TRUE(weights.ok() && trial.ok());
  const auto study = StudyWeights(graph, *std::move(weights), &*trial, options);
  ASSERT_TRUE(study.ok()) << study.status().ToString();
  EXPECT_EQ(study->work, 8 * 64 + 64 * 6);
  EXPECT_EQ(study->samples.size(), 2u);
}

TEST(Squeeze, FitsTheSizeThatIsAskedFor) {
  SqueezeOptions options = OptionsWith(20);
  for (const int64_t size : {1750, 2000}) {
    options.size = size;
    const auto model = Squeeze(TwoLayers(), options);
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    EXPECT_LE(static_cast<int64_t>(model->bytes.size()), size);
    EXPECT_GT(static_cast<int64_t>(model->bytes.size()), size * 9 / 10);
  }
  options.size = 100;
  const auto none = Squeeze(TwoLayers(), options);
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.status().message().find("no file of 100 bytes"), std::string::npos) << none.status().ToString();
}

TEST(Squeeze, SmallGraphsHaveNothingToSqueeze) {
  const auto model = Squeeze(GraphOf(Input("x", "2") + Node("y", "Relu", {"x"})), {});
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.status().code(), Code::kNotFound);
}

TEST(SqueezedFile, IsReadBackAsConstants) {
  const GraphDef graph = TwoLayers();
  const auto bytes = SqueezeLossless(graph, 1);
  ASSERT_TRUE(bytes.ok());
  auto owner = std::make_shared<std::string>(*bytes);
  const auto back = GraphOfPackage({reinterpret_cast<const uint8_t*>(owner->data()), owner->size()}, owner, {});
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(Serialize(*back), Serialize(graph));
}

TEST(SqueezedFile, DamageNamesTheConstant) {
  auto owner = std::make_shared<std::string>(*SqueezeLossless(TwoLayers(), 1));
  (*owner)[200] = static_cast<char>((*owner)[200] ^ 1);
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(owner->data()), owner->size());
  const auto model = Model::LoadBytes(bytes, owner, "m");
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  auto session = Session::Create(*model);
  ASSERT_TRUE(session.ok());
  const auto run = (*session)->Run({{"x", Random({1, 8}, 1, 1)}}, {"y"});
  ASSERT_FALSE(run.ok());
  const std::string message(run.status().message());
  EXPECT_NE(message.find("node 'w'"), std::string::npos) << message;
  EXPECT_NE(message.find("checksum"), std::string::npos) << message;
}

TEST(SqueezedFile, AConstantOfAnotherShapeIsAnError) {
  auto owner = std::make_shared<std::string>(*SqueezeLossless(TwoLayers(), 1));
  const auto package = MemmappedPackage::Read({reinterpret_cast<const uint8_t*>(owner->data()), owner->size()}, owner);
  ASSERT_TRUE(package.ok());
  const auto* region = package->Find("memmapped_package://rivulet/squeezed/0");
  ASSERT_NE(region, nullptr);
  EXPECT_TRUE(package->DecodeSqueezed(*region, DType::kFloat, {8, 64}).ok());
  EXPECT_FALSE(package->DecodeSqueezed(*region, DType::kFloat, {8, 65}).ok());
  EXPECT_FALSE(package->DecodeSqueezed(*region, DType::kInt32, {8, 64}).ok());
}

TEST(SqueezedFile, MemoryIsOfTheBudget) {
  auto owner = std::make_shared<std::string>(*SqueezeLossless(TwoLayers(), 1));
  auto package = MemmappedPackage::Read({reinterpret_cast<const uint8_t*>(owner->data()), owner->size()}, owner);
  ASSERT_TRUE(package.ok());
  package->DecodeTo(Allocator::Create(1000), 1);
  const auto tensor =
      package->DecodeSqueezed(*package->Find("memmapped_package://rivulet/squeezed/0"), DType::kFloat, {8, 64});
  ASSERT_FALSE(tensor.ok());
  EXPECT_EQ(tensor.status().code(), Code::kResourceExhausted);
}

TEST(HalfWeights, AreCastBack) {
  GraphDef graph = TwoLayers();
  const auto count = HalveWeights(graph, 64);
  ASSERT_TRUE(count.ok());
  EXPECT_EQ(*count, 3u);
  EXPECT_NE(Lines(graph).find("w/half = Const()\nw = Cast(w/half)\n"), std::string::npos) << Lines(graph);
  EXPECT_TRUE(CheckReferences(graph).ok());
}

TEST(HalfWeights, LargeOnesStay) {
  GraphDef graph;
  const float values[] = {1, 70000};
  graph.nodes.push_back(MakeConst("w", Tensor::Of<float>({2}, values)));
  EXPECT_EQ(*HalveWeights(graph, 1), 0u);
}

}  // namespace
}  // namespace rivulet::prepare
