// Hostile files, section B: graphs whose bytes are well and whose structure is not.
#include <gtest/gtest.h>

#include "tests/hostile/text_models.h"

namespace rivulet {
namespace {

const std::string kFloatFeed = FeedText();

TEST(HostileGraph, B1_TwoNodesOfOneName) {
  ExpectError(LoadText(FloatText("a") + FeedText("b") + FloatText("a")).status(), Code::kInvalidArgument,
              {"test.pb", "two nodes are called 'a'"});
}

TEST(HostileGraph, B2_InputsThatAreNotThere) {
  ExpectError(LoadText(NodeText("y", "Identity", "none", TypeText())).status(), Code::kInvalidArgument,
              {"node 'y' ('Identity')", "input 'none'", "not in the graph"});
}

TEST(HostileGraph, B3_InputsThatAreNone) {
  for (const char* input :
       {"x:-1", "x:99999999999", "x:", "x:a", ":0", "", "^", "^^x", "^x:0", "x:0:0", "x :0", "x:1048577"}) {
    const std::string node = "node { name: 'y' op: 'Identity' input: '" + std::string(input) + "' " + TypeText() + "} ";
    ExpectError(LoadText(kFloatFeed + node).status(), Code::kInvalidArgument, {"node 'y'", Quoted(input)});
  }
  // An output that the operator does not have is found when the node is needed.
  ExpectError(StatusOf(kFloatFeed + NodeText("y", "Identity", "x:7", TypeText()), "y"), Code::kInvalidArgument,
              {"node 'y' (Identity)", "input 'x:7'", "node 'x' (Placeholder)", "only 1 outputs"});
}

TEST(HostileGraph, B4_DataBehindControls) {
  ExpectError(LoadText(kFloatFeed + NodeText("y", "Add", "x ^x x", TypeText())).status(), Code::kInvalidArgument,
              {"node 'y' ('Add')", "input 'x'", "control"});
}

TEST(HostileGraph, B5_Circles) {
  ExpectError(StatusOf(NodeText("a", "Identity", "b", TypeText()) + NodeText("b", "Identity", "a", TypeText()), "a"),
              Code::kInvalidArgument, {"waits for its own output", "not a loop"});
  ExpectError(StatusOf(NodeText("a", "Identity", "a", TypeText()), "a"), Code::kInvalidArgument,
              {"node 'a' ('Identity')", "waits for its own output"});
  ExpectError(StatusOf(NodeText("a", "NoOp", "^b") + NodeText("b", "NoOp", "^a") +
                           NodeText("y", "Identity", "c ^a", TypeText()) + FloatText("c"),
                       "y"),
              Code::kInvalidArgument, {"waits for its own output"});
  // Calls of a function that gives what it takes, each the other's argument.
  ExpectError(
      StatusOf(LibraryText(FunctionText("f", "", "x")) + NodeText("a", "f", "b") + NodeText("b", "f", "a"), "a"),
      Code::kInvalidArgument, {"waits for itself"});
}

// A chain, so long that recursion anywhere would overflow the stack.
TEST(HostileGraph, B6_ALongChain) {
  const Within limit(60);
  constexpr int kNodes = 1'000'000, kRun = 100'000;
  std::string bytes = FloatPlaceholder("n0");
  bytes.reserve(size_t{64} << 20);
  const std::string attrs = TypeAttr("T", 1);
  for (int i = 1; i <= kNodes; ++i) bytes += Node32(Cat("n", i), "Neg", {Cat("n", i - 1)}, attrs);
  bytes += Versions32(24);
  auto model = LoadText(bytes);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  for (const bool passes : {true, false}) {
    SessionOptions options;
    options.passes = passes;
    auto session = Session::Create(*model, options);
    ASSERT_TRUE(session.ok());
    auto result = (*session)->Run({{"n0", Tensor::Scalar<float>(3)}}, {Cat("n", kRun)});
    ASSERT_TRUE(result.ok()) << result.status().ToString();
    EXPECT_EQ((*result)[0].data<float>()[0], 3.0f);
  }
  LoadOptions strict;
  strict.limits = Limits::Strict();
  ExpectError(LoadText(bytes, strict).status(), Code::kResourceExhausted, {"more than 100000 nodes"});
}

TEST(HostileGraph, B7_ManyInputsAndManyConsumers) {
  const Within limit(60);
  constexpr int kMany = 200'000;
  Wire sum;
  sum.Bytes(1, "y").Bytes(2, "AddN");
  for (int i = 0; i < kMany; ++i) sum.Bytes(3, "x");
  sum.Raw(TypeAttr("T", 1)).Raw(Attr("N", Wire().Int(3, kMany).str()));
  const std::string many_inputs = FloatPlaceholder("x") + Wire().Bytes(1, sum.str()).str() + Versions32(24);
  auto model = LoadText(many_inputs);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  auto result = (*Session::Create(*model))->Run({{"x", Tensor::Scalar<float>(0.5f)}}, {"y"});
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ((*result)[0].data<float>()[0], 100'000.0f);

  std::string many_consumers = FloatPlaceholder("x");
  constexpr int kConsumers = 50'000;
  Wire all;
  all.Bytes(1, "all").Bytes(2, "NoOp");
  for (int i = 0; i < kConsumers; ++i) {
    many_consumers += Node32(Cat("n", i), "Neg", {"x"}, TypeAttr("T", 1));
    all.Bytes(3, Cat("^n", i));
  }
  many_consumers +=
      Wire().Bytes(1, all.str()).str() + Node32("y", "Identity", {"x", "^all"}, TypeAttr("T", 1)) + Versions32(24);
  model = LoadText(many_consumers);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  result = (*Session::Create(*model))->Run({{"x", Tensor::Scalar<float>(0.5f)}}, {"y"});
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ((*result)[0].data<float>()[0], 0.5f);
}

TEST(HostileGraph, B8_LongNamesThatBeginAlike) {
  const Within limit(30);
  const std::string prefix(10'000, 'p');
  std::string bytes = FloatPlaceholder("first") + FloatPlaceholder(prefix + "0");
  constexpr int kNodes = 3000;
  for (int i = 1; i <= kNodes; ++i) bytes += Node32(Cat(prefix, i), "Neg", {Cat(prefix, i - 1)}, TypeAttr("T", 1));
  auto model = LoadText(bytes + Versions32(24));
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  auto session = Session::Create(*model);
  ASSERT_TRUE((*session)->Run({{prefix + "0", Tensor::Scalar<float>(1)}}, {Cat(prefix, kNodes)}).ok());
  const Status status = (*session)->Run({}, {prefix + "x"}).status();
  ExpectError(status, Code::kNotFound, {"no node is called"});
  EXPECT_LT(status.message().size(), 2000u);
}

TEST(HostileGraph, B9_UnknownOperators) {
  const std::string two =
      kFloatFeed + NodeText("a", "Frobnicate", "x") + NodeText("b", "Whiten", "a") + NodeText("c", "Whiten", "b");
  ExpectError(StatusOf(two, "c"), Code::kUnimplemented, {"no kernel", "Frobnicate", "Whiten"});
  // What the fetch does not need does not matter.
  EXPECT_TRUE(
      StatusOf(two + NodeText("y", "Neg", "x", TypeText()), "y", {{{"x", Tensor::Scalar<float>(1)}}, {}, {}}).ok());
  const Status status = StatusOf(kFloatFeed + NodeText("a", std::string(1 << 20, 'o'), "x"), "a");
  ExpectError(status, Code::kUnimplemented, {"no kernel"});
  EXPECT_LT(status.message().size(), 2000u);
}

TEST(HostileGraph, B10_TooFewAndTooManyInputs) {
  ExpectError(StatusOf(kFloatFeed + NodeText("y", "Add", "x", TypeText()), "y"), Code::kInvalidArgument,
              {"node 'y' (Add)", "want 2 inputs, got 1"});
  ExpectError(StatusOf(kFloatFeed + NodeText("y", "Add", "x x x", TypeText()), "y"), Code::kInvalidArgument,
              {"node 'y' (Add)", "want 2 inputs, got 3"});
  ExpectError(StatusOf(kFloatFeed + NodeText("y", "AddN", "x x", TypeText() + AttrText("N", "i: 3")), "y"),
              Code::kInvalidArgument, {"node 'y' (AddN)", "want 3 inputs, got 2"});
}

TEST(HostileGraph, B11_TypesThatDisagree) {
  ExpectError(StatusOf(kFloatFeed + IntText("i", 1) + NodeText("y", "Add", "x i", TypeText()), "y"),
              Code::kInvalidArgument, {"node 'y' (Add)", "input 1 'y'", "want float32, got int32"});
  ExpectError(StatusOf(NodeText("v", "VarHandleOp", "", TypeText("dtype") + AttrText("shape", "shape {}")) +
                           NodeText("y", "Neg", "v", TypeText()),
                       "y"),
              Code::kInvalidArgument, {"node 'y' (Neg)", "want float32, got resource"});
}

TEST(HostileGraph, B12_ShapesThatLieAreOnlyHints) {
  const std::string lies = AttrText("_output_shapes", "list { shape { dim { size: 1000000 } dim { size: 1000000 } } }");
  SessionOptions small;
  small.memory_budget_bytes = 1 << 20;
  auto result = RunText(kFloatFeed + NodeText("y", "Neg", "x", TypeText() + lies), "y",
                        {{{"x", Tensor::Scalar<float>(2)}}, {}, small});
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ((*result)[0].data<float>()[0], -2.0f);
  // Nothing is allocated by a placeholder's shape; a feed that is known to be of another is refused.
  const std::string huge = AttrText("shape", "shape { dim { size: 1099511627776 } }");
  ExpectError(
      StatusOf(NodeText("x", "Placeholder", "", TypeText("dtype") + huge) + NodeText("y", "Neg", "x", TypeText()), "y",
               {{{"x", Tensor::Scalar<float>(2)}}, {}, small}),
      Code::kInvalidArgument, {"input 'x'", "want shape [1099511627776]", "got []"});
}

TEST(HostileGraph, B12_AShapeWithoutDimsMayBeOlderThanScalars) {
  const std::string text = NodeText("x", "Placeholder", "", TypeText("dtype") + AttrText("shape", "shape {}")) +
                           NodeText("y", "Neg", "x", TypeText());
  const Feeds feeds = {{"x", Tensor::Of<float>({2}, std::vector<float>{1, 2})}};
  for (const std::string versions : {"", "versions {} ", "versions { producer: 21 } "}) {
    const auto model = LoadText(text + versions);
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    const auto result = (*Session::Create(*model))->Run(feeds, {"y"});
    EXPECT_TRUE(result.ok()) << versions << result.status().ToString();
  }
  const auto model = LoadText(text + "versions { producer: 22 } ");
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  ExpectError((*Session::Create(*model))->Run(feeds, {"y"}).status(), Code::kInvalidArgument,
              {"input 'x'", "want shape []", "got [2]"});
}

TEST(HostileGraph, B13_Devices) {
  for (const char* device : {"/job:remote/task:7/device:GPU:99", "garbage", "\\000\\n", "http://example.com/"}) {
    auto result = RunText(kFloatFeed + NodeText("y", "Neg", "x", TypeText() + "device: '" + device + "'"), "y",
                          {{{"x", Tensor::Scalar<float>(2)}}, {}, {}});
    EXPECT_TRUE(result.ok()) << device << ": " << result.status().ToString();
  }
}

TEST(HostileGraph, B14_FunctionsThatCallThemselves) {
  const Within limit(5);
  ExpectError(StatusOf(LibraryText(FunctionText("f", BodyNodeText("n", "f", "x"), "n:y:0")) + kFloatFeed +
                           NodeText("a", "f", "x"),
                       "a"),
              Code::kInvalidArgument, {"function 'f'", "calls itself"});
  // Through an operator that takes functions.
  const std::string branches =
      AttrText("then_branch", "func { name: 'f' }") + AttrText("else_branch", "func { name: 'f' }") +
      AttrText("Tin", "list { type: DT_FLOAT }") + AttrText("Tout", "list { type: DT_FLOAT }") + TypeText("Tcond");
  const Status status =
      StatusOf(LibraryText(FunctionText("f", BodyNodeText("n", "If", "x x", branches), "n:output:0")) + kFloatFeed +
                   NodeText("a", "f", "x"),
               "a", {{{"x", Tensor::Scalar<float>(1)}}, {}, {}});
  ExpectError(status, Code::kResourceExhausted, {"deep"});
}

// Functions that refer to each other through their branches: nothing is looked into without end.
TEST(HostileGraph, B14_LongChainsThroughBranches) {
  const Within limit(20);
  constexpr int kFunctions = 3000;
  std::string library;
  for (int i = 0; i < kFunctions; ++i) {
    const std::string next = Cat("func { name: 'f", (i + 1) % kFunctions, "' }");
    const std::string branches = AttrText("then_branch", next) + AttrText("else_branch", next) +
                                 AttrText("Tin", "list { type: DT_FLOAT }") +
                                 AttrText("Tout", "list { type: DT_FLOAT }") + TypeText("Tcond");
    library += FunctionText(Cat("f", i), BodyNodeText("n", "If", "x x", branches), "n:output:0");
  }
  ExpectError(StatusOf(LibraryText(library) + kFloatFeed + NodeText("a", "f0", "x"), "a",
                       {{{"x", Tensor::Scalar<float>(1)}}, {}, {}}),
              Code::kResourceExhausted, {"deep"});
}

TEST(HostileGraph, B15_RingsOfFunctions) {
  const Within limit(10);
  std::string two =
      FunctionText("f", BodyNodeText("n", "g", "x"), "n:y:0") + FunctionText("g", BodyNodeText("n", "f", "x"), "n:y:0");
  ExpectError(StatusOf(LibraryText(two) + kFloatFeed + NodeText("a", "f", "x"), "a"), Code::kInvalidArgument,
              {"calls itself"});
  std::string ring;
  constexpr int kRing = 10'000;
  for (int i = 0; i < kRing; ++i)
    ring += FunctionText(Cat("f", i), BodyNodeText("n", Cat("f", (i + 1) % kRing), "x"), "n:y:0");
  ExpectError(StatusOf(LibraryText(ring) + kFloatFeed + NodeText("a", "f0", "x"), "a"), Code::kResourceExhausted,
              {"more than 64 deep"});
}

TEST(HostileGraph, B16_FunctionsThatDouble) {
  const Within limit(1);
  std::string library;
  for (int i = 0; i < 31; ++i) {
    const std::string callee = Cat("f", i + 1);
    library += FunctionText(Cat("f", i), BodyNodeText("a", callee, "x") + BodyNodeText("b", callee, "a:y:0"), "b:y:0");
  }
  library += FunctionText("f31", BodyNodeText("n", "Neg", "x", TypeText()), "n:y:0");
  SessionOptions small;
  small.memory_budget_bytes = 1 << 20;
  ExpectError(StatusOf(LibraryText(library) + kFloatFeed + NodeText("y", "f0", "x"), "y", {{}, {}, small}),
              Code::kResourceExhausted, {"more than 2000000 nodes"});
}

TEST(HostileGraph, B17_BrokenFunctions) {
  const std::string call = kFloatFeed + NodeText("a", "f", "x");
  const Running fed{{{"x", Tensor::Scalar<float>(1)}}, {}, {}};
  const auto error = [&](const std::string& functions) { return StatusOf(LibraryText(functions) + call, "a", fed); };
  ExpectError(error(""), Code::kUnimplemented, {"node 'a' (f)", "no kernel"});
  ExpectError(StatusOf(kFloatFeed + NodeText("a", "PartitionedCall", "x",
                                             AttrText("Tin", "list { type: DT_FLOAT }") +
                                                 AttrText("Tout", "list { type: DT_FLOAT }") +
                                                 AttrText("f", "func { name: 'gone' }")),
                       "a", fed),
              Code::kNotFound, {"function 'gone'", "not in the library"});
  const std::string good = FunctionText("f", BodyNodeText("n", "Neg", "x", TypeText()), "n:y:0");
  EXPECT_TRUE(error(good).ok()) << error(good).ToString();
  EXPECT_TRUE(error(good + good).ok()) << "the same one twice";
  ExpectError(error(good + FunctionText("f", "", "x")), Code::kInvalidArgument, {"two functions are called 'f'"});
  ExpectError(error(FunctionText("", "", "x")), Code::kInvalidArgument, {"function", "without a name"});
  ExpectError(error(FunctionText("Neg", "", "x")), Code::kInvalidArgument, {"function 'Neg'", "operator"});
  ExpectError(error("function { signature { name: 'f' input_arg { name: 'x' type: DT_FLOAT } "
                    "output_arg { name: 'y' type: DT_FLOAT } } }"),
              Code::kInvalidArgument, {"function 'f'", "result 'y' is not returned"});
  ExpectError(error(FunctionText("f", "", "none")), Code::kInvalidArgument, {"function 'f'", "'none'"});
  ExpectError(error(FunctionText("f", "", "x:7")), Code::kInvalidArgument, {"function 'f'", "'x:7'"});
  ExpectError(error(FunctionText("f", BodyNodeText("n", "Neg", "x", TypeText()), "n:out:0")), Code::kInvalidArgument,
              {"function 'f'", "no output called 'out'"});
  ExpectError(error(FunctionText("f", BodyNodeText("n", "Neg", "m:y:0", TypeText()), "n:y:0")), Code::kInvalidArgument,
              {"node 'n'", "'m:y:0'", "no node of the function"});
  ExpectError(error(FunctionText(
                  "f", BodyNodeText("n", "Neg", "x", TypeText()) + BodyNodeText("n", "Neg", "x", TypeText()), "n:y:0")),
              Code::kInvalidArgument, {"two nodes are called 'n'"});
  ExpectError(error(FunctionText("f", BodyNodeText("n", "Neg", "x", AttrText("T", "placeholder: 'open'")), "n:y:0")),
              Code::kInvalidArgument, {"attr 'T'", "no attribute 'open'"});
  ExpectError(error(FunctionText("f", BodyNodeText("n", "Neg", "x", AttrText("", "i: 1")), "n:y:0")),
              Code::kInvalidArgument, {"without a name"});
  // More results than there are arguments to give.
  ExpectError(error("function { signature { name: 'f' input_arg { name: 'x' type: DT_FLOAT } "
                    "output_arg { name: 'y' type: DT_FLOAT number_attr: 'N' } } attr { key: 'N' value { i: 5 } } "
                    "ret { key: 'y' value: 'x' } }"),
              Code::kInvalidArgument, {"result 'y' is too long"});
  ExpectError(error("function { signature { name: 'f' input_arg { name: 'x' type: DT_FLOAT number_attr: 'N' } "
                    "output_arg { name: 'y' type: DT_FLOAT } } attr { key: 'N' value { i: 1099511627776 } } "
                    "ret { key: 'y' value: 'x' } }"),
              Code::kInvalidArgument, {"no usable number 'N'"});
  // What the call says goes before what the definition does.
  const std::string typed =
      "function { signature { name: 'f' input_arg { name: 'x' type_attr: 'T' } output_arg { name: 'y' type_attr: 'T' } "
      "} "
      "attr { key: 'T' value { type: DT_INT32 } } " +
      BodyNodeText("n", "Neg", "x", AttrText("T", "placeholder: 'T'")) + "ret { key: 'y' value: 'n:y:0' } } ";
  EXPECT_TRUE(StatusOf(LibraryText(typed) + kFloatFeed + NodeText("a", "f", "x", TypeText()), "a", fed).ok());
  for (const char* inputs : {"", "x x"}) {
    ExpectError(StatusOf(LibraryText(good) + kFloatFeed + NodeText("a", "f", inputs), "a", fed), Code::kInvalidArgument,
                {"function 'f' takes 1 arguments"});
  }
}

std::string IfText(const std::string& attrs, const std::string& inputs = "p x") {
  return FeedText("p", "DT_BOOL") + kFloatFeed +
         NodeText("a", "If", inputs,
                  AttrText("Tin", "list { type: DT_FLOAT }") + AttrText("Tout", "list { type: DT_FLOAT }") +
                      TypeText("Tcond", "DT_BOOL") + attrs);
}

TEST(HostileGraph, B18_BranchesAndLoopsWithoutTheirFunctions) {
  const Running fed{{{"p", Tensor::Scalar<bool>(true)}, {"x", Tensor::Scalar<float>(1)}}, {}, {}};
  const std::string f = FunctionText("f", BodyNodeText("n", "Neg", "x", TypeText()), "n:y:0");
  const std::string then_f = AttrText("then_branch", "func { name: 'f' }"),
                    else_f = AttrText("else_branch", "func { name: 'f' }");
  EXPECT_TRUE(StatusOf(LibraryText(f) + IfText(then_f + else_f), "a", fed).ok());
  ExpectError(StatusOf(LibraryText(f) + IfText(then_f), "a", fed), Code::kInvalidArgument,
              {"node 'a' (If)", "'else_branch' is missing"});
  ExpectError(StatusOf(LibraryText(f) + IfText(then_f + AttrText("else_branch", "i: 3")), "a", fed),
              Code::kInvalidArgument, {"node 'a' (If)", "'else_branch'", "want function"});
  ExpectError(StatusOf(LibraryText(f) + IfText(AttrText("then_branch", "func { name: 'g' }") + else_f), "a", fed),
              Code::kNotFound, {"node 'a' (If)", "function 'g'"});
  const std::string two_results =
      "function { signature { name: 'g' input_arg { name: 'x' type: DT_FLOAT } output_arg { name: 'y' type: DT_FLOAT } "
      "output_arg { name: 'z' type: DT_FLOAT } } ret { key: 'y' value: 'x' } ret { key: 'z' value: 'x' } } ";
  ExpectError(
      StatusOf(LibraryText(f + two_results) + IfText(AttrText("then_branch", "func { name: 'g' }") + else_f), "a", fed),
      Code::kInvalidArgument, {"node 'a' (If)", "returns 2 tensors, want 1"});
  const std::string of_int =
      "function { signature { name: 'g' input_arg { name: 'x' type: DT_FLOAT } output_arg { name: 'y' type: DT_INT32 } "
      "} " +
      BodyNodeText("n", "Cast", "x", TypeText("SrcT") + TypeText("DstT", "DT_INT32")) +
      "ret { key: 'y' value: 'n:y:0' } } ";
  ExpectError(
      StatusOf(LibraryText(f + of_int) + IfText(AttrText("then_branch", "func { name: 'g' }") + else_f), "a", fed),
      Code::kInvalidArgument, {"node 'a' (If)", "want float32", "got int32"});
  // A loop whose condition is no bool, and one that is a vector.
  const std::string loop =
      kFloatFeed + NodeText("a", "While", "x",
                            AttrText("T", "list { type: DT_FLOAT }") + AttrText("cond", "func { name: 'f' }") +
                                AttrText("body", "func { name: 'f' }"));
  ExpectError(StatusOf(LibraryText(f) + loop, "a", {{{"x", Tensor::Scalar<float>(1)}}, {}, {}}), Code::kInvalidArgument,
              {"node 'a' (While)", "cond", "want one bool, got float32"});
}

std::string Enter(const std::string& name, const std::string& input, const std::string& frame) {
  return NodeText(name, "Enter", input, TypeText() + AttrText("frame_name", "s: '" + frame + "'"));
}

TEST(HostileGraph, B19_PiecesOfLoops) {
  const Within limit(20);
  const Running fed{{{"x", Tensor::Scalar<float>(1)}}, {}, {}};
  for (const bool passes : {true, false}) {
    Running with = fed;
    with.session.passes = passes;
    with.run.deadline_ms = 2000;
    const auto error = [&](const std::string& text) { return StatusOf(kFloatFeed + text, "y", with); };
    ExpectError(error(NodeText("e", "Enter", "x", TypeText()) + NodeText("y", "Exit", "e", TypeText())),
                Code::kInvalidArgument, {"node 'e' (Enter)", "'frame_name' is missing"});
    ExpectError(error(NodeText("y", "Exit", "x", TypeText())), Code::kInvalidArgument, {"node 'y' (Exit)", "in none"});
    ExpectError(error(Enter("a", "x", "f") + NodeText("l", "Exit", "a", TypeText()) +
                      NodeText("k", "Exit", "x", TypeText()) + NodeText("y", "Add", "l k", TypeText())),
                Code::kInvalidArgument, {"node 'k' (Exit)", "leaves a loop, and is in none"});
    ExpectError(error(Enter("a", "x", "f") + Enter("b", "x", "g") + NodeText("s", "Add", "a b", TypeText()) +
                      NodeText("y", "Exit", "s", TypeText())),
                Code::kInvalidArgument, {"node 's' (Add)", "different loops", "'f'", "'g'"});
    ExpectError(
        error(Enter("a", "x", "f") + NodeText("s", "Add", "a x", TypeText()) + NodeText("y", "Exit", "s", TypeText())),
        Code::kInvalidArgument, {"node 's' (Add)", "different loops", "'f'", "none"});
    // Without a loop it hands on what it gets, as it does in TensorFlow.
    EXPECT_TRUE(
        error(NodeText("n", "NextIteration", "x", TypeText()) + NodeText("y", "Identity", "n", TypeText())).ok());
    ExpectError(error(NodeText("m", "Merge", "", TypeText() + AttrText("N", "i: 0")) +
                      NodeText("y", "Identity", "m", TypeText())),
                Code::kInvalidArgument, {"node 'm' (Merge)"});
    // Loops without a condition, without an end, that nothing leaves; whatever they do, they end.
    for (const std::string& loop :
         {Enter("a", "x", "f") + NodeText("m", "Merge", "a n", TypeText() + AttrText("N", "i: 2")) +
              NodeText("n", "NextIteration", "m", TypeText()) + NodeText("y", "Exit", "m", TypeText()),
          Enter("a", "x", "f") + NodeText("y", "Exit", "a", TypeText()),
          Enter("a", "x", "f") + NodeText("m", "Merge", "a a", TypeText() + AttrText("N", "i: 2")) +
              NodeText("y", "Exit", "m", TypeText()),
          Enter("a", "x", "f") + Enter("b", "a", "f") + NodeText("z", "Exit", "b", TypeText()) +
              NodeText("y", "Exit", "z", TypeText()),
          Enter("a", "x", "f") + NodeText("m", "Merge", "n n", TypeText() + AttrText("N", "i: 2")) +
              NodeText("n", "NextIteration", "m", TypeText()) + NodeText("y", "Exit", "m", TypeText())}) {
      const Status status = error(loop);
      EXPECT_TRUE(status.ok() || status.code() == Code::kInvalidArgument || status.code() == Code::kDeadlineExceeded)
          << status.ToString();
    }
  }
  for (const int64_t parallel : {int64_t{0}, int64_t{-1}, int64_t{1} << 31}) {
    const std::string enter =
        NodeText("a", "Enter", "x",
                 TypeText() + AttrText("frame_name", "s: 'f'") + AttrText("parallel_iterations", Cat("i: ", parallel)));
    EXPECT_TRUE(StatusOf(kFloatFeed + enter + NodeText("y", "Exit", "a", TypeText()), "y", fed).ok())
        << "a hint that means nothing here";
  }
  // Deep loops, each entered from within the one before.
  std::string deep = "x";
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += Enter(Cat("e", i), deep, "f");
    deep = Cat("e", i);
  }
  ExpectError(StatusOf(kFloatFeed + text + NodeText("y", "Exit", deep, TypeText()), "y", fed), Code::kResourceExhausted,
              {"more than 64 deep"});
}

// A function of x that gives `result` of `body`, as a loop's condition or body.
std::string LoopText(const std::string& condition, const std::string& body, const std::string& result) {
  return LibraryText(
             "function { signature { name: 'c' input_arg { name: 'x' type: DT_FLOAT } output_arg { name: 'y' type: "
             "DT_BOOL } } " +
             condition + "ret { key: 'y' value: 'c:output:0' } } " + FunctionText("b", body, result)) +
         kFloatFeed +
         NodeText("y", "While", "x",
                  AttrText("T", "list { type: DT_FLOAT }") + AttrText("cond", "func { name: 'c' }") +
                      AttrText("body", "func { name: 'b' }"));
}
std::string AlwaysTrue() {
  const std::string node = ConstText("c", "DT_BOOL", "tensor_shape {} bool_val: true");
  return "node_def" + node.substr(4);
}

TEST(HostileGraph, B20_LoopsWithoutAnEnd) {
  const std::string endless = LoopText(AlwaysTrue(), BodyNodeText("n", "Neg", "x", TypeText()), "n:y:0");
  Running running{{{"x", Tensor::Scalar<float>(1)}}, {}, {}};
  running.session.memory_budget_bytes = 1 << 20;
  running.run.deadline_ms = 300;
  const Within limit(2);
  ExpectError(StatusOf(endless, "y", running), Code::kDeadlineExceeded, {"node 'y' (While)"});
}

TEST(HostileGraph, B21_LoopsThatGrow) {
  const Within limit(20);
  const std::string doubles = BodyNodeText("n", "ConcatV2", "x x zero:output:0", TypeText() + AttrText("N", "i: 2")) +
                              "node_def" + IntText("zero", 0).substr(4);
  Running running{{{"x", Tensor::Of<float>({1}, std::vector<float>{1})}}, {}, {}};
  running.session.memory_budget_bytes = size_t{16} << 20;
  ExpectError(StatusOf(LoopText(AlwaysTrue(), doubles, "n:output:0"), "y", running), Code::kResourceExhausted,
              {"node 'y' (While)"});
}

TEST(HostileGraph, B22_FetchOfWhatIsNotTaken) {
  const std::string text = kFloatFeed + FeedText("p", "DT_BOOL") + NodeText("s", "Switch", "x p", TypeText()) +
                           NodeText("y", "Neg", "s", TypeText());
  ExpectError(StatusOf(text, "y", {{{"x", Tensor::Scalar<float>(1)}, {"p", Tensor::Scalar<bool>(true)}}, {}, {}}),
              Code::kInvalidArgument, {"branch that was not taken"});
}

TEST(HostileGraph, B23_WhatAModelMayNotDo) {
  const std::string text = ConstText("s", "DT_STRING", "tensor_shape {} string_val: '/etc/passwd'") +
                           ConstText("v", "DT_STRING", "tensor_shape { dim { size: 1 } } string_val: 'v'") +
                           FloatText("c");
  for (const char* op : {"WriteFile", "PyFunc", "EagerPyFunc", "FileSystemSetConfiguration", "CreateSummaryFileWriter",
                         "RemoteCall", "_Send", "DebugIdentityV2"}) {
    ExpectError(StatusOf(text + NodeText("y", op, "s"), "y"), Code::kUnimplemented, {"node 'y'", op, "no kernel"});
  }
  ExpectError(StatusOf(text + NodeText("save", "SaveV2", "s v v c", AttrText("dtypes", "list { type: DT_FLOAT }")) +
                           NodeText("y", "Identity", "c ^save", TypeText()),
                       "y"),
              Code::kUnimplemented, {"node 'save' (SaveV2)", "writes files"});
  // Reading is for the files of a model's own folder; this one came from memory.
  ExpectError(StatusOf(text + NodeText("y", "RestoreV2", "s v v", AttrText("dtypes", "list { type: DT_FLOAT }")), "y"),
              Code::kFailedPrecondition, {"node 'y' (RestoreV2)", "no files came with the model"});
  for (const char* op : {"ReadFile", "MatchingFiles"}) {
    if (FindOp(op) == nullptr) continue;
    ExpectError(StatusOf(text + NodeText("y", op, "s"), "y"), Code::kFailedPrecondition,
                {"node 'y'", op, "no files came with the model"});
  }
}

TEST(HostileGraph, B24_VariablesBelongToTheirSession) {
  const std::string text =
      NodeText("v", "VarHandleOp", "",
               TypeText("dtype") + AttrText("shape", "shape {}") + AttrText("shared_name", "s: 'same'")) +
      kFloatFeed + NodeText("set", "AssignVariableOp", "v x", TypeText("dtype")) +
      NodeText("y", "ReadVariableOp", "v", TypeText("dtype")) + kVersionsText;
  auto model = LoadText(text), other = LoadText(text);
  ASSERT_TRUE(model.ok() && other.ok());
  auto first = Session::Create(*model), second = Session::Create(*model), third = Session::Create(*other);
  ASSERT_TRUE((*first)->Run({{"x", Tensor::Scalar<float>(7)}}, {}, {"set"}).ok());
  EXPECT_EQ((*(*first)->Run({}, {"y"}))[0].data<float>()[0], 7.0f);
  for (auto* session : {&second, &third}) {
    ExpectError((**session)->Run({}, {"y"}).status(), Code::kFailedPrecondition, {"before it had a value"});
  }
  // One name, two types.
  const std::string two =
      text +
      NodeText("w", "VarHandleOp", "",
               TypeText("dtype", "DT_INT32") + AttrText("shape", "shape {}") + AttrText("shared_name", "s: 'same'")) +
      NodeText("z", "ReadVariableOp", "w", TypeText("dtype", "DT_INT32"));
  auto both = Session::Create(*LoadText(two));
  ASSERT_TRUE((*both)->Run({{"x", Tensor::Scalar<float>(7)}}, {}, {"set"}).ok());
  ExpectError((*both)->Run({}, {"z"}).status(), Code::kInvalidArgument, {"'same'", "float32", "int32"});
}

TEST(HostileGraph, B25_ConstantsThatCannotBeFolded) {
  const Within limit(5);
  Running running;
  running.session.memory_budget_bytes = size_t{64} << 20;
  // 2^34 floats by an operator, and one that would fail.
  const std::string huge = IntsText("dims", {1 << 17, 1 << 17}) + FloatText("c") +
                           NodeText("f", "Fill", "dims c", TypeText() + TypeText("index_type", "DT_INT32"));
  ExpectError(StatusOf(huge + NodeText("y", "Neg", "f", TypeText()), "y", running), Code::kResourceExhausted,
              {"budget"});
  const std::string zero =
      IntText("zero", 0) + IntText("one", 1) + NodeText("d", "FloorDiv", "one zero", TypeText("T", "DT_INT32"));
  ExpectError(StatusOf(zero + NodeText("y", "Neg", "d", TypeText("T", "DT_INT32")), "y", running),
              Code::kInvalidArgument, {"node 'd' (FloorDiv)"});
  // On the side that is not taken neither is an error.
  const std::string branch = kFloatFeed + FeedText("p", "DT_BOOL") + huge + NodeText("s", "Switch", "x p", TypeText()) +
                             NodeText("t", "Add", "s:1 f", TypeText()) + NodeText("e", "Neg", "s", TypeText()) +
                             NodeText("y", "Merge", "e u", TypeText() + AttrText("N", "i: 2")) +
                             NodeText("u", "Sum", "t axes", TypeText() + TypeText("Tidx", "DT_INT32")) +
                             IntsText("axes", {0, 1});
  running.feeds = {{"x", Tensor::Scalar<float>(1)}, {"p", Tensor::Scalar<bool>(false)}};
  const auto result = RunText(branch, "y", running);
  EXPECT_TRUE(result.ok() || result.status().code() == Code::kResourceExhausted) << result.status().ToString();
}

}  // namespace
}  // namespace rivulet
