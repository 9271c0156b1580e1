// What each transform does to a small graph.
#include "prepare/transforms/transforms.h"

#include <gtest/gtest.h>

#include "prepare/constants.h"
#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

constexpr char kChain[] = R"(
  node { name: "x" op: "Placeholder" device: "/gpu:0" attr { key: "dtype" value { type: DT_FLOAT } } }
  node { name: "i" op: "Identity" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
  node { name: "j" op: "Identity" input: "i" }
  node { name: "y" op: "Relu" input: "j" input: "^i" attr { key: "T" value { type: DT_FLOAT } } }
  node { name: "z" op: "Split" input: "y" }
  node { name: "w" op: "Neg" input: "z:1" })";

TEST(Transforms, DevicesGoAndCome) {
  EXPECT_EQ(Transformed(kChain, "remove_device").find('@'), std::string::npos);
  EXPECT_EQ(Transformed(R"(node { name: "a" op: "A" device: "d" } node { name: "b" op: "B" })",
                        "set_device(device=e, if_default=true)"),
            "a = A() @d\nb = B() @e\n");
  EXPECT_EQ(Transformed(R"(node { name: "a" op: "A" device: "d" })", "set_device(device=\"/job:x\")"),
            "a = A() @/job:x\n");
}

TEST(Transforms, AttributesAndOperatorsAreRenamedAndRemoved) {
  GraphDef graph = GraphOf(kChain);
  const auto apply = [&](std::string_view transforms) {
    const auto calls = ParseTransforms(transforms);
    EXPECT_TRUE(ApplyTransforms(*calls, {}, graph).ok());
  };
  apply("rename_attribute(old_attribute_name=T, new_attribute_name=U, op_name=Relu)");
  EXPECT_EQ(graph.nodes[3].Find("U")->AsType(), DType::kFloat);
  EXPECT_EQ(graph.nodes[3].Find("T"), nullptr);
  EXPECT_NE(graph.nodes[1].Find("T"), nullptr);
  apply("remove_attribute(attribute_name=T)");
  EXPECT_EQ(graph.nodes[1].Find("T"), nullptr);
  apply("remove_attribute(attribute_name=U, op_name=Neg)");
  EXPECT_NE(graph.nodes[3].Find("U"), nullptr);
  apply("rename_op(old_op_name=Relu, new_op_name=Elu)");
  EXPECT_EQ(graph.nodes[3].op, "Elu");
}

TEST(Transforms, RemovedNodesGiveTheirReadersWhatTheyRead) {
  EXPECT_EQ(Transformed(kChain, "remove_nodes(op=Identity) remove_device"),
            "x = Placeholder()\ny = Relu(x, ^x)\nz = Split(y)\nw = Neg(z:1)\n");
  EXPECT_EQ(Transformed(kChain, "remove_nodes(op=Identity) remove_device", {.inputs = {"i:0"}, .outputs = {"j"}}),
            "x = Placeholder()\ni = Identity(x)\nj = Identity(i)\ny = Relu(j, ^i)\nz = Split(y)\nw = Neg(z:1)\n");
  EXPECT_EQ(Transformed(kChain, "remove_control_dependencies remove_nodes(op=Identity) remove_device"),
            "x = Placeholder()\ny = Relu(x)\nz = Split(y)\nw = Neg(z:1)\n");
  // A constant of a loop or branch has nothing else that puts it there; what only waits for it does.
  EXPECT_EQ(
      Transformed(
          R"(node { name: "s" op: "Switch" input: "a" input: "p" } node { name: "a" op: "A" } node { name: "p" op: "P" }
                           node { name: "i" op: "Identity" input: "s:1" } node { name: "c" op: "Const" input: "^i" }
                           node { name: "d" op: "D" input: "c" input: "^a" } node { name: "e" op: "Const" input: "^a" })",
          "remove_control_dependencies"),
      "s = Switch(a, p)\na = A()\np = P()\ni = Identity(s:1)\nc = Const(^i)\nd = D(c)\ne = Const()\n");
  // A circle of what goes has nothing to be replaced by.
  EXPECT_NE(Transformed(R"(node { name: "a" op: "I" input: "b" } node { name: "b" op: "I" input: "a" }
                           node { name: "c" op: "C" input: "a" })",
                        "remove_nodes(op=I)")
                .find("on a circle"),
            std::string::npos);
}

