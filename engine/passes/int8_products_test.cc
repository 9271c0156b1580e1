#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

const std::vector<std::string_view> kPasses = {"drop_identity", "fold_constants", "int8_levels", "int8_moves",
                                               "int8_products", "int8_sums",      "fold_weights"};

constexpr char kInput[] = R"(
x = Placeholder() {dtype=float32, shape=shape[1,4,4,2]}
lo = Const() {dtype=float32, value=float32[]{-1}}
hi = Const() {dtype=float32, value=float32[]{1.55}}
q = FakeQuantWithMinMaxVars(x, lo, hi) {num_bits=8, narrow_range=false}
)";
constexpr char kWeights[] = R"(
w = Const() {dtype=float32, value=float32[1,1,2,2]{-1.27, 0.64, 0.02, -0.02}}
wl = Const() {dtype=float32, value=float32[2]{-1.27, -2.54}}
wh = Const() {dtype=float32, value=float32[2]{1.27, 2.54}}
f = FakeQuantWithMinMaxVarsPerChannel(w, wl, wh) {num_bits=8, narrow_range=true}
)";
constexpr char kConv[] = R"(
c = Conv2D(q, f) {T=float32, strides=ints[1, 1, 1, 1], padding="VALID"}
k = Const() {dtype=float32, value=float32[2]{0.5, -1}}
b = BiasAdd(c, k) {T=float32}
r = Relu6(b) {T=float32}
ol = Const() {dtype=float32, value=float32[]{0}}
oh = Const() {dtype=float32, value=float32[]{12.75}}
y = FakeQuantWithMinMaxVars(r, ol, oh) {num_bits=8, narrow_range=false}
)";

const Node* Find(const Rewritten& out, std::string_view op) {
  for (const Node& node : out.graph.nodes()) {
    if (node.op == op) return &node;
  }
  return nullptr;
}

TEST(Int8Products, AConvolutionBetweenFakeQuantsIsOneStep) {
  const Rewritten out = Rewrite(std::string(kInput) + kWeights + kConv, kPasses, "y");
  EXPECT_EQ(out.Root().op, "_Int8Dequantize");
  const Node* conv = Find(out, "_Int8Conv2D");
  ASSERT_NE(conv, nullptr) << PrintGraph(out.graph);
  EXPECT_EQ(out.Count("_Int8Quantize"), 1);
  EXPECT_EQ(out.Count("Relu6") + out.Count("BiasAdd") + out.Count("Conv2D"), 0);
  const Tensor& codes = out.graph.fact(conv->inputs[1]).value;
  ASSERT_TRUE(codes.valid());
  EXPECT_EQ(std::vector<int8_t>(codes.data<int8_t>(), codes.data<int8_t>() + 4),
            (std::vector<int8_t>{-127, 32, 2, -1}));
  // Steps: 0.01 of the input, 0.01 and 0.02 of the weights, 0.05 of the output.
  const std::vector<float> multiply = ConstValues(out.graph, conv->inputs[2]),
                           add = ConstValues(out.graph, conv->inputs[3]);
  EXPECT_NEAR(multiply[0], 0.01 * 0.01 / 0.05, 1e-8);
  EXPECT_NEAR(multiply[1], 0.01 * 0.02 / 0.05, 1e-8);
  EXPECT_NEAR(add[0], 10, 1e-4);
  EXPECT_NEAR(add[1], -20, 1e-4);
  EXPECT_EQ(*conv->attrs.Get<int64_t>("zero"), 100);
  EXPECT_EQ(*conv->attrs.Get<float>("high"), 120);  // 6 in steps
}

TEST(Int8Products, TheLastSumsBecomeFloats) {
  const Rewritten out = Rewrite(std::string(kInput) + kWeights +
                                    "c = Conv2D(q, f) {T=float32, strides=ints[1, 1, 1, 1], padding=\"VALID\"}\n"
                                    "y = Softmax(c) {T=float32}\n",
                                kPasses, "y");
  EXPECT_EQ(out.Count("_Int8Conv2D"), 1);
  EXPECT_EQ(out.Count("_Int8Dequantize"), 0);
}

