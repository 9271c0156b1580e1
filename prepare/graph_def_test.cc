#include "prepare/graph_def.h"

#include <gtest/gtest.h>

#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

constexpr char kGraph[] = R"(
  node { name: "x" op: "Placeholder" device: "/cpu:0" attr { key: "dtype" value { type: DT_FLOAT } }
         attr { key: "shape" value { shape { dim { size: -1 } dim { size: 3 } } } } }
  node { name: "k" op: "Const" attr { key: "dtype" value { type: DT_INT32 } }
         attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { dim { size: 3 } } int_val: 7 } } } }
  node { name: "y" op: "Thing" input: "x:1" input: "^k"
         attr { key: "f" value { f: 0.5 } } attr { key: "i" value { i: -3 } } attr { key: "b" value { b: true } }
         attr { key: "s" value { s: "text" } } attr { key: "l" value { list { i: [1, 2, 300] } } } }
  versions { producer: 27 } library { function { signature { name: "F" } } })";

TEST(GraphDef, ReadsAttributesOfEveryKind) {
  const GraphDef graph = GraphOf(kGraph);
  ASSERT_EQ(graph.nodes.size(), 3u);
  EXPECT_EQ(Lines(graph), "x = Placeholder() @/cpu:0\nk = Const()\ny = Thing(x:1, ^k)\n");
  EXPECT_EQ(graph.nodes[0].Find("dtype")->AsType(), DType::kFloat);
  EXPECT_EQ(graph.nodes[0].Find("shape")->AsShape()->ToString(), "[?,3]");
  const Result<Tensor> k = graph.nodes[1].Find("value")->AsTensor();
  ASSERT_TRUE(k.ok());
  EXPECT_EQ(k->shape().ToString(), "[3]");
  EXPECT_EQ(k->data<int32_t>()[2], 7);
  const NodeDef& y = graph.nodes[2];
  EXPECT_EQ(y.Find("f")->AsFloat(), 0.5f);
  EXPECT_EQ(y.Find("i")->AsInt(), -3);
  EXPECT_EQ(y.Find("b")->AsBool(), true);
  EXPECT_EQ(y.Find("s")->AsString(), "text");
  EXPECT_EQ(y.Find("l")->AsInts(), (std::vector<int64_t>{1, 2, 300}));
  EXPECT_EQ(y.Find("s")->AsInt(), std::nullopt);
  EXPECT_EQ(y.Find("none"), nullptr);
}

TEST(GraphDef, CountsWhatItWrites) {
  GraphDef graph = GraphOf(kGraph);
  EXPECT_EQ(SerializedBytes(graph), Serialize(graph).size());
  // Lengths of more bytes.
  graph.nodes[1].attrs["value"] = Attr::OfTensor(Tensor::Of<float>({5000}, std::vector<float>(5000)));
  graph.nodes[0].rest = "more";
  EXPECT_EQ(SerializedBytes(graph), Serialize(graph).size());
}

TEST(GraphDef, EqualMeansTheSameBytes) {
  const GraphDef graph = GraphOf(kGraph), again = GraphOf(kGraph);
  EXPECT_TRUE(graph == again);
  for (const auto& change : std::initializer_list<void (*)(GraphDef&)>{
           [](GraphDef& g) { g.nodes[2].inputs[0] = "x"; }, [](GraphDef& g) { g.nodes[0].device = ""; },
           [](GraphDef& g) { g.nodes[2].attrs["f"] = Attr::OfFloat(0.25f); }, [](GraphDef& g) { g.rest.clear(); },
           [](GraphDef& g) { g.nodes.pop_back(); }, [](GraphDef& g) { std::swap(g.nodes[0], g.nodes[1]); }}) {
    GraphDef changed = graph;
    change(changed);
    EXPECT_FALSE(changed == graph);
  }
}

TEST(GraphDef, WhatIsWrittenReadsTheSame) {
  const GraphDef graph = GraphOf(kGraph);
  const std::string bytes = Serialize(graph);
  const std::span<const uint8_t> view(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  const Result<GraphDef> again = ParseGraphDef(view, nullptr);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(Lines(*again), Lines(graph));
  EXPECT_EQ(again->rest, graph.rest);
  EXPECT_EQ(Serialize(*again), bytes);
  EXPECT_NE(graph.rest.find("F"), std::string::npos);  // the function library
}

TEST(GraphDef, EveryAttributeMadeReadsBack) {
  EXPECT_EQ(Attr::OfString("a\0b").AsString(), "a");
  EXPECT_EQ(Attr::OfInt(-1).AsInt(), -1);
  EXPECT_EQ(Attr::OfFloat(-0.25f).AsFloat(), -0.25f);
  EXPECT_EQ(Attr::OfBool(false).AsBool(), false);
  EXPECT_EQ(Attr::OfType(DType::kQuint8).AsType(), DType::kQuint8);
  EXPECT_EQ(Attr::OfShape({2, 0, -1}).AsShape()->ToString(), "[2,0,?]");
  EXPECT_EQ(Attr::OfShape(Shape::UnknownRank()).AsShape()->has_rank(), false);
  EXPECT_EQ(Attr::OfInts({5, -6}).AsInts(), (std::vector<int64_t>{5, -6}));
  const float values[] = {1, 2, 3};
  const Result<Tensor> tensor = Attr::OfTensor(Tensor::Of<float>({3}, values)).AsTensor();
  ASSERT_TRUE(tensor.ok());
  EXPECT_EQ(tensor->shape().ToString(), "[3]");
}

TEST(GraphDef, InputsAreNamesPortsAndOrders) {
  EXPECT_EQ(ParseInput("a/b").node, "a/b");
  EXPECT_EQ(ParseInput("a:2").port, 2);
  EXPECT_EQ(ParseInput("a:2").node, "a");
  EXPECT_TRUE(ParseInput("^a").is_control);
  EXPECT_EQ(ParseInput("a:b").node, "a:b");
  EXPECT_EQ(ToText(ParseInput("a:0")), "a");
  EXPECT_EQ(ToText(ParseInput("^a")), "^a");
}

TEST(GraphDef, BrokenBytesAreErrors) {
  const uint8_t cut[] = {0x0A, 0x05, 0x0A, 0x01};
  EXPECT_FALSE(ParseGraphDef(cut, nullptr).ok());
  const uint8_t inside[] = {0x0A, 0x02, 0x0A, 0x05};
  EXPECT_FALSE(ParseGraphDef(inside, nullptr).ok());
  Limits few;
  few.nodes = 2;
  const std::string bytes = Serialize(GraphOf(kGraph));
  const std::span<const uint8_t> view(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  EXPECT_EQ(ParseGraphDef(view, nullptr, few).status().code(), Code::kResourceExhausted);
}

TEST(GraphDef, ReferencesAreChecked) {
  EXPECT_EQ(CheckReferences(GraphOf(kGraph)).code(), Code::kOk);
  EXPECT_NE(
      CheckReferences(GraphOf(R"(node { name: "a" op: "B" input: "c" })")).ToString().find("node 'a' (B): input 'c'"),
      std::string::npos);
  EXPECT_NE(CheckReferences(GraphOf(R"(node { name: "a" } node { name: "a" })")).ToString().find("two nodes"),
            std::string::npos);
}

}  // namespace
}  // namespace rivulet::prepare
