#include "engine/base/small.h"
#include "engine/passes/pass_test_kit.h"

namespace rivulet {
namespace {

const std::vector<std::string_view> kPasses = {"drop_identity", "drop_waits", "fold_constants", "move_codes"};

constexpr char kSource[] = R"(
x = Placeholder() {dtype=float32, shape=shape[1,6,5,8]}
lo = Const() {dtype=float32, value=float32[]{-4.5}}
hi = Const() {dtype=float32, value=float32[]{5.25}}
q = QuantizeV2(x, lo, hi) {T=quint8, mode="MIN_FIRST"}
to = Const() {dtype=int32, value=int32[4]{1, 30, 2, 4}}
p = QuantizedReshape(q, to, q:1, q:2) {T=quint8, Tshape=int32}
f = Dequantize(p, p:1, p:2) {T=quint8, mode="MIN_FIRST"}
perm = Const() {dtype=int32, value=int32[4]{0, 1, 3, 2}}
first = Const() {dtype=int32, value=int32[4]{0, 3, 0, 1}}
end = Const() {dtype=int32, value=int32[4]{1, 30, 2, 4}}
steps = Const() {dtype=int32, value=int32[4]{1, 1, 1, 1}}
size = Const() {dtype=int32, value=int32[4]{1, 20, 2, 2}}
)";
constexpr char kMove[] = "t = Transpose(f, perm) {T=float32, Tperm=int32}\n";
constexpr char kEnd[] = R"(
all = Const() {dtype=int32, value=int32[1]{-1}}
axis = Const() {dtype=int32, value=int32[1]{0}}
flat = Reshape(t, all) {T=float32, Tshape=int32}
tlo = Min(flat, axis) {T=float32, Tidx=int32, keep_dims=false}
thi = Max(flat, axis) {T=float32, Tidx=int32, keep_dims=false}
h = QuantizeV2(t, tlo, thi) {T=quint8, mode="MIN_FIRST"}
y = Dequantize(h, h:1, h:2) {T=quint8, mode="MIN_FIRST"}
)";

class MoveCodes : public testing::Test {
 protected:
  void SetUp() override {
    if (kIsSmall || FindOp("QuantizedReshape") == nullptr || FindOp("QuantizeV2") == nullptr) GTEST_SKIP();
  }
  // Values from which different codes are missing.
  void ExpectTheSame(const std::string& text) {
    for (const float scale : {0.0f, 0.05f, 1.0f, 20.0f}) {
      Tensor x = Numbers({1, 6, 5, 8}, 7);
      for (int64_t i = 0; i < x.num_elements(); ++i) x.data<float>()[i] *= scale;
      ExpectTheSameBits(text, x);
    }
  }
};

TEST_F(MoveCodes, MovesAreThoseOfCodes) {
  for (const char* move : {kMove, "t = StridedSlice(f, first, end, steps) {T=float32, Index=int32}\n",
                           "t = Slice(f, first, size) {T=float32, Index=int32}\n"}) {
    const std::string text = std::string(kSource) + move + kEnd;
    const Rewritten out = Rewrite(text, kPasses, "y");
    EXPECT_EQ(out.Count("_CodeTable"), 1) << PrintGraph(out.graph);
    EXPECT_EQ(out.Count("Min") + out.Count("QuantizedReshape"), 0) << PrintGraph(out.graph);
    EXPECT_EQ(out.Count("Dequantize"), 1);
    ExpectTheSame(text);
  }
}

TEST_F(MoveCodes, RangesMayBeGiven) {
  const std::string text =
      Replaced(std::string(kSource) + kMove + kEnd, "QuantizeV2(t, tlo, thi)", "QuantizeV2(t, lo, hi)");
  EXPECT_EQ(Rewrite(text, kPasses, "y").Count("_CodeTable"), 1);
  ExpectTheSame(text);
}

TEST_F(MoveCodes, FloatsThatOthersReadStay) {
  const std::string text =
      Replaced(std::string(kSource) + kMove + kEnd, "y = Dequantize", "w = Dequantize") + "y = Add(w, t) {T=float32}\n";
  EXPECT_EQ(Rewrite(text, kPasses, "y").Count("_CodeTable"), 0);
  ExpectTheSame(text);
}

TEST_F(MoveCodes, AnotherRangeIsNotTheirs) {
  // Of what was not moved: a slice may have others.
  const std::string text =
      Replaced(std::string(kSource) + "t = Slice(f, first, size) {T=float32, Index=int32}\n" + kEnd, "Reshape(t, all)",
               "Reshape(f, all)");
  ExpectTheSame(text);
}

}  // namespace
}  // namespace rivulet
