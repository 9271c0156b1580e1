#include "engine/graph/graph.h"

#include <gtest/gtest.h>

#include <string>

namespace rivulet {
namespace {

Node Named(std::string name) {
  Node node;
  node.name = std::move(name);
  node.op = "NoOp";
  return node;
}

TEST(Graph, FindsNodesByName) {
  Graph graph;
  EXPECT_EQ(graph.Find("n0"), -1);
  EXPECT_EQ(graph.Find(""), -1);
  constexpr int kNodes = 1000;
  for (int i = 0; i < kNodes; ++i) EXPECT_EQ(graph.AddNode(Named("n" + std::to_string(i))), i);
  for (int i = 0; i < kNodes; ++i) EXPECT_EQ(graph.Find("n" + std::to_string(i)), i);
  EXPECT_EQ(graph.Find("n1000"), -1);
  EXPECT_EQ(graph.FreeName("n7"), "n7_1");
  EXPECT_EQ(graph.FreeName("m"), "m");
}

// As many as one likes of one stem, also where the numbers that would come next are taken.
TEST(Graph, NamesThatAreFree) {
  Graph graph;
  constexpr int kNodes = 2000;
  for (int i = 0; i < kNodes; ++i) graph.AddNode(Named("m_" + std::to_string(kNodes + i)));
  for (int i = 0; i < kNodes; ++i) {
    const std::string name = graph.FreeName("m");
    ASSERT_EQ(graph.Find(name), -1) << name;
    graph.AddNode(Named(name));
  }
  EXPECT_EQ(graph.Find("m"), kNodes);
  EXPECT_EQ(graph.Find("m_1"), kNodes + 1);
}

TEST(Graph, WhatIsDroppedIsNotFound) {
  Graph graph;
  graph.Reserve(4);
  for (int i = 0; i < 100; ++i) {
    Node node = Named("n" + std::to_string(i));
    if (i >= 2) node.inputs = {{i - 2, 0}};  // even nodes read even ones
    graph.AddNode(std::move(node));
  }
  std::vector<bool> keep(100);
  for (size_t i = 0; i < 100; i += 2) keep[i] = true;
  graph.Compact(keep);
  ASSERT_EQ(graph.size(), 50);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(graph.Find("n" + std::to_string(i)), i % 2 == 0 ? i / 2 : -1) << i;
  for (int32_t i = 1; i < 50; ++i) EXPECT_EQ(graph.node(i).inputs[0], (Edge{i - 1, 0}));
  EXPECT_EQ(graph.AddNode(Named("n1")), 50);
  EXPECT_EQ(graph.Find("n1"), 50);
  graph.Compact(std::vector<bool>(51, false));
  EXPECT_EQ(graph.Find("n0"), -1);
}

}  // namespace
}  // namespace rivulet