TEST(Int8Products, CodesOfTheFileAreTakenAsTheyAre) {
  const std::string weights = R"(
w = Const() {dtype=qint8, value=qint8[1,1,2,2]{-127, 32, 2, -1}}
wl = Const() {dtype=float32, value=float32[2]{-1.27, -2.54}}
wh = Const() {dtype=float32, value=float32[2]{1.27, 2.54}}
f = Dequantize(w, wl, wh) {T=qint8, mode="SCALED", axis=3, narrow_range=true}
)";
  const Rewritten out = Rewrite(std::string(kInput) + weights + kConv, kPasses, "y");
  const Node* conv = Find(out, "_Int8Conv2D");
  ASSERT_NE(conv, nullptr) << PrintGraph(out.graph);
  EXPECT_NEAR(ConstValues(out.graph, conv->inputs[2])[1], 0.01 * 0.02 / 0.05, 1e-8);
}

TEST(Int8Products, WeightsFarFromZeroStayFloat) {
  const std::string weights = R"(
w = Const() {dtype=float32, value=float32[1,1,2,2]{-1, 2, 0.02, -0.02}}
wl = Const() {dtype=float32, value=float32[]{-0.1}}
wh = Const() {dtype=float32, value=float32[]{2}}
f = FakeQuantWithMinMaxVars(w, wl, wh) {num_bits=8, narrow_range=true}
)";
  const Rewritten out = Rewrite(std::string(kInput) + weights + kConv, kPasses, "y");
  EXPECT_EQ(out.Count("_Int8Conv2D"), 0);
  EXPECT_EQ(out.Count("Conv2D"), 1);
  EXPECT_EQ(out.Count("FakeQuantWithMinMaxVars"), 0);  // folded after all
}

TEST(Int8Products, APadOfZerosIsTheConvolutionsOwn) {
  const std::string text = std::string(kInput) + kWeights + R"(
p = Const() {dtype=int32, value=int32[4,2]{0, 0, 1, 0, 2, 1, 0, 0}}
d = Pad(q, p) {T=float32, Tpaddings=int32}
c = Conv2D(d, f) {T=float32, strides=ints[1, 1, 1, 1], padding="VALID"}
y = Softmax(c) {T=float32}
)";
  const Rewritten out = Rewrite(text, kPasses, "y");
  const Node* conv = Find(out, "_Int8Conv2D");
  ASSERT_NE(conv, nullptr) << PrintGraph(out.graph);
  EXPECT_EQ(out.Count("PadV2"), 0);
  EXPECT_EQ((*conv->attrs.Get<std::shared_ptr<const AttrList>>("explicit_paddings"))->ints,
            (std::vector<int64_t>{0, 0, 1, 0, 2, 1, 0, 0}));
}

TEST(Int8Moves, APadOfWhatIsNotYetCodesGoesBehindThem) {
  const std::string text = std::string(kInput) + kWeights + R"(
c = Conv2D(q, f) {T=float32, strides=ints[1, 1, 1, 1], padding="VALID"}
p = Const() {dtype=int32, value=int32[4,2]{0, 0, 1, 0, 2, 1, 0, 0}}
d = Pad(c, p) {T=float32, Tpaddings=int32}
hi2 = Const() {dtype=float32, value=float32[]{7.65}}
lo2 = Const() {dtype=float32, value=float32[]{-5.1}}
y = FakeQuantWithMinMaxVars(d, lo2, hi2) {num_bits=8, narrow_range=false}
z = Conv2D(y, f) {T=float32, strides=ints[1, 1, 1, 1], padding="VALID"}
)";
  const Rewritten out = Rewrite(text, kPasses, "z");
  EXPECT_EQ(out.Count("_Int8Conv2D"), 2) << PrintGraph(out.graph);
  EXPECT_EQ(out.Count("_Int8Quantize"), 1);
  EXPECT_EQ(out.Count("PadV2"), 0);
  ExpectTheSameBits(std::string(kInput) + R"(
s = Tanh(x) {T=float32}
p = Const() {dtype=int32, value=int32[4,2]{0, 0, 1, 0, 2, 1, 0, 0}}
d = Pad(s, p) {T=float32, Tpaddings=int32}
f = FakeQuantWithMinMaxVars(d, lo, hi) {num_bits=8, narrow_range=false}
y = MaxPool(f) {T=float32, ksize=ints[1, 2, 2, 1], strides=ints[1, 1, 1, 1], padding="VALID"}
)",
                    Numbers({1, 4, 4, 2}, 3));
}

TEST(Int8Levels, FakeQuantsWithNothingNextToThemStay) {
  const Rewritten out = Rewrite(std::string(kInput) + "y = Tanh(q) {T=float32}\n", kPasses, "y");
  EXPECT_EQ(out.Count("FakeQuantWithMinMaxVars"), 1);
}