TEST(Transforms, WhatSaysThatABranchIsTakenStays) {
  constexpr char kBranch[] = R"(
    node { name: "s" op: "Switch" input: "x" input: "p" } node { name: "x" op: "X" } node { name: "p" op: "P" }
    node { name: "taken" op: "Identity" input: "s:1" } node { name: "c" op: "Const" input: "^taken" }
    node { name: "other" op: "Identity" input: "s" } node { name: "n" op: "Neg" input: "other" })";
  EXPECT_EQ(Transformed(kBranch, "remove_nodes(op=Identity)"),
            "s = Switch(x, p)\nx = X()\np = P()\ntaken = Identity(s:1)\nc = Const(^taken)\nn = Neg(s)\n");
}

TEST(Transforms, SortsLoopsToo) {
  EXPECT_EQ(Transformed(R"(node { name: "y" op: "Y" input: "m" } node { name: "m" op: "Merge" input: "x" input: "n" }
                           node { name: "n" op: "NextIteration" input: "y" } node { name: "x" op: "X" })",
                        "sort_by_execution_order"),
            "x = X()\nm = Merge(x, n)\ny = Y(m)\nn = NextIteration(y)\n");
  EXPECT_NE(Transformed(R"(node { name: "a" op: "A" input: "b" } node { name: "b" op: "B" input: "a" })",
                        "sort_by_execution_order")
                .find("2 nodes lie on a circle or behind one, such as 'a'"),
            std::string::npos);
}

TEST(Transforms, WhatIsInOrderStaysAsItIs) {
  const std::string sorted = Transformed(R"(node { name: "b" op: "B" input: "a" } node { name: "a" op: "A" }
                                            node { name: "d" op: "D" input: "c" } node { name: "c" op: "C" })",
                                         "sort_by_execution_order");
  EXPECT_EQ(sorted, "a = A()\nb = B(a)\nc = C()\nd = D(c)\n");
  EXPECT_EQ(Transformed(R"(node { name: "a" op: "A" } node { name: "b" op: "B" input: "a" }
                           node { name: "c" op: "C" } node { name: "d" op: "D" input: "c" })",
                        "sort_by_execution_order"),
            sorted);
}

TEST(Transforms, ObfuscatedNamesKeepWhatIsFedAndFetched) {
  EXPECT_EQ(Transformed(kChain, "remove_device obfuscate_names", {.inputs = {"x"}, .outputs = {"w:0"}}),
            "x = Placeholder()\n0 = Identity(x)\n1 = Identity(0)\n2 = Relu(1, ^0)\n3 = Split(2)\nw = Neg(3:1)\n");
}

TEST(Transforms, StripKeepsWhatTheOutputsNeed) {
  EXPECT_EQ(Transformed(kChain, "remove_device strip_unused_nodes", {.inputs = {"x"}, .outputs = {"j"}}),
            "x = Placeholder()\ni = Identity(x)\nj = Identity(i)\n");
  GraphDef graph = GraphOf(kChain);
  const auto calls = ParseTransforms(
      "strip_unused_nodes(type=int32, shape=\"1,3\", name=y, type_for_name=half, shape_for_name=\"7\")");
  ASSERT_TRUE(ApplyTransforms(*calls, {.inputs = {"y", "j"}, .outputs = {"w"}}, graph).ok());
  EXPECT_EQ(Lines(graph), "j = Placeholder()\ny = Placeholder()\nz = Split(y)\nw = Neg(z:1)\n");
  EXPECT_EQ(graph.nodes[0].Find("dtype")->AsType(), DType::kInt32);
  EXPECT_EQ(graph.nodes[0].Find("shape")->AsShape()->ToString(), "[1,3]");
  EXPECT_EQ(graph.nodes[1].Find("dtype")->AsType(), DType::kHalf);
  EXPECT_EQ(graph.nodes[1].Find("shape")->AsShape()->ToString(), "[7]");
  // What an input's default came from goes, and so does the default.
  EXPECT_EQ(Transformed(R"(node { name: "k" op: "Const" } node { name: "x" op: "PlaceholderWithDefault" input: "k" }
                           node { name: "y" op: "Relu" input: "x" })",
                        "strip_unused_nodes", {.inputs = {"x"}, .outputs = {"y"}}),
            "x = Placeholder()\ny = Relu(x)\n");
  EXPECT_NE(Transformed(kChain, "strip_unused_nodes", {.outputs = {"v"}}).find("no node is called 'v'; nearest:"),
            std::string::npos);
  EXPECT_NE(Transformed(kChain, "strip_unused_nodes(type=floot)").find("got 'floot'"), std::string::npos);
  EXPECT_NE(Transformed(kChain, "strip_unused_nodes(name=y)").find("1 names, 0 types"), std::string::npos);
}

