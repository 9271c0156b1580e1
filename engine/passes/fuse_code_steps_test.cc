#include <cstring>

#include "engine/base/small.h"
#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

const std::vector<std::string_view> kPasses = {"drop_identity", "drop_waits", "fold_constants", "fuse_code_steps"};

constexpr char kFloats[] = R"(
x = Placeholder() {dtype=float32, shape=shape[1,6,5,3]}
all = Const() {dtype=int32, value=int32[1]{-1}}
axis = Const() {dtype=int32, value=int32[1]{0}}
flat = Reshape(x, all) {T=float32, Tshape=int32}
lo = Min(flat, axis) {T=float32, Tidx=int32, keep_dims=false}
hi = Max(flat, axis) {T=float32, Tidx=int32, keep_dims=false}
q = QuantizeV2(x, lo, hi) {T=quint8, mode="MIN_FIRST"}
)";
constexpr char kProduct[] = R"(
w = Const() {dtype=quint8, value=quint8[1,1,3,4]{0, 255, 3, 140, 90, 200, 7, 66, 128, 31, 255, 12}}
wl = Const() {dtype=float32, value=float32[]{-0.8}}
wh = Const() {dtype=float32, value=float32[]{1.1}}
s = QuantizedConv2D(q, w, q:1, q:2, wl, wh) {Tinput=quint8, Tfilter=quint8, out_type=qint32, strides=ints[1, 1, 1, 1], padding="SAME"}
r = RequantizationRange(s, s:1, s:2) {Tinput=qint32}
least = Const() {dtype=float32, value=float32[]{0.000001}}
m = Maximum(r:1, least) {T=float32}
n = Requantize(s, s:1, s:2, r, m) {Tinput=qint32, out_type=quint8}
)";
// `n`, then an operator with codes of the channels, then `t`.
constexpr char kBias[] = R"(
b = Const() {dtype=quint8, value=quint8[4]{0, 200, 99, 255}}
bl = Const() {dtype=float32, value=float32[]{-2}}
bh = Const() {dtype=float32, value=float32[]{1.5}}
a = QuantizedAdd(n, b, n:1, n:2, bl, bh) {T1=quint8, T2=quint8, Toutput=qint32}
ar = RequantizationRange(a, a:1, a:2) {Tinput=qint32}
t = Requantize(a, a:1, a:2, ar, ar:1) {Tinput=qint32, out_type=quint8}
)";
constexpr char kEnd[] = R"(
v = QuantizedRelu6(t, t:1, t:2) {Tinput=quint8, out_type=quint8}
y = Dequantize(v, v:1, v:2) {T=quint8, mode="MIN_FIRST"}
)";

const std::string kWhole = std::string(kFloats) + kProduct + kBias + kEnd;

class FuseCodeSteps : public testing::Test {
 protected:
  void SetUp() override {
    if (FindOp("QuantizedConv2D") == nullptr || FindOp("Requantize") == nullptr) GTEST_SKIP();
  }
  void ExpectTheSame(const std::string& text) {
    ExpectTheSameBits(text, Numbers({1, 6, 5, 3}, 7));
    ExpectTheSameBits(text, Numbers({1, 6, 5, 3}, 0));  // all alike
  }
};

TEST_F(FuseCodeSteps, AProductAndWhatFollowsIsOneStep) {
  const Rewritten out = Rewrite(kWhole, kPasses, "y");
  EXPECT_EQ(out.Root().op, "_QuantizedConv2DSteps") << PrintGraph(out.graph);
  EXPECT_EQ(out.Count("_CodeSteps"), 1);
  EXPECT_EQ(out.Count("Requantize") + out.Count("RequantizationRange") + out.Count("QuantizeV2") + out.Count("Min"), 0);
  ExpectTheSame(kWhole);
}

