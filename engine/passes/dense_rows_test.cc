#include "engine/passes/pass_test_kit.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

namespace rivulet {
namespace {

const char kBatch[] = R"(
x = Placeholder() {dtype=float32, shape=shape[2,3,4]}
w = Const() {dtype=float32, value=float32[4,6]{1, 2, -3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, -5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6}}
y = BatchMatMulV2(x, w) {T=float32, adj_x=false, adj_y=false}
)";

const char kHeads[] = R"(
x = Placeholder() {dtype=float32, shape=shape[2,3,4]}
w = Const() {dtype=float32, value=float32[4,2,3]{1, 2, -3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, -5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6}}
b = Const() {dtype=float32, value=float32[2,3]{1, 2, 3, 4, 5, 6}}
p = Einsum(x, w) {T=float32, N=2, equation="abc,cde->abde"}
y = AddV2(p, b) {T=float32}
)";

// As Keras 3 writes it: heads are taken apart behind the product.
const char kApart[] = R"(
x = Placeholder() {dtype=float32, shape=shape[2,3,4]}
w = Const() {dtype=float32, value=float32[4,6]{1, 2, -3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, -5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6}}
b = Const() {dtype=float32, value=float32[2,3]{1, 2, 3, 4, 5, 6}}
four = Const() {dtype=int32, value=int32[4]{2, 3, 2, 3}}
p = BatchMatMulV2(x, w) {T=float32, adj_x=false, adj_y=false}
h = Reshape(p, four) {T=float32, Tshape=int32}
y = AddV2(h, b) {T=float32}
)";

// What brings heads together: sums over two axes.
const char kTogether[] = R"(
x = Placeholder() {dtype=float32, shape=shape[2,3,2,2]}
w = Const() {dtype=float32, value=float32[2,2,6]{1, 2, -3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, -5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6}}
b = Const() {dtype=float32, value=float32[6]{1, 2, 3, 4, 5, 6}}
p = Einsum(x, w) {T=float32, N=2, equation="abcd,cde->abe"}
y = AddV2(b, p) {T=float32}
)";

void ExpectTheSame(const std::string& text, const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(shape.num_elements()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 7 % 23) - 9;
  std::vector<Tensor> results;
  for (const bool passes : {false, true}) {
    SessionOptions options;
    options.passes = passes;
    auto session = Session::Create(ModelOf(text), options);
    ASSERT_TRUE(session.ok());
    auto result = (*session)->Run({{"x", Tensor::Of<float>(shape, values)}}, {"y"});
    ASSERT_TRUE(result.ok()) << result.status().ToString();
    results.push_back((*result)[0]);
  }
  ASSERT_EQ(results[0].shape(), results[1].shape());
  for (int64_t i = 0; i < results[0].num_elements(); ++i) {
    ASSERT_EQ(results[0].data<float>()[i], results[1].data<float>()[i]) << i;
  }
}

TEST(DenseRows, BecomeMatrices) {
  const Rewritten batch = Rewrite(kBatch, {"dense_rows"}, "y");
  EXPECT_EQ(batch.Count("BatchMatMulV2"), 0);
  EXPECT_EQ(batch.Count("MatMul"), 1);
  for (const char* text : {kHeads, kApart, kTogether}) {
    const Rewritten out = Rewrite(text, {"dense_rows", "fuse_conv_bias_act"}, "y");
    EXPECT_EQ(out.Count("_FusedMatMul"), 1);
    EXPECT_EQ(out.Count("AddV2") + out.Count("BiasAdd") + out.Count("Einsum") + out.Count("BatchMatMulV2"), 0);
  }
}

TEST(DenseRows, GiveTheSame) {
  ExpectTheSame(kBatch, {2, 3, 4});
  ExpectTheSame(Replaced(Replaced(kBatch, "[4,6]{", "[6,4]{"), "adj_y=false", "adj_y=true"), {2, 3, 4});
  ExpectTheSame(kHeads, {2, 3, 4});
  ExpectTheSame(Replaced(Replaced(kHeads, "[4,2,3]", "[2,3,4]"), "cde->", "dec->"), {2, 3, 4});
  ExpectTheSame(kApart, {2, 3, 4});
  ExpectTheSame(kTogether, {2, 3, 2, 2});
}

TEST(DenseRows, WhatIsNoneStays) {
  const auto rewrites = [](const std::string& text) { return Rewrite(text, {"dense_rows"}, "y").rewrites; };
  // Summed axes in another order, and in the middle.
  EXPECT_EQ(rewrites(Replaced(kTogether, "abcd,cde->abe", "abcd,dce->abe")), 0);
  EXPECT_EQ(rewrites(Replaced(Replaced(kBatch, "[2,3,4]", "[2,4,3]"), "adj_x=false", "adj_x=true")), 0);
  // Columns before rows.
  EXPECT_EQ(
      Rewrite(Replaced(kHeads, "->abde", "->adbe").substr(0, std::string(kHeads).find("y = ")), {"dense_rows"}, "p")
          .rewrites,
      0);
  // Weights that are not known.
  EXPECT_EQ(rewrites(Replaced(kBatch, "w = Const", "v = Const")
                         .insert(1, "w = Placeholder() {dtype=float32, shape=shape[4,6]}\n")),
            0);
}

// An addend that does not repeat along the rows is no bias.
TEST(DenseRows, AnAddendOfRowsIsNoBias) {
  const std::string text =
      Replaced(Replaced(kApart, "[4]{2, 3, 2, 3}", "[4]{2, 3, 3, 2}"), "float32[2,3]{", "float32[3,1,2]{");
  const Rewritten out = Rewrite(text, {"dense_rows"}, "y");
  EXPECT_EQ(out.Count("BiasAdd"), 0);
  EXPECT_EQ(out.Count("AddV2"), 1);
  ExpectTheSame(text, {2, 3, 4});
}

}  // namespace
}  // namespace rivulet