TEST(Int8Moves, CodesGoThroughWhatOnlyMoves) {
  const Rewritten out = Rewrite(std::string(kInput) + R"(
s = Const() {dtype=int32, value=int32[2]{2, -1}}
m = MaxPool(q) {T=float32, ksize=ints[1, 2, 2, 1], strides=ints[1, 2, 2, 1], padding="VALID"}
t = Reshape(m, s) {T=float32, Tshape=int32}
y = FakeQuantWithMinMaxVars(t, lo, hi) {num_bits=8, narrow_range=false}
)",
                                kPasses, "y");
  EXPECT_EQ(out.Root().op, "_Int8Dequantize");
  EXPECT_EQ(out.Count("_Int8Quantize"), 1);
  EXPECT_EQ(out.graph.fact(out.Root().inputs[0]).dtype, DType::kUint8);
}

TEST(Int8Moves, AFunctionOfOneElementIsATable) {
  const Rewritten out = Rewrite(std::string(kInput) + R"(
m = MaxPool(q) {T=float32, ksize=ints[1, 2, 2, 1], strides=ints[1, 2, 2, 1], padding="VALID"}
s = Sigmoid(m) {T=float32}
o = Const() {dtype=float32, value=float32[]{0}}
e = FakeQuantWithMinMaxVars(s, o, hi) {num_bits=8, narrow_range=false}
y = MaxPool(e) {T=float32, ksize=ints[1, 2, 2, 1], strides=ints[1, 2, 2, 1], padding="VALID"}
)",
                                kPasses, "y");
  const Node* lookup = Find(out, "_Int8Lookup");
  ASSERT_NE(lookup, nullptr) << PrintGraph(out.graph);
  EXPECT_EQ(out.Count("Sigmoid"), 0);
  // Code 100 is 0, whose sigmoid is 1/2: of steps of 1.55 / 255.
  EXPECT_EQ(out.graph.fact(lookup->inputs[1]).value.data<uint8_t>()[100], 82);
}

TEST(Int8Moves, AFunctionInSeveralOperatorsIsOneTable) {
  // A hard swish.
  const Rewritten out = Rewrite(std::string(kInput) + R"(
m = MaxPool(q) {T=float32, ksize=ints[1, 2, 2, 1], strides=ints[1, 2, 2, 1], padding="VALID"}
three = Const() {dtype=float32, value=float32[]{3}}
sixth = Const() {dtype=float32, value=float32[]{0.16666667}}
a = AddV2(m, three) {T=float32}
r = Relu6(a) {T=float32}
g = Mul(r, sixth) {T=float32}
s = Mul(m, g) {T=float32}
e = FakeQuantWithMinMaxVars(s, lo, hi) {num_bits=8, narrow_range=false}
y = MaxPool(e) {T=float32, ksize=ints[1, 2, 2, 1], strides=ints[1, 2, 2, 1], padding="VALID"}
)",
                                kPasses, "y");
  const Node* lookup = Find(out, "_Int8Lookup");
  ASSERT_NE(lookup, nullptr) << PrintGraph(out.graph);
  EXPECT_EQ(out.Count("Mul") + out.Count("Relu6"), 0);
  // Code 200 is 1, whose hard swish is 2/3: 67 steps.
  EXPECT_EQ(out.graph.fact(lookup->inputs[1]).value.data<uint8_t>()[200], 167);
}

TEST(Int8Moves, AFunctionOfTwoArraysIsNoTable) {
  const Rewritten out = Rewrite(std::string(kInput) + R"(
m = MaxPool(q) {T=float32, ksize=ints[1, 3, 3, 1], strides=ints[1, 1, 1, 1], padding="SAME"}
s = Maximum(m, q) {T=float32}
e = FakeQuantWithMinMaxVars(s, lo, hi) {num_bits=8, narrow_range=false}
y = MaxPool(e) {T=float32, ksize=ints[1, 2, 2, 1], strides=ints[1, 2, 2, 1], padding="VALID"}
)",
                                kPasses, "y");
  EXPECT_EQ(out.Count("_Int8Lookup"), 0);
  EXPECT_EQ(out.Count("Maximum"), 1);
}

