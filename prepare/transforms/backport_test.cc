// backport_concatv2, backport_tensor_array_v3 and add_default_attributes.
#include <gtest/gtest.h>

#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

TEST(BackportConcatV2, TheAxisComesFirst) {
  const std::string graph = Input("a", "2") + Input("b", "2") + Ints("axis", "", "0") + Node("c", "NoOp", {}) +
                            Node("y", "ConcatV2", {"a", "b", "axis", "^c"},
                                 "attr { key: 'N' value { i: 2 } } attr { key: 'Tidx' value { type: DT_INT32 } }");
  const NodeDef y = NodeIn(After(graph, "backport_concatv2"), "y");
  EXPECT_EQ(Lines({.nodes = {y}}), "y = Concat(axis, a, b, ^c)\n");
  EXPECT_EQ(y.Find("Tidx"), nullptr);
  EXPECT_EQ(y.Find("N")->AsInt(), 2);
}

TEST(BackportConcatV2, AWideAxisIsMadeNarrow) {
  const std::string wide =
      "node { name: 'axis' op: 'Const' attr { key: 'dtype' value { type: DT_INT64 } } attr { key: "
      "'value' value { tensor { dtype: DT_INT64 tensor_shape { } int64_val: -1 } } } }";
  const std::string join = Node("y", "ConcatV2", {"a", "a", "axis"},
                                "attr { key: 'N' value { i: 2 } } attr { key: 'Tidx' value { type: DT_INT64 } }");
  const GraphDef constant = After(Input("a", "2") + wide + join, "backport_concatv2");
  EXPECT_EQ(Lines(constant), "a = Placeholder()\ny/axis = Const()\ny = Concat(y/axis, a, a)\n");
  EXPECT_EQ(ValueOf(constant.nodes[1])->data<int32_t>()[0], -1);
  const std::string given = "node { name: 'axis' op: 'Placeholder' attr { key: 'dtype' value { type: DT_INT64 } } }";
  EXPECT_EQ(Lines(After(Input("a", "2") + given + join, "backport_concatv2")),
            "a = Placeholder()\naxis = Placeholder()\ny/axis = Cast(axis)\ny = Concat(y/axis, a, a)\n");
}

TEST(BackportTensorArrayV3, FlowsAreConstantsAndHandlesAreStrings) {
  const std::string resource = "attr { key: 'T' value { type: DT_RESOURCE } }";
  const std::string graph =
      Ints("n", "", "1") + Ints("i", "", "0") + Input("x", "2") +
      "node { name: 'a' op: 'TensorArrayV3' input: 'n' attr { key: 'dtype' value { type: DT_FLOAT } } "
      "  attr { key: 'identical_element_shapes' value { b: true } } }"
      "node { name: 'in' op: 'Enter' input: 'a' " +
      resource +
      " }"
      "node { name: 'flow' op: 'Enter' input: 'a:1' attr { key: 'T' value { type: DT_FLOAT } } }" +
      Node("w", "TensorArrayWriteV3", {"in", "i", "x", "flow"}) + Node("r", "TensorArrayReadV3", {"a", "i", "w"}) +
      Node("s", "TensorArraySizeV3", {"a", "a:1"});
  const GraphDef back = After(graph, "backport_tensor_array_v3");
  EXPECT_EQ(Lines(back),
            "n = Const()\ni = Const()\nx = Placeholder()\na = TensorArrayV2(n)\nin = Enter(a)\n"
            "a/replacement_flow_node = Const(^a)\nflow = Enter(a/replacement_flow_node)\n"
            "w = TensorArrayWriteV2(in, i, x, flow)\nr = TensorArrayReadV2(a, i, w)\n"
            "s = TensorArraySizeV2(a, a/replacement_flow_node)\n");
  EXPECT_EQ(NodeIn(back, "in").Find("T")->AsType(), DType::kString);
  EXPECT_EQ(NodeIn(back, "flow").Find("T")->AsType(), DType::kFloat);
  EXPECT_EQ(NodeIn(back, "a").Find("identical_element_shapes"), nullptr);
  EXPECT_EQ(ValueOf(NodeIn(back, "a/replacement_flow_node"))->data<float>()[0], 1);
  EXPECT_NE(Transformed(graph, "backport_tensor_array_v3", {.outputs = {"a:1"}}).find("'a:1' is the flow"),
            std::string::npos);
}

TEST(AddDefaultAttributes, WhatIsMissingIsAdded) {
  const GraphDef graph = After(Input("x", "1221") + Const("w", "1111", "1") +
                                   Node("y", "Conv2D", {"x", "w"},
                                        "attr { key: 'padding' value { s: 'SAME' } } "
                                        "attr { key: 'data_format' value { s: 'NCHW' } }"),
                               "add_default_attributes");
  const NodeDef y = NodeIn(graph, "y");
  EXPECT_EQ(y.Find("data_format")->AsString(), "NCHW");
  EXPECT_EQ(y.Find("use_cudnn_on_gpu")->AsBool(), true);
  EXPECT_EQ(y.Find("dilations")->AsInts(), (std::vector<int64_t>{1, 1, 1, 1}));
  EXPECT_EQ(y.Find("explicit_paddings")->AsInts(), std::vector<int64_t>());
  EXPECT_EQ(y.Find("strides"), nullptr);  // has no default
}

TEST(AddDefaultAttributes, AnOperatorMustBeKnownOrAFunction) {
  EXPECT_NE(Transformed(Node("y", "Unheard", {}), "add_default_attributes").find("operator 'Unheard' are not known"),
            std::string::npos);
  EXPECT_EQ(Transformed(Node("y", "Mine", {}) + "library { function { signature { name: 'Mine' } } }",
                        "add_default_attributes"),
            "y = Mine()\n");
}

}  // namespace
}  // namespace rivulet::prepare