TEST_F(FuseCodeSteps, RangesMayBeGiven) {
  std::string text = Replaced(kWhole, "n = Requantize(s, s:1, s:2, r, m)", "n = Requantize(s, s:1, s:2, bl, bh)");
  text = Replaced(Replaced(text, "r = RequantizationRange(s, s:1, s:2) {Tinput=qint32}\n", ""),
                  "m = Maximum(r:1, least) {T=float32}\n", "");
  for (const char* name : {"bl", "bh"}) {  // before they are used
    const size_t at = text.find(std::string(name) + " = Const");
    const std::string line = text.substr(at, text.find('\n', at) + 1 - at);
    text = line + Replaced(text, line, "");
  }
  const Rewritten out = Rewrite(text, kPasses, "y");
  EXPECT_EQ(out.Root().op, "_QuantizedConv2DSteps") << PrintGraph(out.graph);
  ExpectTheSame(text);
  // Far less than the sums need, and nothing.
  ExpectTheSame(Replaced(Replaced(text, "float32[]{-2}", "float32[]{-0.001}"), "float32[]{1.5}", "float32[]{0.002}"));
}

TEST_F(FuseCodeSteps, EveryStepOfChannels) {
  const std::string attrs = "{T1=quint8, T2=quint8, Toutput=qint32}";
  ExpectTheSame(Replaced(kWhole, "a = QuantizedAdd", "a = QuantizedMul"));
  ExpectTheSame(
      Replaced(kWhole, "a = QuantizedAdd(n, b, n:1, n:2, bl, bh)", "a = QuantizedMul(b, n, bl, bh, n:1, n:2)"));
  const std::string bias = Replaced(Replaced(kWhole, "a = QuantizedAdd", "a = QuantizedBiasAdd"), attrs,
                                    "{T1=quint8, T2=quint8, out_type=qint32}");
  EXPECT_EQ(Rewrite(bias, kPasses, "y").Root().op, "_QuantizedConv2DSteps");
  ExpectTheSame(bias);
  ExpectTheSame(Replaced(bias, "v = QuantizedRelu6(t, t:1, t:2)", "v = QuantizedReluX(t, bh, t:1, t:2)"));
  // Numbers whose codes no float says: what is added is the same.
  for (const char* far : {"float32[]{1e31}", "float32[]{1e33}"}) {
    SCOPED_TRACE(far);
    ExpectTheSame(Replaced(bias, "float32[]{1.5}", far));
  }
  // 0 lies far outside of what the codes of b stand for: products of 32 bits wrap around.
  ExpectTheSame(
      Replaced(Replaced(Replaced(kWhole, "a = QuantizedAdd", "a = QuantizedMul"), "float32[]{-2}", "float32[]{100000}"),
               "float32[]{1.5}", "float32[]{100000.1}"));
}

TEST_F(FuseCodeSteps, FloatsInBetweenAreSteps) {
  const std::string text = std::string(kFloats) + kProduct + R"(
d = Dequantize(n, n:1, n:2) {T=quint8, mode="MIN_FIRST"}
k = Const() {dtype=float32, value=float32[4]{0.5, -1, 0.25, 3}}
e = BiasAdd(d, k) {T=float32}
f = Mul(e, k) {T=float32}
fl = Reshape(f, all) {T=float32, Tshape=int32}
flo = Min(fl, axis) {T=float32, Tidx=int32, keep_dims=false}
fhi = Max(fl, axis) {T=float32, Tidx=int32, keep_dims=false}
t = QuantizeV2(f, flo, fhi) {T=quint8, mode="MIN_FIRST"}
)" + kEnd;
  const Rewritten out = Rewrite(text, kPasses, "y");
  EXPECT_EQ(out.Root().op, "_QuantizedConv2DSteps") << PrintGraph(out.graph);
  EXPECT_EQ(out.Count("Mul") + out.Count("Min") + out.Count("QuantizeV2"), 0);
  ExpectTheSame(text);
}

