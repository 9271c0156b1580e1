#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

TEST(Reshape, ShapesThatArePartlyKnown) {
  const Tensor target = I32({3}, {2, -1, 3});
  EXPECT_EQ(OpTester("Reshape").Unknown(DType::kFloat, {-1, 6}).ConstInput(target).InferShape(), "[2,?,3]");
  EXPECT_EQ(OpTester("Reshape").Unknown(DType::kFloat).ConstInput(target).InferShape(), "[2,?,3]");
  EXPECT_EQ(OpTester("Reshape").Unknown(DType::kFloat, {4, 6}).ConstInput(target).InferShape(), "[2,4,3]");
  EXPECT_EQ(OpTester("Reshape").Unknown(DType::kFloat, {4, 6}).Unknown(DType::kInt32, {2}).InferShape(), "[?,?]");
  EXPECT_EQ(OpTester("Reshape").Unknown(DType::kFloat, {4, 6}).Unknown(DType::kInt32, {-1}).InferShape(), "?");
  EXPECT_EQ(OpTester("Reshape").Unknown(DType::kFloat, {-1}).Unknown(DType::kInt32, {0}).InferShape(), "[]");
  EXPECT_TRUE(Fails(OpTester("Reshape").Unknown(DType::kFloat, {2}).Unknown(DType::kInt32, {0}).Infer(), "elements"));
}

TEST(Reshape, MinusOneBesideZero) {
  EXPECT_EQ(OpTester("Reshape").Unknown(DType::kFloat, {0, 3}).ConstInput(I32({3}, {0, -1, 2})).InferShape(),
            "[0,1,2]");
  EXPECT_TRUE(Fails(OpTester("Reshape").Unknown(DType::kFloat, {6}).ConstInput(I32({2}, {0, -1})).Infer(), "elements"));
}

TEST(Reshape, RefusesWhatDoesNotFit) {
  const auto reshape = [](std::initializer_list<int64_t> target) {
    return OpTester("Reshape")
        .Unknown(DType::kFloat, {6})
        .ConstInput(I64({static_cast<int64_t>(target.size())}, target))
        .Infer();
  };
  EXPECT_TRUE(Fails(reshape({5}), "6 elements"));
  EXPECT_TRUE(Fails(reshape({-1, -1}), "only one dim"));
  EXPECT_TRUE(Fails(reshape({-1, 4}), "elements"));
  EXPECT_TRUE(Fails(reshape({-2}), "-2"));
  EXPECT_TRUE(Fails(reshape({kLowest}), "want >= -1"));
  EXPECT_TRUE(Fails(reshape({kHuge, kHuge}), "too many"));
  EXPECT_TRUE(Fails(OpTester("Reshape").Unknown(DType::kFloat, {6}).ConstInput(I32({1, 1}, {6})).Infer(), "vector"));
  EXPECT_TRUE(Fails(OpTester("Reshape").Unknown(DType::kFloat).Unknown(DType::kInt32, {300}).Infer(), "254"));
  EXPECT_TRUE(Fails(OpTester("Reshape").Unknown(DType::kFloat, {0, kHuge, kHuge}).ConstInput(I32({2}, {0, -1})).Infer(),
                    "too large"));
}

TEST(Squeeze, UnknownDims) {
  EXPECT_EQ(OpTester("Squeeze").Unknown(DType::kFloat, {1, -1, 3}).InferShape(), "?");
  EXPECT_EQ(OpTester("Squeeze").Attr("squeeze_dims", {int64_t{1}}).Unknown(DType::kFloat, {1, -1, 3}).InferShape(),
            "[1,3]");
  EXPECT_EQ(OpTester("Squeeze").Attr("squeeze_dims", {int64_t{-3}}).Unknown(DType::kFloat, {1, -1, 3}).InferShape(),
            "[?,3]");
  EXPECT_EQ(OpTester("Squeeze").Unknown(DType::kFloat).InferShape(), "?");
  EXPECT_TRUE(Fails(OpTester("Squeeze").Attr("squeeze_dims", {int64_t{2}}).Unknown(DType::kFloat, {1, -1, 3}).Infer(),
                    "not 1"));
  EXPECT_TRUE(
      Fails(OpTester("Squeeze").Attr("squeeze_dims", {kLowest}).Unknown(DType::kFloat, {1}).Infer(), "squeeze_dims"));
}

TEST(ExpandDims, UnknownAxis) {
  EXPECT_EQ(OpTester("ExpandDims").Unknown(DType::kFloat, {2, 3}).Unknown(DType::kInt32, {}).InferShape(), "[?,?,?]");
  EXPECT_EQ(OpTester("ExpandDims").Unknown(DType::kFloat, {-1, 3}).ConstInput(I32({}, {-1})).InferShape(), "[?,3,1]");
  EXPECT_EQ(OpTester("ExpandDims").Unknown(DType::kFloat).ConstInput(I32({}, {-1})).InferShape(), "?");
  EXPECT_TRUE(Fails(OpTester("ExpandDims").Unknown(DType::kFloat, {2}).ConstInput(I64({}, {kLowest})).Infer(), "dim"));
  EXPECT_TRUE(
      Fails(OpTester("ExpandDims").Unknown(DType::kFloat, {2}).ConstInput(I32({0}, {})).Infer(), "one element"));
  EXPECT_TRUE(
      Fails(OpTester("ExpandDims").Unknown(DType::kFloat, Shape::OfUnknownDims(254)).ConstInput(I32({}, {0})).Infer(),
            "254"));
}

TEST(EnsureShape, AddsWhatItKnows) {
  EXPECT_EQ(OpTester("EnsureShape").Attr("shape", Shape{-1, 3}).Unknown(DType::kFloat, {2, -1}).InferShape(), "[2,3]");
  EXPECT_EQ(OpTester("EnsureShape").Attr("shape", Shape{-1, 3}).Unknown(DType::kFloat).InferShape(), "[?,3]");
  EXPECT_TRUE(Fails(OpTester("EnsureShape").Attr("shape", Shape{4, 3}).Unknown(DType::kFloat, {2, -1}).Infer(),
                    "want shape [4,3]"));
}

TEST(QuantizedReshape, RangesAreScalars) {
  const auto run = [](const Tensor& low) {
    return OpTester("QuantizedReshape")
        .Input(Zeros(DType::kQuint8, {4}))
        .Input(I32({2}, {2, -1}))
        .Input(low)
        .Input(F32({}, {3}))
        .Run();
  };
  const auto good = run(F32({}, {-1}));
  ASSERT_TRUE(good.ok());
  EXPECT_EQ((*good)[0].shape().ToString(), "[2,2]");
  EXPECT_TRUE(Same((*good)[1], F32({}, {-1})));
  EXPECT_TRUE(Same((*good)[2], F32({}, {3})));
  EXPECT_TRUE(Fails(run(F32({0}, {})), "input_min"));
}

}  // namespace
}  // namespace rivulet
