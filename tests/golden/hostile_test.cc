// The hostile variants must be what they say: different, repeatable, and refused or answered, never a crash.
#include "tests/golden/hostile.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/golden/faults.h"
#include "tests/golden/rewrite.h"

namespace rivulet::golden {
namespace {

// One constant, fetched.
GoldenCase ConstantCase() {
  GoldenCase record;
  const float values[] = {1, 2};
  const Tensor value = Tensor::Of<float>({2}, values);
  const Bytes node = ConstNode("x", value);
  record.name = "constant";
  record.ops = "Const";
  record.graph = {0x0A, static_cast<uint8_t>(node.size())};
  record.graph.insert(record.graph.end(), node.begin(), node.end());
  record.fetches = {"x"};
  record.results = {value};
  return record;
}

TEST(Hostile, RepeatableAndDifferent) {
  const GoldenCase record = ConstantCase();
  std::set<std::string> graphs;
  int results = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    std::string what, again;
    const auto hostile = MakeHostile(record, seed, &what);
    ASSERT_TRUE(hostile.ok());
    EXPECT_EQ(hostile->graph, MakeHostile(record, seed, &again)->graph);
    EXPECT_EQ(what, again);
    EXPECT_NE(what, "");
    graphs.emplace(hostile->graph.begin(), hostile->graph.end());
    bool gave_results = false;
    EXPECT_EQ(RunHostile(*hostile, seed % 2 == 0, &gave_results).ToString(), "OK") << what;
    results += gave_results;
  }
  EXPECT_GT(graphs.size(), 30u);
  EXPECT_GT(results, 0);
  EXPECT_LT(results, 100);
}

TEST(Hostile, WhatWasNotChangedGivesResults) {
  bool gave_results = false;
  EXPECT_TRUE(RunHostile(ConstantCase(), true, &gave_results).ok());
  EXPECT_TRUE(gave_results);
}

TEST(Faults, WrongResultsAreSeenAlsoWithoutAFault) {
  GoldenCase record = ConstantCase();
  int64_t num_failed = 0;
  EXPECT_EQ(CheckFaults(record, &num_failed).ToString(), "OK");
  record.results[0].data<float>()[1] = 3;
  EXPECT_FALSE(CheckFaults(record, &num_failed).ok());
}

}  // namespace
}  // namespace rivulet::golden