TEST_F(FuseCodeSteps, SumsAndProductsOfTwoValues) {
  const std::string two = std::string(kFloats) + kProduct + R"(
w2 = Const() {dtype=quint8, value=quint8[1,1,3,4]{9, 1, 250, 77, 8, 20, 70, 6, 12, 131, 25, 112}}
s2 = QuantizedConv2D(q, w2, q:1, q:2, wl, wh) {Tinput=quint8, Tfilter=quint8, out_type=qint32, strides=ints[1, 1, 1, 1], padding="SAME"}
r2 = RequantizationRange(s2, s2:1, s2:2) {Tinput=qint32}
n2 = Requantize(s2, s2:1, s2:2, r2, r2:1) {Tinput=qint32, out_type=quint8}
a = QuantizedAdd(n, n2, n:1, n:2, n2:1, n2:2) {T1=quint8, T2=quint8, Toutput=qint32}
ar = RequantizationRange(a, a:1, a:2) {Tinput=qint32}
t = Requantize(a, a:1, a:2, ar, ar:1) {Tinput=qint32, out_type=quint8}
)" + kEnd;
  const Rewritten out = Rewrite(two, kPasses, "y");
  EXPECT_EQ(out.Root().op, "_CodeSteps") << PrintGraph(out.graph);
  EXPECT_EQ(out.Count("QuantizedAdd"), 0);
  EXPECT_EQ(out.Count("_QuantizedConv2DSteps"), 2);
  ExpectTheSame(two);
  ExpectTheSame(Replaced(two, "a = QuantizedAdd", "a = QuantizedMul"));
}

// `y` of kWhole and a depthwise convolution, whose results become codes again.
std::string WithDepthwise(const std::string& attrs, const std::string& filter) {
  return Replaced(kWhole, "y = Dequantize", "u = Dequantize") + "k = Const() {dtype=float32, value=float32" + filter +
         "}\nd = DepthwiseConv2dNative(u, k) {T=float32, " + attrs + "}\n" + R"(
df = Reshape(d, all) {T=float32, Tshape=int32}
dlo = Min(df, axis) {T=float32, Tidx=int32, keep_dims=false}
dhi = Max(df, axis) {T=float32, Tidx=int32, keep_dims=false}
dq = QuantizeV2(d, dlo, dhi) {T=quint8, mode="MIN_FIRST"}
y = QuantizedRelu(dq, dq:1, dq:2) {Tinput=quint8, out_type=quint8}
)";
}

TEST_F(FuseCodeSteps, DepthwiseConvolutionsHaveSteps) {
  if (FindOp("DepthwiseConv2dNative") == nullptr) GTEST_SKIP();
  const std::string nine =
      "[3,3,4,1]{1, -2, 3, 0.5, 0.25, 1, -1, 2, 2, 1, 0, -3, 1, 1, 1, 1, 0.125, -1, 2, 3, 4, 5, 6, "
      "7, -8, 9, -1, 2, 3, 0.1, 0.2, 0.3, 1, 2, 3, 4}";
  const std::string six = Replaced(nine, "[3,3,4,1]", "[1,9,4,1]");
  const std::string same = "strides=ints[1, 1, 1, 1], padding=\"SAME\"";
  // Small filters read floats, where there is one thread as here; others the codes.
  for (const bool is_small : {true, false}) {
    const Rewritten out = Rewrite(WithDepthwise(same, is_small ? nine : six), kPasses, "y");
    EXPECT_EQ(out.Root().op, "_DepthwiseSteps") << PrintGraph(out.graph);
    EXPECT_EQ(out.Count("Dequantize") + out.Count("Min") + out.Count("DepthwiseConv2dNative"), 0);
    EXPECT_EQ(out.graph.fact(out.Root().inputs[0]).dtype, is_small ? DType::kFloat : DType::kQuint8);
  }
  const std::string text = WithDepthwise(same, nine);
  for (const int threads : {1, 2}) {
    SCOPED_TRACE(threads);
    Tensor results[2];
    for (const bool passes : {false, true}) {
      SessionOptions options;
      options.passes = passes;
      options.num_threads = threads;
      auto session = Session::Create(ModelOf(text), options);
      ASSERT_TRUE(session.ok()) << session.status().ToString();
      auto result = (*session)->Run({{"x", Numbers({1, 6, 5, 3}, 7)}}, {"y"});
      ASSERT_TRUE(result.ok()) << result.status().ToString();
      results[passes] = (*result)[0];
    }
    EXPECT_EQ(std::memcmp(results[0].raw(), results[1].raw(), results[0].bytes()), 0);
  }
  ExpectTheSame(WithDepthwise(same, six));
  ExpectTheSame(WithDepthwise("strides=ints[1, 2, 2, 1], padding=\"VALID\"", nine));
  ExpectTheSame(WithDepthwise(same, "[1,1,4,2]{1, -2, 3, 0.5, 0.25, 1, -1, 2}"));
  ExpectTheSame(WithDepthwise(same, "[1,1,4,1]{0, 0, 0, 0}"));
}

