#include <gtest/gtest.h>

#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

#define FLOAT(key) "attr { key: \"" key "\" value { type: DT_FLOAT } } "
#define INTS(key) "attr { key: \"" key "\" value { type: DT_INT32 } } "

constexpr char kGraph[] =
    "node { name: 'x' op: 'Placeholder' " FLOAT("dtype")
    "  attr { key: 'shape' value { shape { dim { size: 2 } dim { size: 3 } } } } }"
    "node { name: 'a' op: 'Const' " FLOAT("dtype")
    "  attr { key: 'value' value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: 3 } } float_val: [1, 2, 3] } } } }"
    "node { name: 'b' op: 'Neg' input: 'a' device: '/cpu:0' " FLOAT("T")
    "  attr { key: '_output_shapes' value { list { } } } }"
    "node { name: 'c' op: 'Add' input: 'b' input: 'a' " FLOAT("T") "}"
    "node { name: 'y' op: 'Mul' input: 'x' input: 'b' input: '^c' " FLOAT("T") "}"
    "node { name: 'unused' op: 'Neg' input: 'a' " FLOAT("T") "}"
    "node { name: 's' op: 'Shape' input: 'y' " FLOAT("T") INTS("out_type") "}"
    "node { name: 'n' op: 'Prod' input: 's' input: 'axis' " INTS("T") INTS("Tidx") "}"
    "node { name: 'axis' op: 'Const' " INTS("dtype")
    "  attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape { } int_val: 0 } } } }"
    "node { name: 'z' op: 'Identity' input: 'n' " INTS("T") "}"
    "versions { producer: 24 }";

TEST(FoldConstants, WhatDependsOnNoInputIsComputed) {
  EXPECT_EQ(Transformed(kGraph, "fold_constants", {.inputs = {"x"}, .outputs = {"y"}}),
            "x = Placeholder()\nb = Const() @/cpu:0\ny = Mul(x, b)\n");
  GraphDef graph = GraphOf(kGraph);
  ASSERT_TRUE(ApplyTransforms(*ParseTransforms("fold_constants"), {.inputs = {"x"}, .outputs = {"y"}}, graph).ok());
  EXPECT_EQ(ValueOf(graph.nodes[1])->data<float>()[2], -3);
  EXPECT_EQ(graph.nodes[1].Find("_output_shapes"), nullptr);
}

TEST(FoldConstants, WhatNobodyReadsIsWantedWhereNobodySaysWhatIs) {
  EXPECT_EQ(Lines(After(Const("a", "2", "1, 2") + Node("b", "Neg", {"a"}) + Node("y", "Neg", {"b"}), "fold_constants")),
            "a = Const()\ny = Const()\n");
}

TEST(FoldConstants, AShapeThatIsKnownIsAConstant) {
  GraphDef graph = GraphOf(kGraph);
  ASSERT_TRUE(ApplyTransforms(*ParseTransforms("fold_constants"), {.inputs = {"x"}, .outputs = {"z"}}, graph).ok());
  EXPECT_EQ(Lines(graph), "x = Placeholder()\nz = Const()\n");
  EXPECT_EQ(ValueOf(graph.nodes[1])->data<int32_t>()[0], 6);
}

TEST(FoldConstants, WhatIsExcludedOrTooLargeOrFedStays) {
  const TransformOptions options{.inputs = {"x"}, .outputs = {"y"}};
  const std::string kept = "x = Placeholder()\na = Const()\nb = Neg(a) @/cpu:0\nc = Add(b, a)\ny = Mul(x, b, ^c)\n";
  EXPECT_EQ(Transformed(kGraph, "fold_constants(exclude_op=Neg)", options), kept);
  EXPECT_EQ(Transformed(kGraph, "fold_constants(exclude_node=b)", options), kept);
  EXPECT_EQ(Transformed(kGraph, "fold_constants(max_constant_size_in_bytes=11)", options), kept);
  EXPECT_NE(
      Transformed(kGraph, "fold_constants(exclude_node=bb)", options).find("no node is called 'bb'; nearest: 'b'"),
      std::string::npos);
  // A node that is fed is no constant, and needs what it reads.
  EXPECT_EQ(Transformed(kGraph, "fold_constants", {.inputs = {"b"}, .outputs = {"c"}}),
            "a = Const()\nb = Neg(a) @/cpu:0\nc = Add(b, a)\n");
  EXPECT_NE(Transformed(kGraph, "fold_constants", {.outputs = {"yy"}}).find("nearest: 'y'"), std::string::npos);
}

