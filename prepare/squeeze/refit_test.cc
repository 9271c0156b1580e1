#include "prepare/squeeze/refit.h"

#include <gtest/gtest.h>

#include <random>

#include "prepare/graph_test_kit.h"
#include "prepare/squeeze/product_inputs.h"

namespace rivulet::prepare {
namespace {

constexpr int64_t kRows = 6, kColumns = 4, kWindows = 3000;

Weight Product() {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 1);
  Weight weight{.name = "w", .shape = {kRows, kColumns}, .columns = kColumns, .is_product = true, .channels = kRows};
  for (int64_t i = 0; i < kRows * kColumns; ++i) weight.values.push_back(normal(random));
  return weight;
}

// Inputs as they were, and as they are: a row is weaker, another has some of its neighbour, a third lies higher.
struct Inputs {
  std::vector<float> before, now;
};

Inputs SomeInputs() {
  std::mt19937 random(2);
  std::normal_distribution<float> normal(0, 1);
  Inputs inputs;
  for (int64_t n = 0; n < kWindows; ++n) {
    float x[kRows];
    for (float& one : x) one = 1 + normal(random);
    inputs.before.insert(inputs.before.end(), x, x + kRows);
    x[0] *= 0.8f;
    x[1] += 0.3f * x[2];
    x[3] += 0.5f;
    inputs.now.insert(inputs.now.end(), x, x + kRows);
  }
  return inputs;
}

// Mean square of the product's change, about its mean where a bias makes up for that.
double Change(const Weight& before, const std::vector<float>& now, const Inputs& inputs, bool about_mean) {
  double sum = 0;
  for (int64_t j = 0; j < kColumns; ++j) {
    double mean = 0, squares = 0;
    for (int64_t n = 0; n < kWindows; ++n) {
      double change = 0;
      for (int64_t k = 0; k < kRows; ++k) {
        const auto i = static_cast<size_t>(k * kColumns + j), at = static_cast<size_t>(n * kRows + k);
        change += static_cast<double>(inputs.now[at] * now[i] - inputs.before[at] * before.values[i]);
      }
      mean += change / kWindows;
      squares += change * change / kWindows;
    }
    sum += squares - (about_mean ? mean * mean : 0);
  }
  return sum;
}

Refit RefitTo(const Weight& weight, const Inputs& inputs, SeenWindows* seen) {
  for (int64_t n = 0; n < kWindows; ++n) seen->Add(weight, inputs.before.data() + n * kRows, 1);
  Refit refit(weight, *seen);
  for (int64_t n = 0; n < kWindows; ++n) refit.Add(inputs.now.data() + n * kRows);
  return refit;
}

TEST(Refit, MakesTheProductWhatItWas) {
  Weight weight = Product();
  const Inputs inputs = SomeInputs();
  for (const bool has_bias : {false, true}) {
    weight.bias = has_bias ? "b" : "";
    SeenWindows seen;
    const Refit refit = RefitTo(weight, inputs, &seen);
    ASSERT_TRUE(refit.IsWhole());
    EXPECT_LT(Change(weight, refit.Values(), inputs, has_bias), 0.1 * Change(weight, weight.values, inputs, has_bias))
        << has_bias;
    EXPECT_NEAR(refit.Fall(0, 3), -0.5, 1e-3);
  }
}

TEST(Refit, OfInputsThatStayedIsTheWeightItself) {
  const Weight weight = Product();
  Inputs inputs = SomeInputs();
  inputs.now = inputs.before;
  SeenWindows seen;
  EXPECT_EQ(RefitTo(weight, inputs, &seen).Values(), weight.values);
}

TEST(Refit, OfOtherWindowsIsNotWhole) {
  const Weight weight = Product();
  const Inputs inputs = SomeInputs();
  SeenWindows seen;
  Refit refit = RefitTo(weight, inputs, &seen);
  refit.Add(inputs.now.data());
  EXPECT_FALSE(refit.IsWhole());
}

TEST(Refit, ChannelsOfADepthwiseFilterAreFittedApart) {
  Weight weight{.name = "w", .shape = {2, 1, 2, 1}, .columns = 2, .is_product = true, .is_depthwise = true};
  weight.height = 2;
  weight.channels = 2;
  weight.values = {1, 2, 3, 4};
  SeenWindows seen;
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> windows(4 * kWindows);
  for (float& value : windows) value = normal(random);
  for (int64_t n = 0; n < kWindows; ++n) seen.Add(weight, windows.data() + 4 * n, 1);
  Refit refit(weight, seen);
  for (int64_t n = 0; n < kWindows; ++n) {
    float* window = windows.data() + 4 * n;
    window[2] *= 0.5f;  // the second channel's first row
    refit.Add(window);
  }
  const std::vector<float> values = refit.Values();
  EXPECT_NEAR(values[0], 1, 1e-3);
  EXPECT_NEAR(values[1], 4, 0.1);
  EXPECT_NEAR(values[3], 4, 0.1);
}

Weight ProductOf(const std::string& name, const std::string& reader) {
  return {.name = name, .shape = {2, 2}, .values = {1, 1, 1, 1}, .columns = 2, .is_product = true, .reader = reader};
}

TEST(ProductInputs, StagesAreInTheOrderOfTheGraph) {
  // The last product comes first in the file; two read the same input.
  const GraphDef graph =
      GraphOf(Node("last", "MatMul", {"sum", "c"}) + Input("x", "2") + Node("first", "MatMul", {"x", "a"}) +
              Node("other", "MatMul", {"x", "b"}) + Node("sum", "Add", {"first", "other"}));
  const ProductInputs inputs =
      FindInputs(graph, {ProductOf("c", "last"), ProductOf("a", "first"), ProductOf("b", "other")});
  EXPECT_EQ(inputs.stages, (std::vector<int>{1, 0, 0}));
  EXPECT_EQ(inputs.begins_stage, (std::vector<bool>{true, true, true}));
}

TEST(ProductInputs, OfADeepNetworkShareStages) {
  std::string nodes = Input("x0", "2");
  std::vector<Weight> weights;
  constexpr int kDeep = 4 * kMostStages;
  for (int i = 0; i < kDeep; ++i) {
    const std::string now = "x" + std::to_string(i), next = "x" + std::to_string(i + 1);
    nodes += Node(next, "MatMul", {now, "w" + std::to_string(i)});
    weights.push_back(ProductOf("w" + std::to_string(i), next));
  }
  const ProductInputs inputs = FindInputs(GraphOf(nodes), weights);
  for (int i = 0; i < kDeep; ++i) {
    EXPECT_EQ(inputs.stages[static_cast<size_t>(i)], i / 4);
    EXPECT_EQ(inputs.begins_stage[static_cast<size_t>(i)], i % 4 == 0);
  }
}

}  // namespace
}  // namespace rivulet::prepare