TEST_F(FuseCodeSteps, DepthwiseConvolutionsHaveStepsOfChannels) {
  if (FindOp("DepthwiseConv2dNative") == nullptr) GTEST_SKIP();
  const std::string same = "strides=ints[1, 1, 1, 1], padding=\"SAME\"";
  const std::string text = WithDepthwise(same, "[1,2,4,1]{1, -2, 3, 0.5, 0.25, 1, -1, 2}");
  const std::string biased = Replaced(text, "y = QuantizedRelu(dq, dq:1, dq:2)", R"(
e = QuantizedBiasAdd(dq, b, dq:1, dq:2, bl, bh) {T1=quint8, T2=quint8, out_type=qint32}
er = RequantizationRange(e, e:1, e:2) {Tinput=qint32}
et = Requantize(e, e:1, e:2, er, er:1) {Tinput=qint32, out_type=quint8}
y = QuantizedRelu6(et, et:1, et:2))");
  EXPECT_EQ(Rewrite(biased, kPasses, "y").Root().op, "_DepthwiseSteps");
  ExpectTheSame(biased);
  // A bias in floats, and what is none.
  const std::string row = "v4 = Const() {dtype=float32, value=float32[4]{0.5, -1, 0.25, 3}}\n";
  const std::string shifted = Replaced(Replaced(text, "d = Depthwise", row + "p = Depthwise"), "df = Reshape(d,",
                                       "d = AddV2(p, v4) {T=float32}\ndf = Reshape(d,");
  const Rewritten with_bias = Rewrite(shifted, kPasses, "y");
  EXPECT_EQ(with_bias.Root().op, "_DepthwiseSteps") << PrintGraph(with_bias.graph);
  EXPECT_EQ(with_bias.Count("AddV2"), 0);
  ExpectTheSame(shifted);
  EXPECT_EQ(Rewrite(Replaced(shifted, "d = AddV2", "d = Mul"), kPasses, "y").Count("_DepthwiseSteps"), 0);
  // Zeros around the picture, which are no codes.
  const std::string padded = Replaced(Replaced(text, "d = DepthwiseConv2dNative(u, k)", R"(
around = Const() {dtype=int32, value=int32[4,2]{0, 0, 1, 2, 0, 1, 0, 0}}
z = Pad(u, around) {T=float32, Tpaddings=int32}
d = DepthwiseConv2dNative(z, k))"),
                                      "T=float32, " + same, "T=float32, strides=ints[1, 2, 2, 1], padding=\"VALID\"");
  std::vector<std::string_view> passes = kPasses;
  EXPECT_EQ(Rewrite(padded, passes, "y").Count("_DepthwiseSteps"), 0);
  passes.insert(passes.end() - 1, "fold_pad_of_codes");
  const Rewritten folded = Rewrite(padded, passes, "y");
  EXPECT_EQ(folded.Count("_DepthwiseSteps"), 1) << PrintGraph(folded.graph);
  EXPECT_EQ(folded.Count("Pad") + folded.Count("Dequantize"), 0);
  ExpectTheSame(padded);
}

