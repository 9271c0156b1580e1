#include "prepare/freeze.h"

#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

Result<Tensor> Two(const NodeDef&) { return Tensor::Scalar<float>(2); }

std::string Frozen(const char* text, const std::vector<std::string>& outputs) {
  GraphDef graph = GraphOf(text);
  const Result<size_t> count = FreezeVariables({.outputs = outputs}, Two, graph);
  return count.ok() ? Lines(graph) : count.status().ToString();
}

constexpr char kHandle[] = R"(
node { name: "v" op: "VarHandleOp" attr { key: "dtype" value { type: DT_FLOAT } } })";

TEST(Freeze, HandlesGoThroughLoopsAndBranches) {
  EXPECT_EQ(Frozen((std::string(kHandle) + R"(
      node { name: "p" op: "Placeholder" }
      node { name: "enter" op: "Enter" input: "v" }
      node { name: "merge" op: "Merge" input: "enter" input: "next" }
      node { name: "switch" op: "Switch" input: "merge" input: "p" }
      node { name: "next" op: "NextIteration" input: "switch:1" }
      node { name: "read" op: "ReadVariableOp" input: "switch:1" })")
                       .c_str(),
                   {"read"}),
            "v = Const()\np = Placeholder()\nenter = Enter(v)\nmerge = Merge(enter, next)\nswitch = Switch(merge, p)\n"
            "next = NextIteration(switch:1)\nread = Identity(switch:1)\n");
}

TEST(Freeze, ReferencesBecomeValues) {
  GraphDef graph = GraphOf(R"(
      node { name: "v" op: "VariableV2" attr { key: "dtype" value { type: DT_FLOAT } } }
      node { name: "enter" op: "RefEnter" input: "v" attr { key: "T" value { type: DT_FLOAT_REF } } }
      node { name: "read" op: "Identity" input: "enter" })");
  ASSERT_TRUE(FreezeVariables({.outputs = {"read"}}, Two, graph).ok());
  EXPECT_EQ(Lines(graph), "v = Const()\nenter = Enter(v)\nread = Identity(enter)\n");
  EXPECT_EQ(graph.nodes[1].Find("T")->AsType(), DType::kFloat);
}

TEST(Freeze, WhatIsNotNeededIsNotAsked) {
  GraphDef graph = GraphOf(R"(
      node { name: "v" op: "VariableV2" } node { name: "x" op: "Placeholder" } node { name: "y" op: "Relu" input: "x" })");
  const auto fail = [](const NodeDef&) -> Result<Tensor> { return Status(Code::kNotFound, "asked"); };
  const Result<size_t> count = FreezeVariables({.outputs = {"y:0"}}, fail, graph);
  ASSERT_TRUE(count.ok()) << count.status().ToString();
  EXPECT_EQ(*count, 0u);
}

TEST(Freeze, WrongTypesAndWritersAreErrors) {
  EXPECT_NE(Frozen(R"(node { name: "v" op: "VariableV2" attr { key: "dtype" value { type: DT_INT32 } } })", {"v"})
                .find("want int32, the checkpoint has float32"),
            std::string::npos);
  EXPECT_NE(Frozen((std::string(kHandle) + R"(node { name: "w" op: "ResourceScatterAdd" input: "v" })").c_str(), {"w"})
                .find("'w' (ResourceScatterAdd) writes"),
            std::string::npos);
}

}  // namespace
}  // namespace rivulet::prepare
