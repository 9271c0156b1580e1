#include <gtest/gtest.h>

#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

std::string Gather(std::string_view name, std::string_view weights, std::string_view index_type = "DT_INT64") {
  return "node { name: '" + std::string(name) + "' op: 'Gather' input: '" + std::string(weights) +
         "' input: 'i' attr { key: 'Tparams' value { type: DT_FLOAT } } attr { key: 'Tindices' value { type: " +
         std::string(index_type) + " } } }\n";
}

const std::string kIndices = "node { name: 'i' op: 'Placeholder' attr { key: 'dtype' value { type: DT_INT64 } } }";
const std::string kWeights = Const("w", "41", "0, 2, 0.000001, -3");

TEST(SparsifyGather, WhatIsNotZeroIsInATable) {
  const GraphDef graph = After(kIndices + kWeights + Node("read", "Identity", {"w"}) + Gather("g", "read") +
                                   Gather("h", "read") + Node("y", "Add", {"g", "h"}),
                               "sparsify_gather", {.outputs = {"y"}});
  EXPECT_EQ(Lines(graph),
            "i = Placeholder()\nw/indices = Const()\nw/values = Const()\nw/table = HashTable()\n"
            "w/init = InitializeTable(w/table, w/indices, w/values)\n"
            "g/default = Const()\ng/lookup = LookupTableFind(w/table, i, g/default)\ng/dim = Const()\n"
            "g = ExpandDims(g/lookup, g/dim)\n"
            "h/default = Const()\nh/lookup = LookupTableFind(w/table, i, h/default)\nh/dim = Const()\n"
            "h = ExpandDims(h/lookup, h/dim)\ny = Add(g, h)\ngroup_deps = NoOp(^w/init)\n");
  EXPECT_EQ(ValueOf(graph.nodes[1])->data<int64_t>()[0], 1);
  EXPECT_EQ(ValueOf(graph.nodes[1])->data<int64_t>()[1], 3);
  EXPECT_EQ(ValueOf(graph.nodes[2])->data<float>()[1], -3);
}

TEST(SparsifyGather, TheGroupIsFoundAndShortIndicesAreCast) {
  const GraphDef graph = After("node { name: 'start' op: 'NoOp' }" + kIndices + kWeights + Gather("g", "w", "DT_INT32"),
                               "sparsify_gather(group_init_node=start)");
  EXPECT_EQ(Lines({.nodes = {NodeIn(graph, "start")}}), "start = NoOp(^w/init)\n");
  EXPECT_EQ(Lines({.nodes = {NodeIn(graph, "g/indices")}}), "g/indices = Cast(i)\n");
  EXPECT_EQ(Lines({.nodes = {NodeIn(graph, "g/lookup")}}),
            "g/lookup = LookupTableFind(w/table, g/indices, g/default)\n");
  EXPECT_NE(
      Transformed(kIndices + kWeights + Gather("g", "w"), "sparsify_gather(group_init_node=w)").find("'w' is a Const"),
      std::string::npos);
}

TEST(SparsifyGather, OtherWeightsStay) {
  for (const std::string& weights :
       {Const("w", "22", "0, 2, 0, 3"), Const("w", "4", "0, 2, 0, 3"), Const("w", "41", "0"), Input("w", "41")}) {
    const std::string graph = kIndices + weights + Gather("g", "w");
    EXPECT_EQ(Lines(After(graph, "sparsify_gather")), Lines(GraphOf(graph)));
  }
  const std::string fed = kIndices + kWeights + Gather("g", "w");
  EXPECT_EQ(Lines(After(fed, "sparsify_gather", {.inputs = {"w"}})), Lines(GraphOf(fed)));
}

TEST(SparsifyGather, AMissingCheckpointIsAnError) {
  EXPECT_NE(Transformed(kIndices + kWeights + Gather("g", "w"), "sparsify_gather(input_checkpoint=\"none/model\")")
                .find("none"),
            std::string::npos);
}

}  // namespace
}  // namespace rivulet::prepare
