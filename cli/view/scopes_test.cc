#include <gtest/gtest.h>

#include <algorithm>

#include "cli/view/graph.h"

namespace rivulet::cli::view {
namespace {

ViewNode Of(const std::string& name, std::vector<Link> inputs = {}) {
  return {.name = name, .op = "Relu", .inputs = std::move(inputs)};
}

std::vector<std::string> LabelsOf(const ViewGraph& graph, int32_t group) {
  std::vector<std::string> labels;
  for (const Item kid : graph.groups[static_cast<size_t>(group)].kids)
    labels.push_back(graph.is_group(kid) ? graph.group_of(kid).label + "/" : graph.node(kid).name);
  return labels;
}

TEST(Scopes, NestAndMerge) {
  ViewGraph graph;
  graph.nodes = {Of("x"), Of("a/b/one", {{0}}), Of("a/b/two", {{1}}), Of("lonely/deep/node", {{2}}), Of("a", {{3}})};
  GroupByScope(&graph);
  // The node "a" is within the scope "a", beside "b"; a scope with one node is the node.
  EXPECT_EQ(LabelsOf(graph, 0), (std::vector<std::string>{"x", "a/", "lonely/deep/node"}));
  EXPECT_EQ(LabelsOf(graph, 1), (std::vector<std::string>{"b/", "a"}));
  EXPECT_EQ(graph.groups[1].size, 3);
  EXPECT_EQ(graph.groups[0].size, 5);
}

TEST(Scopes, ChainsOfScopesAreOne) {
  ViewGraph graph;
  graph.nodes = {Of("p/q/r/one"), Of("p/q/r/two", {{0}})};
  GroupByScope(&graph);
  EXPECT_EQ(LabelsOf(graph, 0), std::vector<std::string>{"p/q/r/"});
  EXPECT_EQ(graph.groups[1].path, "p/q/r");
}

TEST(Scopes, HostileNames) {
  std::string deep;
  for (int i = 0; i < 20000; ++i) deep += "a/";
  ViewGraph graph;
  graph.nodes = {Of("/"), Of("//"), Of(""), Of("a//b"), Of("/a/"), Of(deep + "x"), Of(deep + "y"), Of("a/")};
  GroupByScope(&graph);
  LayOut(&graph);
  EXPECT_EQ(graph.groups[0].size, 8);
}

TEST(Scopes, ManyAreCutWhereFewEdgesPass) {
  // Blocks of 30, each of two strands; between blocks one edge.
  ViewGraph graph;
  for (int block = 0; block < 20; ++block) {
    const int32_t first = block * 30;
    graph.nodes.push_back(
        Of("n" + std::to_string(first), block == 0 ? std::vector<Link>{} : std::vector<Link>{{first - 1}}));
    for (int32_t i = 1; i < 29; ++i)
      graph.nodes.push_back(Of("n" + std::to_string(first + i), {{i == 1 ? first : first + i - 1}, {first}}));
    graph.nodes.push_back(Of("n" + std::to_string(first + 29), {{first + 28}}));
  }
  GroupByScope(&graph);
  for (const Item part : graph.groups[0].kids) {
    ASSERT_TRUE(graph.is_group(part));
    EXPECT_EQ(graph.group_of(part).kids[0] % 30, 0) << graph.group_of(part).label;
  }
}

TEST(Scopes, FirstLook) {
  ViewGraph graph;
  for (int scope = 0; scope < 3; ++scope) {
    for (int i = 0; i < 10; ++i) graph.nodes.push_back(Of("s" + std::to_string(scope) + "/n" + std::to_string(i)));
  }
  GroupByScope(&graph);
  const auto count = [&](int budget) {
    const std::vector<bool> open = OpenAtFirst(graph, budget);
    return std::count(open.begin(), open.end(), true);
  };
  EXPECT_EQ(count(0), 1);
  EXPECT_EQ(count(20), 2);
  EXPECT_EQ(count(100), 4);
}

}  // namespace
}  // namespace rivulet::cli::view
