// The harness must go red: each test plants one fault in a case that passes.
#include "tests/golden/harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "engine/kernels/target.h"
#include "tests/golden/rewrite.h"

namespace rivulet::golden {
namespace {

constexpr float kValues[] = {1, -2, 3};

void AppendNode(Bytes* graph, const Bytes& node) {
  graph->push_back(0x0A);
  graph->push_back(static_cast<uint8_t>(node.size()));  // small nodes only
  graph->insert(graph->end(), node.begin(), node.end());
}

// in0 (a placeholder, fed) -> op (StopGradient); offset (a constant) beside it.
GoldenCase PassingCase() {
  GoldenCase record;
  record.name = "stop";
  record.ops = "StopGradient";
  const auto node = [](std::string name, std::string op, std::string input) {
    Bytes bytes;
    const auto text = [&bytes](uint8_t tag, const std::string& value) {
      bytes.push_back(tag);
      bytes.push_back(static_cast<uint8_t>(value.size()));
      bytes.insert(bytes.end(), value.begin(), value.end());
    };
    text(0x0A, name);
    text(0x12, op);
    if (!input.empty()) text(0x1A, input);
    // attr { key: "dtype" or "T"  value { type: DT_FLOAT } }
    const std::string key = input.empty() ? "dtype" : "T";
    text(0x2A, std::string("\x0A") + static_cast<char>(key.size()) + key + "\x12\x02\x30\x01");
    return bytes;
  };
  AppendNode(&record.graph, node("in0", "Placeholder", ""));
  AppendNode(&record.graph, node("op", "StopGradient", "in0"));
  AppendNode(&record.graph, ConstNode("beside", Tensor::Scalar<int32_t>(7)));
  record.feeds.emplace_back("in0:0", Tensor::Of<float>({3}, kValues));
  record.fetches = {"op:0", "beside:0"};
  record.results = {Tensor::Of<float>({3}, kValues), Tensor::Scalar<int32_t>(7)};
  return record;
}

std::string Verdict(const GoldenCase& record, bool full = false) {
  return CheckCase(record, Combinations(full)).ToString();
}

TEST(Harness, PassesWhatIsRight) {
  EXPECT_EQ(Verdict(PassingCase()), "OK");
  EXPECT_EQ(Verdict(PassingCase(), true), "OK");
}

TEST(Harness, SeesAWrongValue) {
  GoldenCase record = PassingCase();
  record.results[0].data<float>()[2] = 3.001f;
  EXPECT_NE(Verdict(record).find("op:0: float32[3]: 1 of 3 elements differ, first at [2]"), std::string::npos)
      << Verdict(record);
}

TEST(Harness, SeesAWrongValueOfTheLastFetch) {
  GoldenCase record = PassingCase();
  record.results[1] = Tensor::Scalar<int32_t>(8);
  EXPECT_NE(Verdict(record).find("beside:0"), std::string::npos) << Verdict(record);
}

TEST(Harness, SeesAWrongShapeOrType) {
  GoldenCase record = PassingCase();
  record.results[0] = record.results[0].Reshaped({3, 1});
  EXPECT_NE(Verdict(record), "OK");
  record.expectation = Expectation::kShapeOnly;
  EXPECT_NE(Verdict(record), "OK");
  record = PassingCase();
  record.results[0] = record.results[0].Retyped(DType::kInt32);
  EXPECT_NE(Verdict(record), "OK");
}

TEST(Harness, ShapeOnlyIgnoresValues) {
  GoldenCase record = PassingCase();
  record.results[0].data<float>()[2] = 4;
  record.expectation = Expectation::kShapeOnly;
  EXPECT_EQ(Verdict(record), "OK");
}

TEST(Harness, WantsTheError) {
  GoldenCase record = PassingCase();
  record.expectation = Expectation::kError;
  record.results.clear();
  EXPECT_NE(Verdict(record).find("want an error"), std::string::npos);
  record.feeds.clear();  // an unfed placeholder
  EXPECT_EQ(Verdict(record), "OK");
}

TEST(Harness, SeesAMissingOperator) {
  GoldenCase record = PassingCase();
  record.ops = "NoSuchOperator,StopGradient";
  EXPECT_EQ(CheckCase(record, Combinations(false)).code(), Code::kUnimplemented);
}

// The settings of a combination as numbers: what a pair is of.
std::vector<int> Settings(const Combination& c, const std::vector<std::string_view>& targets) {
  const auto target = std::find(targets.begin(), targets.end(), c.target) - targets.begin();
  return {static_cast<int>(target), c.passes, static_cast<int>(c.source), c.misaligned != 0, c.threads - 2};
}

TEST(Harness, EveryPairOfSettingsIsTaken) {
  const std::vector<std::string_view> targets = SupportedTargets();
  const std::vector<int> sizes = {static_cast<int>(targets.size()), 2, 4, 2, 2};
  for (const bool full : {false, true}) {
    std::set<std::vector<int>> pairs;
    for (const Combination& c : Combinations(full)) {
      const std::vector<int> settings = Settings(c, targets);
      for (int i = 0; i < 5; ++i) {
        for (int j = i + 1; j < 5; ++j) pairs.insert({i, settings[i], j, settings[j]});
      }
    }
    size_t wanted = 0;
    for (size_t i = 0; i < 5; ++i) {
      for (size_t j = i + 1; j < 5; ++j) wanted += static_cast<size_t>(sizes[i] * sizes[j]);
    }
    EXPECT_EQ(pairs.size(), wanted);
  }
}

TEST(Harness, FullTakesEveryCombination) {
  const std::vector<std::string_view> targets = SupportedTargets();
  std::set<std::vector<int>> all;
  for (const Combination& c : Combinations(true)) {
    std::vector<int> settings = Settings(c, targets);
    settings.push_back(c.misaligned);
    all.insert(settings);
  }
  EXPECT_EQ(all.size(), targets.size() * 2 * 4 * 3 * 2);
}

TEST(Rewrite, FeedsBecomeConstants) {
  const GoldenCase record = PassingCase();
  auto graph = FeedsAsConstants(record.graph, record.feeds);
  ASSERT_TRUE(graph.ok()) << graph.status().ToString();
  auto model = Model::LoadBytes(*graph, nullptr, "rewritten");
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_TRUE((*model)->Inputs().empty());
  auto session = Session::Create(*model);
  ASSERT_TRUE(session.ok());
  auto results = (*session)->Run({}, record.fetches);
  ASSERT_TRUE(results.ok()) << results.status().ToString();
  EXPECT_TRUE(CompareTensors((*results)[0], record.results[0]).ok());
}

TEST(Rewrite, FeedsBecomeIntermediates) {
  const GoldenCase record = PassingCase();
  auto graph = FeedsAsIntermediates(record.graph, record.feeds);
  ASSERT_TRUE(graph.ok()) << graph.status().ToString();
  auto model = Model::LoadBytes(*graph, nullptr, "rewritten");
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  ASSERT_EQ((*model)->Inputs().size(), 1u);
  EXPECT_EQ((*model)->Inputs()[0].name, "in0/fed");
}

TEST(Rewrite, BrokenBytesAreAnError) {
  GoldenCase record = PassingCase();
  record.graph.pop_back();
  EXPECT_FALSE(FeedsAsConstants(record.graph, record.feeds).ok());
}

}  // namespace
}  // namespace rivulet::golden