TEST(Int8Moves, PartsOfCodesAreCodes) {
  const Rewritten out = Rewrite(std::string(kInput) + R"(
axis = Const() {dtype=int32, value=int32[]{3}}
p = Split(axis, q) {T=float32, num_split=2}
b = Const() {dtype=int32, value=int32[4]{0, 1, 0, 0}}
t = Const() {dtype=int32, value=int32[4]{1, 2, 4, 1}}
z = Slice(p:1, b, t) {T=float32, Index=int32}
y = FakeQuantWithMinMaxVars(z, lo, hi) {num_bits=8, narrow_range=false}
w = MaxPool(y) {T=float32, ksize=ints[1, 1, 1, 1], strides=ints[1, 1, 1, 1], padding="SAME"}
)",
                                kPasses, "w");
  EXPECT_EQ(out.Root().op, "_Int8Dequantize") << PrintGraph(out.graph);
  EXPECT_EQ(out.Count("_Int8Quantize"), 1);
  EXPECT_EQ(out.Count("_Int8Dequantize"), 1);
}

TEST(Int8Sums, ANumberForEachChannelIsMultiplied) {
  const Rewritten out = Rewrite(std::string(kInput) + R"(
axes = Const() {dtype=int32, value=int32[2]{1, 2}}
m = Mean(q, axes) {T=float32, Tidx=int32, keep_dims=true}
f = FakeQuantWithMinMaxVars(m, lo, hi) {num_bits=8, narrow_range=false}
p = Mul(f, q) {T=float32}
y = FakeQuantWithMinMaxVars(p, lo, hi) {num_bits=8, narrow_range=false}
)",
                                kPasses, "y");
  const Node* mul = Find(out, "_Int8Mul");
  ASSERT_NE(mul, nullptr) << PrintGraph(out.graph);
  EXPECT_EQ(out.graph.fact(mul->inputs[0]).shape, (Shape{1, 4, 4, 2}));  // the larger first
  EXPECT_NEAR(*mul->attrs.Get<float>("factor"), 0.01, 1e-6);
}

TEST(Int8Sums, SumsAndMeansOfCodes) {
  const Rewritten out = Rewrite(std::string(kInput) + R"(
n = MaxPool(q) {T=float32, ksize=ints[1, 3, 3, 1], strides=ints[1, 1, 1, 1], padding="SAME"}
a = AddV2(q, n) {T=float32}
f = FakeQuantWithMinMaxVars(a, lo, hi) {num_bits=8, narrow_range=false}
axes = Const() {dtype=int32, value=int32[2]{-2, 1}}
m = Mean(f, axes) {T=float32, Tidx=int32, keep_dims=false}
y = FakeQuantWithMinMaxVars(m, lo, hi) {num_bits=8, narrow_range=false}
)",
                                kPasses, "y");
  EXPECT_EQ(out.Count("_Int8Add"), 1) << PrintGraph(out.graph);
  EXPECT_EQ(out.Count("_Int8AvgPool"), 1);
  EXPECT_EQ(out.graph.fact(out.roots[0]).shape, (Shape{1, 2}));
}

// The image has other sizes from run to run, and nobody can know them before.
TEST(Int8Products, ShapesMayBeFoundInTheRun) {
  if (FindOp("ResizeNearestNeighbor") == nullptr) GTEST_SKIP();
  const std::string text =
      Replaced(Replaced(std::string(kInput) + kWeights + kConv, "shape=shape[1,4,4,2]}",
                        "shape=shape[1,2,2,2]}\nsize = Placeholder() {dtype=int32, shape=shape[2]}\n"
                        "large = ResizeNearestNeighbor(x, size) {T=float32}"),
               "FakeQuantWithMinMaxVars(x, lo", "FakeQuantWithMinMaxVars(large, lo");
  EXPECT_EQ(Rewrite(text, kPasses, "y").Count("_Int8Conv2D"), 1);
  const std::vector<float> pixels = {-0.9f, 0.3f, 1.2f, -0.1f, 0.55f, 0, 1.5f, 0.8f};
  for (const std::vector<int32_t>& size : {std::vector<int32_t>{4, 4}, {3, 5}}) {
    std::vector<Tensor> results;
    for (const bool passes : {false, true}) {
      SessionOptions options;
      options.passes = passes;
      auto session = Session::Create(ModelOf(text), options);
      ASSERT_TRUE(session.ok()) << session.status().ToString();
      auto result = (*session)->Run(
          {{"x", Tensor::Of<float>({1, 2, 2, 2}, pixels)}, {"size", Tensor::Of<int32_t>({2}, size)}}, {"y"});
      ASSERT_TRUE(result.ok()) << result.status().ToString();
      results.push_back((*result)[0]);
    }
    ASSERT_EQ(results[0].shape(), results[1].shape());
    for (int64_t i = 0; i < results[0].num_elements(); ++i) {
      EXPECT_NEAR(results[0].data<float>()[i], results[1].data<float>()[i], 0.0501) << i;  // a step
    }
  }
}

}  // namespace
}  // namespace rivulet
