#include "engine/run/pieces.h"

#include <gtest/gtest.h>

#include "engine/graph/text_form.h"
#include "engine/ops/infer.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

// Where the pieces of node y begin; empty where they are not stretches.
std::vector<int64_t> PlacesIn(const std::string& text) {
  auto graph = ParseGraph(text);
  if (!graph.ok()) {
    ADD_FAILURE() << graph.status().ToString();
    return {};
  }
  for (Node& node : graph->nodes()) node.def = FindOp(node.op);
  const auto allocator = Allocator::Create();
  const Status inferred = InferGraph(*graph, *allocator, {}, true);
  EXPECT_TRUE(inferred.ok()) << inferred.ToString();
  const auto pieces = PiecesOf(*graph, graph->node(graph->Find("y")));
  return pieces ? pieces->at : std::vector<int64_t>();
}

using Places = std::vector<int64_t>;

std::string Feed(const std::string& name, const std::string& dims) {
  return name + " = Placeholder() {dtype=float32, shape=shape[" + dims + "]}\n";
}
std::string Ints(const std::string& name, const std::string& type) {
  return name + " = Const() {dtype=int32, value=int32" + type + "}\n";
}

TEST(Pieces, OfConcatAndPackFollowOneAnother) {
  const std::string two = Feed("a", "1,2,3") + Feed("b", "1,4,3");
  EXPECT_EQ(PlacesIn(two + Ints("i", "[]{1}") + "y = ConcatV2(a, b, i) {T=float32, N=2}\n"), (Places{0, 6}));
  EXPECT_EQ(PlacesIn(two + Ints("i", "[]{-2}") + "y = Concat(i, a, b) {T=float32, N=2}\n"), (Places{0, 6}));
  // Along the last axis there are two rows.
  const std::string rows = Feed("a", "1,2,3") + Feed("b", "1,2,4");
  EXPECT_EQ(PlacesIn(rows + Ints("i", "[]{2}") + "y = ConcatV2(a, b, i) {T=float32, N=2}\n"), Places());
  EXPECT_EQ(PlacesIn(Feed("a", "5") + "y = Pack(a, a, a) {T=float32, N=3, axis=0}\n"), (Places{0, 5, 10}));
  EXPECT_EQ(PlacesIn(Feed("a", "5") + "y = Pack(a, a) {T=float32, N=2, axis=1}\n"), Places());
  EXPECT_EQ(PlacesIn(Feed("a", "?,3") + Ints("i", "[]{0}") + "y = ConcatV2(a, a, i) {T=float32, N=2}\n"), Places());
}

