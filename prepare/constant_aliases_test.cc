#include "prepare/constant_aliases.h"

#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

std::string Read(const std::string& text) {
  GraphDef graph = GraphOf(text);
  ReadConstantsThemselves(&graph);
  return Lines(graph);
}

TEST(ConstantAliases, ReadersReadTheConstant) {
  EXPECT_EQ(Read(Const("w", "1", "1") + Node("r", "Identity", {"w"}) + Node("s", "Identity", {"r:0"}) +
                 Node("y", "Add", {"s", "w"})),
            "w = Const()\nr = Identity(w)\ns = Identity(w)\ny = Add(w, w)\n");
}

TEST(ConstantAliases, WaitingForAConstantIsNoWaiting) {
  EXPECT_EQ(Read(Const("w", "1", "1") + Node("r", "Identity", {"w"}) + Node("n", "NoOp", {"^r", "^w"}) +
                 Input("x", "1") + Node("y", "Identity", {"x", "^n", "^x"})),
            "w = Const()\nr = Identity(w)\nn = NoOp()\nx = Placeholder()\ny = Identity(x, ^n, ^x)\n");
}

TEST(ConstantAliases, WhatWaitsForSomethingElseStays) {
  const std::string text = Input("x", "1") + Const("w", "1", "1") + Node("r", "Identity", {"w", "^x"}) +
                           Node("y", "Add", {"r", "x"}) + Node("i", "Identity", {"x"}) + Node("z", "Add", {"i", "y"});
  EXPECT_EQ(Read(text),
            "x = Placeholder()\nw = Const()\nr = Identity(w, ^x)\ny = Add(r, x)\ni = Identity(x)\nz = Add(i, y)\n");
}

TEST(ConstantAliases, CirclesAndDanglingInputsEnd) {
  EXPECT_EQ(Read(Node("a", "Identity", {"b"}) + Node("b", "Identity", {"a"}) + Node("c", "Neg", {"a"}) +
                 Node("d", "Neg", {"nowhere"})),
            "a = Identity(b)\nb = Identity(a)\nc = Neg(a)\nd = Neg(nowhere)\n");
}

}  // namespace
}  // namespace rivulet::prepare