Tensor Ramp(int64_t count, float first, float step) {
  Result<Tensor> tensor = Tensor::Allocate(DType::kFloat, {count}, *Allocator::Create());
  for (int64_t i = 0; i < count; ++i) tensor->data<float>()[i] = first + step * static_cast<float>(i);
  return *tensor;
}

GraphDef OneWeight(const Tensor& value) {
  GraphDef graph;
  graph.nodes.push_back(MakeConst("w", value));
  return graph;
}

TEST(Transforms, RoundedWeightsAreTheMiddlesOfTheirSteps) {
  GraphDef graph = OneWeight(Ramp(16, 0, 1));  // 0 to 15 in 4 steps of 3.75; the largest is in a fifth
  ASSERT_TRUE(ApplyTransforms(*ParseTransforms("round_weights(num_steps=4)"), {}, graph).ok());
  const Tensor rounded = *ValueOf(graph.nodes[0]);
  for (int64_t i = 0; i < 16; ++i) {
    const float step = i == 15 ? 4 : static_cast<float>(i * 4 / 15);
    EXPECT_EQ(rounded.data<float>()[i], 3.75f * (step + 0.5f)) << i;
  }
  graph = OneWeight(Ramp(15, 0, 1));  // too few to be worth it
  ASSERT_TRUE(ApplyTransforms(*ParseTransforms("round_weights(num_steps=1)"), {}, graph).ok());
  EXPECT_EQ(ValueOf(graph.nodes[0])->data<float>()[3], 3);
}

TEST(Transforms, WhatHasFewValuesIsNotRounded) {
  const auto is_kept = [](int64_t period, float first, float second) {
    Tensor mask = Ramp(64, 0, 1);
    for (int64_t i = 0; i < 64; ++i) {
      mask.data<float>()[i] = i % period == 0 ? first : second + static_cast<float>(i % period);
    }
    const GraphDef before = OneWeight(mask);
    GraphDef graph = before;
    EXPECT_TRUE(ApplyTransforms(*ParseTransforms("round_weights"), {}, graph).ok());
    return graph == before;
  };
  EXPECT_TRUE(is_kept(1, 4, 0));  // TensorFlow's would be 4 + 4/512
  EXPECT_TRUE(is_kept(2, 0, -1e9f));
  EXPECT_TRUE(is_kept(32, 0, 1));
  EXPECT_FALSE(is_kept(64, 0, 1));
  // What was rounded once is not moved again.
  GraphDef once = OneWeight(Ramp(5000, -1, 0.01f));
  ASSERT_TRUE(ApplyTransforms(*ParseTransforms("round_weights(num_steps=7)"), {}, once).ok());
  GraphDef twice = once;
  ASSERT_TRUE(ApplyTransforms(*ParseTransforms("round_weights(num_steps=7)"), {}, twice).ok());
  EXPECT_EQ(once, twice);
}