// Codes as floats, times a number for each channel that is computed, as codes again.
TEST_F(FuseCodeSteps, CodesTimesAValueForEachChannelAreOneStep) {
  if (FindOp("Mean") == nullptr) GTEST_SKIP();
  const std::string text = Replaced(kFloats, "shape[1,6,5,3]", "shape[1,6,5,40]") + R"(
f = Dequantize(q, q:1, q:2) {T=quint8, mode="MIN_FIRST"}
pixels = Const() {dtype=int32, value=int32[2]{1, 2}}
e = Mean(f, pixels) {T=float32, Tidx=int32, keep_dims=true}
g = Mul(f, e) {T=float32}
gflat = Reshape(g, all) {T=float32, Tshape=int32}
glo = Min(gflat, axis) {T=float32, Tidx=int32, keep_dims=false}
ghi = Max(gflat, axis) {T=float32, Tidx=int32, keep_dims=false}
h = QuantizeV2(g, glo, ghi) {T=quint8, mode="MIN_FIRST"}
y = Dequantize(h, h:1, h:2) {T=quint8, mode="MIN_FIRST"}
)";
  const Rewritten out = Rewrite(text, kPasses, "y");
  EXPECT_EQ(out.Count("Mul"), kIsSmall ? 1 : 0) << PrintGraph(out.graph);
  for (const int64_t height : {1, 6, 64}) {
    const std::string tall = Replaced(text, "shape[1,6,5,40]", Cat("shape[1,", height, ",5,40]"));
    ExpectTheSameBits(tall, Numbers({1, height, 5, 40}, 3));
    ExpectTheSameBits(tall, Numbers({1, height, 5, 40}, 0));
  }
}

// Codes a half apart, in a range whose codes are whole numbers.
TEST_F(FuseCodeSteps, HalvesGoAwayFromZero) {
  const std::string text = Replaced(kFloats, "shape[1,6,5,3]", "shape[1,16,8,4]") + R"(
y = Dequantize(q, q:1, q:2) {T=quint8, mode="MIN_FIRST"}
)";
  Tensor x = Numbers({1, 16, 8, 4}, 3);
  for (const float low : {-100.0f, -255.0f, 0.0f, 3000.0f}) {
    for (int64_t i = 0; i < x.num_elements(); ++i) x.data<float>()[i] = low + 0.5f * static_cast<float>(i % 511);
    ExpectTheSameBits(text, x);
  }
}

TEST_F(FuseCodeSteps, FloatsOfADepthwiseConvolutionThatOthersReadStay) {
  if (FindOp("DepthwiseConv2dNative") == nullptr) GTEST_SKIP();
  const std::string four = "[1,1,4,1]{1, -2, 3, 0.5}", same = "strides=ints[1, 1, 1, 1], padding=\"SAME\"";
  for (const char* more : {"o = Neg(d) {T=float32}\n", "o = Neg(dlo) {T=float32}\n", "o = Neg(u) {T=float32}\n"}) {
    const std::string text = Replaced(WithDepthwise(same, four), "y = QuantizedRelu(", "v2 = QuantizedRelu(") + more +
                             "w2 = Dequantize(v2, v2:1, v2:2) {T=quint8, mode=\"MIN_FIRST\"}\n"
                             "y = AddV2(w2, o) {T=float32}\n";
    SCOPED_TRACE(more);
    const Rewritten out = Rewrite(text, kPasses, "y");
    EXPECT_EQ(out.Count("_DepthwiseSteps"), std::string(more).find("(u)") == std::string::npos ? 0 : 1);
    ExpectTheSame(text);
  }
}

TEST_F(FuseCodeSteps, WhatOthersReadStays) {
  // The sums are fetched through another operator, and a range by one.
  for (const char* more :
       {"z = Dequantize(s, s:1, s:2) {T=qint32, mode=\"MIN_FIRST\"}\n", "z = Neg(r:1) {T=float32}\n"}) {
    std::string text = kWhole + more;
    text = Replaced(text, "y = Dequantize", "u = Dequantize");
    text += "y = AddV2(u, z) {T=float32}\n";
    const Rewritten out = Rewrite(text, kPasses, "y");
    EXPECT_EQ(out.Count("QuantizedConv2D"), 1) << PrintGraph(out.graph);
    EXPECT_EQ(out.Count("_QuantizedConv2DSteps"), 0);
    ExpectTheSame(text);
  }
}

