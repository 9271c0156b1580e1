#include <cstring>

#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

const std::vector<std::string_view> kPasses = {"drop_identity", "drop_waits", "fold_constants", "fuse_code_tables"};

constexpr char kSource[] = R"(
x = Placeholder() {dtype=float32, shape=shape[1,6,5,3]}
lo = Const() {dtype=float32, value=float32[]{-4.5}}
hi = Const() {dtype=float32, value=float32[]{5.25}}
q = QuantizeV2(x, lo, hi) {T=quint8, mode="MIN_FIRST"}
one = Const() {dtype=quint8, value=quint8[]{200}}
olo = Const() {dtype=float32, value=float32[]{0}}
ohi = Const() {dtype=float32, value=float32[]{3.8}}
all = Const() {dtype=int32, value=int32[1]{-1}}
axis = Const() {dtype=int32, value=int32[1]{0}}
least = Const() {dtype=float32, value=float32[]{0.000001}}
)";
// relu6(x + 3) / 6
constexpr char kHardSwish[] = R"(
a = QuantizedAdd(q, one, q:1, q:2, olo, ohi) {T1=quint8, T2=quint8, Toutput=qint32}
ar = RequantizationRange(a, a:1, a:2) {Tinput=qint32}
am = Maximum(ar:1, least) {T=float32}
b = Requantize(a, a:1, a:2, ar, am) {Tinput=qint32, out_type=quint8}
v = QuantizedRelu6(b, b:1, b:2) {Tinput=quint8, out_type=quint8}
f = Dequantize(v, v:1, v:2) {T=quint8, mode="MIN_FIRST"}
six = Const() {dtype=float32, value=float32[]{6}}
g = RealDiv(f, six) {T=float32}
)";
// sigmoid(c x)
constexpr char kSwish[] = R"(
a = QuantizedMul(one, q, olo, ohi, q:1, q:2) {T1=quint8, T2=quint8, Toutput=qint32}
ar = RequantizationRange(a, a:1, a:2) {Tinput=qint32}
b = Requantize(a, a:1, a:2, ar, ar:1) {Tinput=qint32, out_type=quint8}
f = Dequantize(b, b:1, b:2) {T=quint8, mode="MIN_FIRST"}
g = Sigmoid(f) {T=float32}
)";
constexpr char kProduct[] = R"(
flat = Reshape(g, all) {T=float32, Tshape=int32}
glo = Min(flat, axis) {T=float32, Tidx=int32, keep_dims=false}
ghi = Max(flat, axis) {T=float32, Tidx=int32, keep_dims=false}
h = QuantizeV2(g, glo, ghi) {T=quint8, mode="MIN_FIRST"}
m = QuantizedMul(q, h, q:1, q:2, h:1, h:2) {T1=quint8, T2=quint8, Toutput=qint32}
mr = RequantizationRange(m, m:1, m:2) {Tinput=qint32}
mm = Maximum(mr:1, least) {T=float32}
t = Requantize(m, m:1, m:2, mr, mm) {Tinput=qint32, out_type=quint8}
y = Dequantize(t, t:1, t:2) {T=quint8, mode="MIN_FIRST"}
)";

const std::string kHard = std::string(kSource) + kHardSwish + kProduct;
const std::string kSoft = std::string(kSource) + kSwish + kProduct;

class FuseCodeTables : public testing::Test {
 protected:
  void SetUp() override {
    if (FindOp("QuantizedMul") == nullptr || FindOp("Requantize") == nullptr) GTEST_SKIP();
  }
  // Values from which different codes are missing.
  void ExpectTheSame(const std::string& text) {
    for (const float scale : {0.0f, 0.05f, 1.0f, 3.0f, 20.0f}) {
      Tensor x = Numbers({1, 6, 5, 3}, 7);
      for (int64_t i = 0; i < x.num_elements(); ++i) x.data<float>()[i] *= scale;
      ExpectTheSameBits(text, x);
    }
  }
};

TEST_F(FuseCodeTables, SwishesAreTables) {
  for (const std::string& text : {kHard, kSoft}) {
    const Rewritten out = Rewrite(text, kPasses, "y");
    EXPECT_EQ(out.Count("_CodeTable"), 1) << PrintGraph(out.graph);
    EXPECT_EQ(out.Count("Requantize") + out.Count("QuantizedMul") + out.Count("Sigmoid") + out.Count("RealDiv"), 0);
    ExpectTheSame(text);
  }
}

TEST_F(FuseCodeTables, RangesMayBeGiven) {
  const std::string text =
      Replaced(Replaced(kHard, "b = Requantize(a, a:1, a:2, ar, am)", "b = Requantize(a, a:1, a:2, lo, hi)"),
               "h = QuantizeV2(g, glo, ghi)", "h = QuantizeV2(g, olo, ohi)");
  EXPECT_EQ(Rewrite(text, kPasses, "y").Count("_CodeTable"), 1);
  ExpectTheSame(text);
}

TEST_F(FuseCodeTables, WhatOthersReadStays) {
  // The sigmoid, the sum of 32 bits, a range.
  for (const char* more : {"z = Add(y, g) {T=float32}", "z = Add(y, mr) {T=float32}", "z = Add(y, ar:1) {T=float32}"}) {
    const std::string text =
        Replaced(kSoft, "y = Dequantize", "w = Dequantize") + Replaced(Replaced(more, "(y", "(w"), "z =", "y =") + "\n";
    const Rewritten out = Rewrite(text, kPasses, "y");
    EXPECT_GT(out.Count("RequantizationRange") + out.Count("Sigmoid"), 0) << PrintGraph(out.graph);
    ExpectTheSame(text);
  }
}

TEST_F(FuseCodeTables, TwoActivationsAreNone) {
  const std::string row = Replaced(kHard, "one = Const() {dtype=quint8, value=quint8[]{200}}",
                                   "one = Const() {dtype=quint8, value=quint8[3]{200, 7, 255}}");
  // The sum differs by channel, so that the product is one of two activations.
  EXPECT_EQ(Rewrite(row, kPasses, "y").Count("QuantizedMul"), 1);
  ExpectTheSame(row);
}

TEST_F(FuseCodeTables, AChainThatAProductTakesIsLeft) {
  const std::string text = std::string(kSource) + R"(
v = QuantizedRelu6(q, q:1, q:2) {Tinput=quint8, out_type=quint8}
y = Dequantize(v, v:1, v:2) {T=quint8, mode="MIN_FIRST"}
)";
  EXPECT_EQ(Rewrite(text, kPasses, "y").Count("_CodeTable"), 0);
}

}  // namespace
}  // namespace rivulet