TEST(Transforms, WhatIsNotFiniteStaysFloatAndIsTold) {
  for (const float odd : {-INFINITY, INFINITY, NAN}) {
    Tensor weight = Ramp(2048, -1, 0.001f);
    weight.data<float>()[7] = odd;
    for (const char* transform : {"round_weights", "quantize_weights"}) {
      GraphDef graph = OneWeight(weight);
      std::string said;
      TransformOptions options;
      options.report = [&said](std::string_view line) { said += line; };
      ASSERT_TRUE(ApplyTransforms(*ParseTransforms(transform), options, graph).ok());
      ASSERT_EQ(graph.nodes.size(), 1u);
      EXPECT_EQ(ValueOf(graph.nodes[0])->data<float>()[1], -1 + 0.001f) << transform;
      EXPECT_NE(said.find("'w' is not finite"), std::string::npos) << said;
    }
  }
}

// Two channels of a depthwise filter, one a thousand times the other: each keeps its own steps.
TEST(Transforms, RoundedDepthwiseFiltersHaveStepsForEachChannel) {
  Tensor filter = *Tensor::Allocate(DType::kFloat, Shape{3, 3, 2, 1}, *Allocator::Create());
  for (int64_t i = 0; i < 18; ++i) filter.data<float>()[i] = static_cast<float>(i / 2) * (i % 2 == 0 ? 1000.0f : 1.0f);
  for (const bool is_read_through_identity : {false, true}) {
    GraphDef graph = OneWeight(filter);
    if (is_read_through_identity) graph.nodes.push_back({.name = "read", .op = "Identity", .inputs = {"w"}});
    graph.nodes.push_back({.name = "x", .op = "Placeholder"});
    graph.nodes.push_back(
        {.name = "y", .op = "DepthwiseConv2dNative", .inputs = {"x", is_read_through_identity ? "read" : "w"}});
    ASSERT_TRUE(ApplyTransforms(*ParseTransforms("round_weights(num_steps=4)"), {}, graph).ok());
    const Tensor rounded = *ValueOf(graph.nodes[0]);
    for (int64_t i = 0; i < 18; ++i) {
      const float step = i / 2 == 8 ? 4 : static_cast<float>(i / 2 * 4 / 8);
      EXPECT_EQ(rounded.data<float>()[i], 2 * (step + 0.5f) * (i % 2 == 0 ? 1000.0f : 1.0f)) << i;
    }
  }
}

TEST(Transforms, QuantisedWeightsAreDequantisedUnderTheirName) {
  GraphDef graph = OneWeight(Ramp(1024, -0.5f, 1.0f / 1023));
  graph.nodes[0].inputs.push_back("^p");
  graph.nodes.push_back({.name = "p", .op = "P"});
  ASSERT_TRUE(ApplyTransforms(*ParseTransforms("quantize_weights"), {}, graph).ok());
  EXPECT_EQ(Lines(graph),
            "w_quantized_const = Const(^p)\nw_quantized_min = Const(^p)\nw_quantized_max = Const(^p)\n"
            "w = Dequantize(w_quantized_const, w_quantized_min, w_quantized_max)\np = P()\n");
  const Tensor levels = *ValueOf(graph.nodes[0]);
  EXPECT_EQ(levels.dtype(), DType::kQuint8);
  EXPECT_EQ(levels.data<uint8_t>()[0], 0);
  EXPECT_EQ(levels.data<uint8_t>()[1023], 255);
  EXPECT_EQ(graph.nodes[3].Find("mode")->AsString(), "MIN_FIRST");
  graph = OneWeight(Ramp(1023, 0, 1));
  ASSERT_TRUE(ApplyTransforms(*ParseTransforms("quantize_weights"), {}, graph).ok());
  EXPECT_EQ(graph.nodes.size(), 1u);
  graph = OneWeight(Ramp(4, 1, 1));  // 0 is within the range
  ASSERT_TRUE(ApplyTransforms(*ParseTransforms("quantize_weights(minimum_size=4)"), {}, graph).ok());
  EXPECT_EQ(ValueOf(graph.nodes[1])->data<float>()[0], 0);
  EXPECT_EQ(ValueOf(graph.nodes[2])->data<float>()[0], 4);
}

}  // namespace
}  // namespace rivulet::prepare