TEST_F(FuseCodeSteps, WhatIsNoNumberIsAnErrorAsItIsStepByStep) {
  Tensor x = Numbers({1, 6, 5, 3}, 7);
  x.data<float>()[4] = std::numeric_limits<float>::quiet_NaN();
  for (const bool passes : {false, true}) {
    SessionOptions options;
    options.passes = passes;
    auto session = Session::Create(ModelOf(kWhole), options);
    ASSERT_TRUE(session.ok()) << session.status().ToString();
    const auto result = (*session)->Run({{"x", x}}, {"y"});
    EXPECT_NE(result.status().ToString().find("range"), std::string::npos) << result.status().ToString();
  }
}

// How many elements a bound has may not be known before the run.
TEST_F(FuseCodeSteps, ABoundWithoutElementsIsAnErrorAsItIsStepByStep) {
  const std::string fed =
      "p = Placeholder() {dtype=float32, shape=shape[?]}\nk = Placeholder() {dtype=int32, shape=shape[1]}\n"
      "bound = Reshape(p, k) {T=float32, Tshape=int32}\n";
  const std::string text =
      fed + Replaced(kWhole, "v = QuantizedRelu6(t, t:1, t:2)", "v = QuantizedReluX(t, bound, t:1, t:2)");
  const Tensor none = *Tensor::Allocate(DType::kFloat, {0}, *Allocator::Create());
  for (const bool passes : {false, true}) {
    SessionOptions options;
    options.passes = passes;
    auto session = Session::Create(ModelOf(text), options);
    ASSERT_TRUE(session.ok()) << session.status().ToString();
    const std::vector<int32_t> zero = {0};
    const auto result =
        (*session)->Run({{"x", Numbers({1, 6, 5, 3}, 7)}, {"p", none}, {"k", Tensor::Of<int32_t>({1}, zero)}}, {"y"});
    EXPECT_NE(result.status().ToString().find("[0]"), std::string::npos) << result.status().ToString();
  }
}

// The image has other sizes from run to run, and nobody can know them before.
TEST_F(FuseCodeSteps, ShapesMayBeFoundInTheRun) {
  if (FindOp("ResizeNearestNeighbor") == nullptr) GTEST_SKIP();
  const std::string text = Replaced(
      kWhole, "x = Placeholder() {dtype=float32, shape=shape[1,6,5,3]}",
      "x = Placeholder() {dtype=float32, shape=shape[1,2,2,3]}\n"
      "size = Placeholder() {dtype=int32, shape=shape[2]}\nlarge = ResizeNearestNeighbor(x, size) {T=float32}");
  const std::string resized =
      Replaced(Replaced(text, "Reshape(x, all)", "Reshape(large, all)"), "QuantizeV2(x,", "QuantizeV2(large,");
  EXPECT_EQ(Rewrite(resized, kPasses, "y").Root().op, "_QuantizedConv2DSteps");
  std::vector<Tensor> results[2];
  for (const bool passes : {false, true}) {
    SessionOptions options;
    options.passes = passes;
    auto session = Session::Create(ModelOf(resized), options);
    ASSERT_TRUE(session.ok()) << session.status().ToString();
    for (const std::vector<int32_t>& size : {std::vector<int32_t>{6, 5}, {3, 4}, {6, 5}}) {
      auto result = (*session)->Run({{"x", Numbers({1, 2, 2, 3}, 7)}, {"size", Tensor::Of<int32_t>({2}, size)}}, {"y"});
      ASSERT_TRUE(result.ok()) << result.status().ToString();
      results[passes].push_back((*result)[0]);
    }
  }
  for (size_t i = 0; i < results[0].size(); ++i) {
    const Tensor &want = results[0][i], &got = results[1][i];
    ASSERT_EQ(want.shape(), got.shape());
    EXPECT_EQ(std::memcmp(want.raw(), got.raw(), want.bytes()), 0) << i;
  }
}

}  // namespace
}  // namespace rivulet
