#include <gtest/gtest.h>

#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

const std::string kTwins = Input("x", "2") + Const("a", "2", "1, 2") + Const("b", "2", "1, 2") +
                           Node("m", "Mul", {"x", "a"}) + Node("n", "Mul", {"x:0", "b"}) +
                           Node("y", "Sub", {"m", "n", "^a", "^b"});

TEST(MergeDuplicateNodes, WhatComputesTheSameIsOne) {
  EXPECT_EQ(Transformed(kTwins, "merge_duplicate_nodes", {.outputs = {"y"}}),
            "x = Placeholder()\na = Const()\nm = Mul(x, a)\ny = Sub(m, m, ^a)\n");
}

TEST(MergeDuplicateNodes, WhatIsFetchedOrFedKeepsItsName) {
  EXPECT_EQ(Transformed(kTwins, "merge_duplicate_nodes", {.outputs = {"y", "n"}}),
            "x = Placeholder()\na = Const()\nn = Mul(x:0, a)\ny = Sub(n, n, ^a)\n");
  EXPECT_EQ(Transformed(kTwins, "merge_duplicate_nodes", {.outputs = {"y", "n", "m"}}),
            "x = Placeholder()\na = Const()\nm = Mul(x, a)\nn = Mul(x:0, a)\ny = Sub(m, n, ^a)\n");
  EXPECT_EQ(Transformed(kTwins, "merge_duplicate_nodes", {.inputs = {"b"}, .outputs = {"y"}}),
            "x = Placeholder()\na = Const()\nb = Const()\nm = Mul(x, a)\nn = Mul(x:0, b)\ny = Sub(m, n, ^a, ^b)\n");
}

TEST(MergeDuplicateNodes, DifferentThingsStay) {
  const std::string graph =
      Input("p", "2") + Input("q", "2") + Node("r", "RandomUniform", {"p"}) + Node("s", "RandomUniform", {"p"}) +
      Node("t", "Unheard", {"p"}) + Node("u", "Unheard", {"p"}) + Node("v", "Neg", {"p"}, "device: 'd'") +
      Node("w", "Neg", {"p"}) + Node("i", "Neg", {"p", "^v"}) + Const("c", "1", "1") + Const("d", "", "1") +
      Node("e", "PlaceholderWithDefault", {"c"}) + Node("f", "PlaceholderWithDefault", {"c"});
  EXPECT_EQ(Transformed(graph, "merge_duplicate_nodes"), Lines(GraphOf(graph)));
}

}  // namespace
}  // namespace rivulet::prepare
