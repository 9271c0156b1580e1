#include "engine/passes/readers.h"

#include <gtest/gtest.h>

namespace rivulet {
namespace {

Graph FourNodes() {
  Graph graph;
  for (const char* name : {"a", "b", "c", "d"}) {
    Node node;
    node.name = name;
    graph.AddNode(std::move(node));
  }
  graph.node(1).inputs = {{0, 0}, {0, 1}};
  graph.node(2).inputs = {{0, 0}};
  graph.node(2).control_inputs = {1};
  graph.node(3).inputs = {{2, 0}};
  return graph;
}

std::vector<int32_t> ListOf(std::span<const int32_t> readers) { return {readers.begin(), readers.end()}; }

TEST(Readers, AreThereInTheirOrderAsOftenAsTheyRead) {
  const Readers readers(FourNodes(), /*with_controls=*/false, [](int32_t) { return true; });
  EXPECT_EQ(ListOf(readers.Of(0)), (std::vector<int32_t>{1, 1, 2}));
  EXPECT_TRUE(readers.Of(1).empty());
  EXPECT_EQ(ListOf(readers.Of(2)), std::vector<int32_t>{3});
  EXPECT_TRUE(readers.Of(3).empty());
}

TEST(Readers, WhatWaitsReadsToo) {
  const Readers readers(FourNodes(), /*with_controls=*/true, [](int32_t) { return true; });
  EXPECT_EQ(ListOf(readers.Of(1)), std::vector<int32_t>{2});
}

TEST(Readers, OnlyThoseThatCount) {
  const Readers readers(FourNodes(), /*with_controls=*/true, [](int32_t index) { return index != 2; });
  EXPECT_EQ(ListOf(readers.Of(0)), (std::vector<int32_t>{1, 1}));
  EXPECT_TRUE(readers.Of(1).empty());
}

}  // namespace
}  // namespace rivulet
