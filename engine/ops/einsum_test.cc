#include "engine/ops/op_test_kit.h"

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

OpTester Einsum(const std::string& equation, const std::vector<Tensor>& inputs) {
  OpTester op("Einsum");
  op.Attr("equation", equation).Attr("N", static_cast<int64_t>(inputs.size()));
  for (const Tensor& input : inputs) op.Input(input);
  return op;
}

Tensor Count(const Shape& shape) {
  Tensor tensor = Zeros(DType::kFloat, shape);
  for (int64_t i = 0; i < tensor.num_elements(); ++i) tensor.data<float>()[i] = static_cast<float>(i % 7 - 3);
  return tensor;
}

TEST(Einsum, AttentionInAnyOrderIsTheSumItSays) {
  const Shape a{2, 3, 2, 4}, b{2, 5, 2, 4};  // btnh, bsnh
  const Tensor x = Count(a), y = Count(b);
  Tensor want = Zeros(DType::kFloat, {2, 2, 3, 5});  // bnts
  for (int64_t i = 0; i < want.num_elements(); ++i) {
    const int64_t s = i % 5, t = i / 5 % 3, n = i / 15 % 2, batch = i / 30;
    float sum = 0;
    for (int64_t h = 0; h < 4; ++h) {
      sum += x.data<float>()[((batch * 3 + t) * 2 + n) * 4 + h] * y.data<float>()[((batch * 5 + s) * 2 + n) * 4 + h];
    }
    want.data<float>()[i] = sum;
  }
  EXPECT_TRUE(Same(Einsum("btnh,bsnh->bnts", {x, y}).Run(), want));
  EXPECT_TRUE(Same(Einsum("bsnh,btnh->bnts", {y, x}).Run(), want));
}

TEST(Einsum, DiagonalsAndSums) {
  const Tensor square = F32({2, 2}, {1, 2, 3, 4});
  EXPECT_TRUE(Same(Einsum("ii->i", {square}).Run(), F32({2}, {1, 4})));
  EXPECT_TRUE(Same(Einsum("ii->", {square}).Run(), F32({}, {5})));
  EXPECT_TRUE(Same(Einsum("ij->jj", {square}).Run(), F32({2, 2}, {4, 0, 0, 6})));
  EXPECT_TRUE(Same(Einsum("ii,i->", {square, F32({2}, {10, 1})}).Run(), F32({}, {14})));
}

TEST(Einsum, EmptyTensorsOfHugeShapes) {
  const int64_t huge = int64_t{1} << 40;
  EXPECT_TRUE(Same(Einsum("ijk->", {Zeros(DType::kFloat, {huge, 0, huge})}).Run(), F32({}, {0})));
  EXPECT_TRUE(Same(Einsum("ijk,l->l", {Zeros(DType::kFloat, {huge, huge, 0}), F32({1}, {1})}).Run(), F32({1}, {0})));
  EXPECT_TRUE(Fails(Einsum("ijk->jk", {Zeros(DType::kFloat, {0, huge, huge})}).Budget(1 << 20).Run()));
  EXPECT_TRUE(Fails(
      Einsum("i,j->ij", {Zeros(DType::kFloat, {1 << 12}), Zeros(DType::kFloat, {1 << 12})}).Budget(1 << 20).Run()));
}

TEST(Einsum, ManyAxes) {
  Shape shape;
  std::string labels;
  for (int i = 0; i < 60; ++i) {
    shape.push_back(i % 20 == 0 ? 2 : 1);
    labels += static_cast<char>(60 + i);
  }
  const Tensor x = F32(shape, {0, 1, 2, 3, 4, 5, 6, 7});
  const auto got = Einsum(labels + "->" + std::string(labels.rbegin(), labels.rend()), {x}).Run();
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  EXPECT_TRUE(Same((*got)[0].Reshaped({8}), F32({8}, {0, 4, 2, 6, 1, 5, 3, 7})));
}

TEST(Einsum, Shapes) {
  OpTester op("Einsum");
  op.Attr("equation", "...i,ij->...j").Attr("N", 2);
  EXPECT_EQ(OpTester(op).Unknown(DType::kFloat, {-1, 5, 3}).Unknown(DType::kFloat, {3, 7}).InferShape(), "[?,5,7]");
  EXPECT_EQ(OpTester(op).Unknown(DType::kFloat).Unknown(DType::kFloat, {3, 7}).InferShape(), "?");
  EXPECT_TRUE(Fails(OpTester(op).Unknown(DType::kFloat, {4}).Unknown(DType::kFloat, {3, 7}).Infer(), "want 4"));
}

}  // namespace
}  // namespace rivulet
