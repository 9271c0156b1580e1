#include "prepare/inline_functions.h"

#include "prepare/freeze.h"
#include "prepare/function_calls.h"
#include "prepare/function_def.h"
#include "prepare/graph_test_kit.h"

namespace rivulet::prepare {
namespace {

// A function of floats; `nodes` and `returns` are text of its body, `more` of control results.
std::string Function(std::string_view name, std::string_view inputs, std::string_view nodes, std::string_view result,
                     std::string_view more = "") {
  return "function { signature { name: '" + std::string(name) + "' " + std::string(inputs) +
         " output_arg { name: 'r' type: DT_FLOAT } } " + std::string(nodes) + " ret { key: 'r' value: '" +
         std::string(result) + "' } " + std::string(more) + " }\n";
}
constexpr char kA[] = "input_arg { name: 'a' type: DT_FLOAT } ";
constexpr char kT[] = "attr { key: 'T' value { type: DT_FLOAT } } ";

std::string Library(const std::string& functions) { return "library { " + functions + " }\n"; }

std::string Call(std::string_view name, std::string_view function, std::string_view inputs) {
  return "node { name: '" + std::string(name) + "' op: 'PartitionedCall' " + std::string(inputs) +
         " attr { key: 'f' value { func { name: '" + std::string(function) + "' } } } }\n";
}

std::string Inlined(const std::string& text, InlinedCalls* calls = nullptr, const Limits& limits = {}) {
  GraphDef graph = GraphOf(text);
  Result<InlinedCalls> made = InlineFunctions(graph, limits);
  if (!made.ok()) return made.status().ToString();
  if (calls != nullptr) *calls = std::move(*made);
  return Lines(graph);
}

const std::string kTwice =
    Function("twice", kA, std::string("node_def { name: 's' op: 'AddV2' input: 'a' input: 'a' ") + kT + "}", "s:z:0");

TEST(InlineFunctions, ABodyComesInPlaceOfItsCall) {
  InlinedCalls calls;
  EXPECT_EQ(
      Inlined(Input("x", "2") + Call("c", "twice", "input: 'x'") + Node("y", "Relu", {"c"}) + Library(kTwice), &calls),
      "x = Placeholder()\nc/s = AddV2(x, x)\ny = Relu(c/s)\n");
  EXPECT_EQ(AfterInlining(calls, "c:0"), "c/s");
  EXPECT_EQ(AfterInlining(calls, "y"), "y");
}

TEST(InlineFunctions, CallsOfCallsAndResultsThatAreArguments) {
  const std::string outer = Function(
      "outer", kA,
      "node_def { name: 'in' op: 'twice' input: 'a' } node_def { name: 'again' op: 'PartitionedCall' input: 'in:r:0' "
      "attr { key: 'f' value { func { name: 'same' } } } }",
      "again:output:0");
  const std::string same = Function("same", kA, "", "a");
  EXPECT_EQ(Inlined(Input("x", "2") + Call("c", "outer", "input: 'x'") + Node("y", "Relu", {"c"}) +
                    Library(kTwice + outer + same)),
            "x = Placeholder()\nc/in/s = AddV2(x, x)\ny = Relu(c/in/s)\n");
}

TEST(InlineFunctions, NamesThatAreTakenAreLeft) {
  EXPECT_EQ(
      Inlined(Input("x", "2") + Node("c/s", "Tanh", {"x"}) + Call("c", "twice", "input: 'c/s'") + Library(kTwice)),
      "x = Placeholder()\nc/s = Tanh(x)\nc/s_1 = AddV2(c/s, c/s)\n");
}

TEST(InlineFunctions, EffectsComeBeforeResultsAndReadingIsNone) {
  const std::string prints = Function(
      "prints", kA,
      std::string(
          "node_def { name: 'p' op: 'PrintV2' input: 'm:output:0' } node_def { name: 'm' op: 'AsString' input: 'a' ") +
          kT + "}",
      "a", "control_ret { key: 'p' value: 'p' }");
  EXPECT_EQ(Inlined(Input("x", "2") + Call("c", "prints", "input: 'x' input: '^x'") + Node("y", "Relu", {"c"}) +
                    Node("z", "Relu", {"x", "^c"}) + Library(prints)),
            "x = Placeholder()\nc/p = PrintV2(c/m, ^x)\nc/m = AsString(x)\nc/result0 = Identity(x, ^c/p)\n"
            "y = Relu(c/result0)\nz = Relu(x, ^c/p)\n");
  const std::string reads =
      Function("reads", "input_arg { name: 'a' type: DT_RESOURCE } ",
               "node_def { name: 'v' op: 'ReadVariableOp' input: 'a' attr { key: 'dtype' value { type: DT_FLOAT } } }",
               "v:value:0", "control_ret { key: 'v' value: 'v' }");
  EXPECT_EQ(Inlined("node { name: 'h' op: 'VarHandleOp' attr { key: 'dtype' value { type: DT_FLOAT } } }\n" +
                    Call("c", "reads", "input: 'h'") + Node("y", "Relu", {"c"}) + Library(reads)),
            "h = VarHandleOp()\nc/v = ReadVariableOp(h)\ny = Relu(c/v)\n");
}

TEST(InlineFunctions, WhatNeverEndsIsAnError) {
  const std::string itself = Function("f", kA, "node_def { name: 'n' op: 'f' input: 'a' }", "n:r:0");
  EXPECT_NE(Inlined(Input("x", "2") + Call("c", "f", "input: 'x'") + Library(itself)).find("calls itself"),
            std::string::npos);
  // Each calls the next one twice.
  std::string library;
  for (int i = 0; i < 40; ++i) {
    const std::string next = i == 39 ? "twice" : "f" + std::to_string(i + 1);
    library += Function(
        "f" + std::to_string(i), kA,
        "node_def { name: 'p' op: '" + next + "' input: 'a' } node_def { name: 'q' op: '" + next + "' input: 'p:r:0' }",
        "q:r:0");
  }
  Limits limits;
  limits.nodes = 1000;
  EXPECT_NE(Inlined(Input("x", "2") + Call("c", "f0", "input: 'x'") + Library(kTwice + library), nullptr, limits)
                .find("more than 1000 nodes"),
            std::string::npos);
}

TEST(InlineFunctions, WrongArgumentsAreAnError) {
  EXPECT_NE(Inlined(Input("x", "2") + Call("c", "twice", "input: 'x' input: 'x'") + Library(kTwice))
                .find("takes 1 arguments, got 2"),
            std::string::npos);
}

TEST(FunctionDef, WhatIsTakenIsPutBackAndOnlyCalledOnesStay) {
  const std::string text =
      Input("x", "2") + Call("c", "twice", "input: 'x'") + Library(kTwice + Function("other", kA, "", "a"));
  GraphDef graph = GraphOf(text);
  Result<FunctionLibrary> library = TakeLibrary(graph);
  ASSERT_TRUE(library.ok());
  EXPECT_EQ(library->functions.size(), 2u);
  EXPECT_TRUE(graph.rest.empty());
  PutLibrary(*library, graph);
  ASSERT_TRUE(DropUncalledFunctions(graph).ok());
  library = TakeLibrary(graph);
  ASSERT_TRUE(library.ok());
  ASSERT_EQ(library->functions.size(), 1u);
  EXPECT_EQ(library->functions[0].name, "twice");
  EXPECT_EQ(library->functions[0].returns[0].second, "s:z:0");
}

TEST(Freeze, FunctionsAreMadeAnewForValues) {
  const std::string loop = Function(
      "body",
      "input_arg { name: 'v' type: DT_RESOURCE } input_arg { name: 'x' type: DT_FLOAT } output_arg { name: 'same' "
      "type: DT_RESOURCE } ",
      std::string(
          "node_def { name: 'read' op: 'ReadVariableOp' input: 'v' attr { key: 'dtype' value { type: DT_FLOAT } } } "
          "node_def { name: 'm' op: 'Mul' input: 'x' input: 'read:value:0' ") +
          kT + "}",
      "m:z:0", "ret { key: 'same' value: 'v' }");
  const std::string cond =
      Function("cond", "input_arg { name: 'v' type: DT_RESOURCE } input_arg { name: 'x' type: DT_FLOAT } ",
               std::string("node_def { name: 'n' op: 'Neg' input: 'x' ") + kT + "}", "n:y:0");
  GraphDef graph =
      GraphOf("node { name: 'v' op: 'VarHandleOp' attr { key: 'dtype' value { type: DT_FLOAT } } }\n" + Input("x", "") +
              "node { name: 'w' op: 'While' input: 'v' input: 'x' attr { key: 'cond' value { func { name: 'cond' } } } "
              "attr { key: 'body' value "
              "{ func { name: 'body' } } } attr { key: 'T' value { list { type: [DT_RESOURCE, DT_FLOAT] } } } }\n" +
              Node("y", "Relu", {"w:1"}) + Library(loop + cond));
  const auto two = [](const NodeDef&) -> Result<Tensor> { return Tensor::Scalar<float>(2); };
  const Result<size_t> count = FreezeVariables({.outputs = {"y"}}, two, graph);
  ASSERT_TRUE(count.ok()) << count.status().ToString();
  const NodeDef loop_node = NodeIn(graph, "w");
  EXPECT_EQ(*loop_node.Find("T")->AsTypes(), (std::vector<DType>{DType::kFloat, DType::kFloat}));
  EXPECT_EQ(FunctionsIn(*loop_node.Find("body")), std::vector<std::string>{"body_frozen"});
  const Result<FunctionLibrary> library = TakeLibrary(graph);
  ASSERT_TRUE(library.ok());
  const FunctionDef* body = library->Find("body_frozen");
  ASSERT_NE(body, nullptr);
  EXPECT_EQ(body->inputs[0].type, DType::kFloat);
  EXPECT_EQ(body->outputs[0].type, DType::kFloat) << "it hands the value back";
  EXPECT_EQ(body->nodes[0].op, "Identity");
  EXPECT_EQ(body->nodes[1].inputs[1], "read:output:0");
}

// What it captures are arguments with types in a list of their own.
TEST(Freeze, BatchFunctionBecomesACall) {
  const std::string scaled = Function(
      "scaled", std::string(kA) + "input_arg { name: 'v' type: DT_RESOURCE } ",
      std::string("node_def { name: 'read' op: 'ReadVariableOp' input: 'v' attr { key: 'dtype' value { type: DT_FLOAT "
                  "} } } node_def { name: 'm' op: 'Mul' input: 'a' input: 'read:value:0' ") +
          kT + "}",
      "m:z:0");
  GraphDef graph = GraphOf(
      "node { name: 'v' op: 'VarHandleOp' attr { key: 'dtype' value { type: DT_FLOAT } } }\n" + Input("x", "2") +
      "node { name: 'b' op: 'BatchFunction' input: 'x' input: 'v' attr { key: 'f' value { func { name: 'scaled' } } } "
      "attr { key: 'Tin' value { list { type: DT_FLOAT } } } attr { key: 'Tcaptured' value { list { type: DT_RESOURCE "
      "} } } attr { key: 'Tout' value { list { type: DT_FLOAT } } } attr { key: 'max_batch_size' value { i: 4 } } }\n" +
      Library(scaled));
  const auto two = [](const NodeDef&) -> Result<Tensor> { return Tensor::Scalar<float>(2); };
  const Result<size_t> count = FreezeVariables({.outputs = {"b"}}, two, graph);
  ASSERT_TRUE(count.ok()) << count.status().ToString();
  const NodeDef call = NodeIn(graph, "b");
  EXPECT_EQ(call.op, "StatefulPartitionedCall");
  EXPECT_EQ(*call.Find("Tin")->AsTypes(), (std::vector<DType>{DType::kFloat, DType::kFloat}));
  EXPECT_EQ(FunctionsIn(*call.Find("f")), std::vector<std::string>{"scaled_frozen"});
  EXPECT_EQ(call.Find("max_batch_size"), nullptr);
}

}  // namespace
}  // namespace rivulet::prepare