TEST(Pieces, OfSplitsFollowOneAnother) {
  const std::string x = Feed("x", "1,6,2");
  EXPECT_EQ(PlacesIn(x + Ints("i", "[]{1}") + "y = Split(i, x) {T=float32, num_split=3}\n"), (Places{0, 4, 8}));
  EXPECT_EQ(PlacesIn(x + Ints("i", "[]{2}") + "y = Split(i, x) {T=float32, num_split=2}\n"), Places());
  EXPECT_EQ(PlacesIn(x + Ints("i", "[]{1}") + Ints("s", "[3]{1, -1, 2}") +
                     "y = SplitV(x, s, i) {T=float32, num_split=3, Tlen=int32}\n"),
            (Places{0, 2, 8}));
  EXPECT_EQ(PlacesIn(x + "y = Unpack(x) {T=float32, num=6, axis=1}\n"), (Places{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(PlacesIn(x + "y = Unpack(x) {T=float32, num=2, axis=2}\n"), Places());
  EXPECT_EQ(
      PlacesIn(x + "i = Placeholder() {dtype=int32, shape=shape[]}\n" + "y = Split(i, x) {T=float32, num_split=1}\n"),
      Places());
}

TEST(Pieces, OfSlicesAreOneStretch) {
  const std::string x = Feed("x", "3,4,5");
  const auto slice = [&](const std::string& begin, const std::string& size) {
    return PlacesIn(x + Ints("b", "[3]{" + begin + "}") + Ints("s", "[3]{" + size + "}") +
                    "y = Slice(x, b, s) {T=float32, Index=int32}\n");
  };
  EXPECT_EQ(slice("1, 0, 0", "2, 4, 5"), (Places{20}));
  EXPECT_EQ(slice("1, 2, 0", "1, 2, -1"), (Places{30}));
  EXPECT_EQ(slice("2, 3, 1", "1, 1, 2"), (Places{56}));
  EXPECT_EQ(slice("1, 2, 0", "2, 2, -1"), Places());
  EXPECT_EQ(slice("1, 2, 0", "1, 2, 4"), Places());
  EXPECT_EQ(slice("1, 2, 0", "0, 2, 5"), Places());
  const auto strided = [&](const std::string& begin, const std::string& end, const std::string& strides,
                           const std::string& masks) {
    return PlacesIn(x + Ints("b", "[2]{" + begin + "}") + Ints("e", "[2]{" + end + "}") +
                    Ints("s", "[2]{" + strides + "}") + "y = StridedSlice(x, b, e, s) {T=float32, Index=int32" + masks +
                    "}\n");
  };
  EXPECT_EQ(strided("-1, 1", "0, 3", "1, 1", ", shrink_axis_mask=1"), (Places{45}));
  EXPECT_EQ(strided("1, 0", "3, 0", "1, 1", ", end_mask=2"), (Places{20}));
  EXPECT_EQ(strided("1, 0", "2, 4", "1, 2", ""), Places());
  EXPECT_EQ(strided("2, 0", "0, 4", "-1, 1", ""), Places());
  EXPECT_EQ(strided("0, 0", "2, 3", "1, 1", ""), Places());
}

// ---- in plans ----

struct Outcome {
  std::vector<std::vector<float>> values;
  int64_t steps = 0;
};

Outcome RunOf(const std::string& text, const std::vector<std::string>& fetches, bool passes) {
  SessionOptions options;
  options.passes = passes;
  Outcome outcome;
  auto session = Session::Create(ModelOf(text), options);
  EXPECT_TRUE(session.ok()) << session.status().ToString();
  std::vector<float> x(24);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) - 11.5f;
  const Feeds feeds = {{"x", Tensor::Of<float>({1, 6, 4}, x)}};
  const auto stats = (*session)->Prepare(feeds, fetches);
  EXPECT_TRUE(stats.ok()) << stats.status().ToString();
  if (stats.ok()) outcome.steps = stats->num_steps;
  for (int run = 0; run < 2; ++run) {
    const auto results = (*session)->Run(feeds, fetches);
    EXPECT_TRUE(results.ok()) << results.status().ToString();
    if (!results.ok()) continue;
    outcome.values.clear();
    for (const Tensor& tensor : *results) {
      outcome.values.emplace_back(tensor.data<float>(), tensor.data<float>() + tensor.num_elements());
    }
  }
  return outcome;
}

// Runs with and without passes: the same values. Returns the steps with them.
int64_t StepsOf(const std::string& body, const std::vector<std::string>& fetches) {
  const std::string text = Feed("x", "1,6,4") + Ints("one", "[]{1}") + Ints("two", "[]{2}") + body;
  const Outcome plain = RunOf(text, fetches, false);
  const Outcome shared = RunOf(text, fetches, true);
  EXPECT_EQ(shared.values, plain.values) << body;
  return shared.steps;
}

// Operators that no pass joins with another.
std::string Step(const std::string& name, const std::string& of) {
  return name + " = Cumsum(" + of + ", one) {T=float32, Tidx=int32}\n";
}
std::string Split(const std::string& name, const std::string& of, int count) {
  return name + " = Split(one, " + of + ") {T=float32, num_split=" + std::to_string(count) + "}\n";
}
std::string Concat(const std::string& name, const std::string& inputs, int count) {
  return name + " = ConcatV2(" + inputs + ", one) {T=float32, N=" + std::to_string(count) + "}\n";
}

TEST(SharedPieces, SplitsAreNoSteps) {
  EXPECT_EQ(StepsOf(Step("a", "x") + Split("s", "a", 3) + Step("p", "s:0") + Step("q", "s:2"), {"p", "q", "s:1"}), 3);
  // A feed is the caller's memory.
  EXPECT_EQ(StepsOf(Split("s", "x", 3) + Step("p", "s:2"), {"p"}), 2);
}

TEST(SharedPieces, ConcatsAreNoSteps) {
  const std::string parts = Split("s", "x", 2) + Step("a", "s:0") + Step("b", "s:1");
  EXPECT_EQ(StepsOf(parts + Concat("c", "b, a", 2) + Step("y", "c"), {"y"}), 4);
  EXPECT_EQ(StepsOf(parts + Concat("c", "b, a", 2) + Step("y", "c"), {"y", "a", "c"}), 4);
  // One within another.
  EXPECT_EQ(StepsOf(parts + Concat("c", "b, a", 2) + Step("d", "x") + Concat("e", "d, c", 2) + Step("y", "e"), {"y"}),
            5);
  // Reshaped pieces are their memory, too.
  EXPECT_EQ(StepsOf(parts + Ints("shape", "[3]{1, 6, 2}") + "r = Reshape(a, shape) {T=float32, Tshape=int32}\n" +
                        "t = Reshape(b, shape) {T=float32, Tshape=int32}\n" + Concat("c", "r, t", 2) + Step("y", "c"),
                    {"y"}),
            4);
}

TEST(SharedPieces, WhatCannotLieThereIsCopied) {
  const std::string parts = Split("s", "x", 2) + Step("a", "s:0") + Step("b", "s:1");
  // A piece twice, one in two wholes, one that is part of another tensor, one whose step reads another piece.
  EXPECT_EQ(StepsOf(parts + Concat("c", "a, b, a", 3) + Step("y", "c"), {"y"}), 5);
  EXPECT_EQ(
      StepsOf(parts + Concat("c", "a, b", 2) + Concat("d", "b, a", 2) + Step("y", "c") + Step("z", "d"), {"y", "z"}),
      6);
  EXPECT_EQ(StepsOf(Step("a", "x") + Split("s", "a", 2) + Concat("c", "s:1, s:0", 2) + Step("y", "c"), {"y"}), 3);
  EXPECT_EQ(StepsOf(parts + Step("n", "a") + Concat("c", "a, n, b", 3) + Step("y", "c"), {"y", "b"}), 6);
  // Along an axis with rows of other pieces between.
  EXPECT_EQ(StepsOf(parts + "c = ConcatV2(a, b, two) {T=float32, N=2}\n" + Step("y", "c"), {"y"}), 5);
}

// The blocks of densely connected networks: each layer's output is joined with what all layers before have made.
std::string Layer(const std::string& name, const std::string& of, int channels) {
  std::string values;
  for (int i = 0; i < channels; ++i) values += (i == 0 ? "" : ", ") + std::to_string(i % 3 + 1);
  const std::string constant = " = Const() {dtype=float32, value=float32[" + std::to_string(channels) + "]{" + values;
  return name + "s" + constant + "}}\n" + name + "m = Mul(" + of + ", " + name + "s) {T=float32}\n" + name +
         "a = AddV2(" + name + "m, " + name + "s) {T=float32}\n" + name + "r = Relu(" + name + "a) {T=float32}\n" +
         Step(name, name + "r");
}
std::string Beside(const std::string& name, const std::string& inputs) {
  return name + " = ConcatV2(" + inputs + ", two) {T=float32, N=2}\n";
}
std::string Block() {
  return Step("a", "x") + Layer("f", "a", 4) + Beside("c", "a, f") + Layer("g", "c", 8) + Beside("d", "c, g") +
         Layer("h", "d", 16) + Beside("e", "h, d");
}

TEST(SharedRows, OfDenseBlocks) {
  StepsOf(Block() + Step("y", "e"), {"y"});
  StepsOf(Block() + Layer("y", "e", 32), {"y"});
  // Of another axis, which has fewer rows.
  StepsOf(Block() + Concat("k", "e, e", 2) + Step("y", "k"), {"y"});
  StepsOf(Block() + Beside("k", "e, e") + Step("y", "k"), {"y"});
}

TEST(SharedRows, WhatElseReadsThemGetsThemWhole) {
  StepsOf(Block() + Step("y", "e"), {"y", "c"});
  StepsOf(Block() + Step("y", "e") + Step("z", "d"), {"y", "z"});
  StepsOf(Block() + Step("y", "e") + Split("s", "c", 2) + Step("z", "s:1"), {"y", "z"});
  // A chain that goes over other rows than those of the block.
  StepsOf(Block() + Step("y", "e") + "t = Const() {dtype=float32, value=float32[6,1]{1, 2, 3, 4, 5, 6}}\n" +
              "n = Sub(c, t) {T=float32}\nq = Relu(n) {T=float32}\n" + Step("z", "q"),
          {"y", "z"});
}

// A tensor may be read long after another piece, and an element-wise operator must not write over it.
TEST(SharedPieces, LiveAsLongAsTheWhole) {
  StepsOf(Step("a", "x") + Split("s", "a", 2) + "r = Relu(s:0) {T=float32}\n" + Step("p", "r") + Step("q", "p") +
              Step("u", "q") + Concat("c", "s:1, u", 2) + Step("y", "c"),
          {"y"});
  StepsOf(Step("a", "x") + Step("b", "a") + Concat("c", "a, b", 2) + "r = Relu(a) {T=float32}\n" + Step("p", "r") +
              Step("y", "c") + Concat("d", "p, y", 2),
          {"d", "y"});
  StepsOf(Split("s", "x", 2) + Step("a", "s:0") + Step("b", "s:1") + Concat("c", "a, b", 2) +
              "r = Relu(a) {T=float32}\n" + Step("y", "r") + Step("z", "c"),
          {"y", "z"});
}

}  // namespace
}  // namespace rivulet