TEST(FoldConstants, WhatFailsStaysAndWhatItReadsIsFolded) {
  const std::string graph = std::string(kGraph) + R"(
    node { name: 'bad' op: 'CheckNumerics' input: 'root' attr { key: 'T' value { type: DT_FLOAT } }
           attr { key: 'message' value { s: 'no' } } }
    node { name: 'root' op: 'Sqrt' input: 'b' attr { key: 'T' value { type: DT_FLOAT } } })";
  EXPECT_EQ(Transformed(graph, "fold_constants", {.outputs = {"bad"}}), "bad = CheckNumerics(root)\nroot = Const()\n");
}

TEST(FoldConstants, RandomNumbersAndVariablesStay) {
  const std::string graph = std::string(kGraph) + R"(
    node { name: 'r' op: 'RandomUniform' input: 'size' attr { key: 'T' value { type: DT_INT32 } }
           attr { key: 'dtype' value { type: DT_FLOAT } } }
    node { name: 'two' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } }
           attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape { dim { size: 1 } } int_val: 2 } } } }
    node { name: 'size' op: 'Add' input: 'two' input: 'two' attr { key: 'T' value { type: DT_INT32 } } }
    node { name: 'v' op: 'VarHandleOp' attr { key: 'dtype' value { type: DT_FLOAT } }
           attr { key: 'shape' value { shape { } } } }
    node { name: 'read' op: 'ReadVariableOp' input: 'v' attr { key: 'dtype' value { type: DT_FLOAT } } })";
  EXPECT_EQ(Transformed(graph, "fold_constants", {.outputs = {"r", "read"}}),
            "r = RandomUniform(size)\nsize = Const()\nv = VarHandleOp()\nread = ReadVariableOp(v)\n");
}

TEST(FoldConstants, AConstantOfABranchWaitsForIt) {
  EXPECT_EQ(Transformed(R"(
      node { name: 'p' op: 'Placeholder' attr { key: 'dtype' value { type: DT_BOOL } }
             attr { key: 'shape' value { shape { } } } }
      node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } }
             attr { key: 'shape' value { shape { dim { size: 2 } } } } }
      node { name: 'switch' op: 'Switch' input: 'x' input: 'p' attr { key: 'T' value { type: DT_FLOAT } } }
      node { name: 'taken' op: 'Identity' input: 'switch:1' attr { key: 'T' value { type: DT_FLOAT } } }
      node { name: 'one' op: 'Const' input: '^taken' attr { key: 'dtype' value { type: DT_FLOAT } }
             attr { key: 'value' value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1 } } } }
      node { name: 'minus' op: 'Neg' input: 'one' attr { key: 'T' value { type: DT_FLOAT } } }
      node { name: 's' op: 'Size' input: 'taken' attr { key: 'T' value { type: DT_FLOAT } } }
      node { name: 'f' op: 'Cast' input: 's' attr { key: 'SrcT' value { type: DT_INT32 } }
             attr { key: 'DstT' value { type: DT_FLOAT } } }
      node { name: 'g' op: 'Mul' input: 'f' input: 'minus' attr { key: 'T' value { type: DT_FLOAT } } }
      node { name: 'y' op: 'Merge' input: 'switch' input: 'g' attr { key: 'T' value { type: DT_FLOAT } }
             attr { key: 'N' value { i: 2 } } }
      versions { producer: 24 })",
                        "fold_constants", {.inputs = {"p", "x"}, .outputs = {"y"}}),
            "p = Placeholder()\nx = Placeholder()\nswitch = Switch(x, p)\ntaken = Identity(switch:1)\n"
            "g = Const(^taken)\ny = Merge(switch, g)\n");
}

TEST(FoldConstants, AShapeOfABranchWaitsForIt) {
  const GraphDef graph = After(Input("x", "2") + Node("switch", "Switch", {"x", "p"}) +
                                   Node("taken", "Neg", {"switch:1"}) + Node("s", "Size", {"taken"}) +
                                   Node("f", "Cast", {"s"},
                                        "attr { key: 'SrcT' value { type: DT_INT32 } } "
                                        "attr { key: 'DstT' value { type: DT_FLOAT } }") +
                                   Node("y", "Merge", {"switch", "f"}, "attr { key: 'N' value { i: 2 } }") +
                                   "node { name: 'p' op: 'Placeholder' attr { key: 'dtype' value { type: DT_BOOL } } "
                                   "attr { key: 'shape' value { shape { } } } } versions { producer: 24 }",
                               "fold_constants", {.inputs = {"p", "x"}, .outputs = {"y"}});
  EXPECT_EQ(Lines({.nodes = {NodeIn(graph, "f")}}), "f = Const(^taken)\n");
}

}  // namespace
}  // namespace rivulet::prepare
