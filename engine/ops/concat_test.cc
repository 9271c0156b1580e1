#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

TEST(Concat, ShapesThatArePartlyKnown) {
  const auto shape = [](const Shape& a, const Shape& b, int axis) {
    return OpTester("ConcatV2")
        .Attr("N", 2)
        .Unknown(DType::kFloat, a)
        .Unknown(DType::kFloat, b)
        .ConstInput(I32({}, {axis}))
        .InferShape();
  };
  EXPECT_EQ(shape({2, -1}, {-1, 3}, 0), "[?,3]");
  EXPECT_EQ(shape({2, -1}, {1, 3}, -2), "[3,3]");
  EXPECT_EQ(shape(Shape::UnknownRank(), {1, 3}, 1), "[1,?]");
  EXPECT_EQ(shape(Shape::UnknownRank(), Shape::UnknownRank(), 1), "?");
  EXPECT_EQ(OpTester("ConcatV2")
                .Attr("N", 2)
                .Unknown(DType::kFloat, {2, 3})
                .Unknown(DType::kFloat, {2, 3})
                .Unknown(DType::kInt32, {})
                .InferShape(),
            "[?,?]");
}

TEST(Concat, Refuses) {
  const auto join = [](const Shape& a, const Shape& b, int64_t axis) {
    return OpTester("ConcatV2")
        .Attr("N", 2)
        .Unknown(DType::kFloat, a)
        .Unknown(DType::kFloat, b)
        .ConstInput(I64({}, {axis}))
        .Infer();
  };
  EXPECT_TRUE(Fails(join({2}, {2}, kLowest), "axis"));
  EXPECT_TRUE(Fails(join({2}, {2}, 1), "axis 1"));
  EXPECT_TRUE(Fails(join({2, 3}, {2, 4}, 0), "dim 1"));
  EXPECT_TRUE(Fails(join({2, 3}, {2}, 0), "ranks"));
  EXPECT_TRUE(Fails(join({}, {}, 0), "Pack"));
  EXPECT_TRUE(Fails(join({kHuge, 0}, {kHuge, 0}, 0), "too large"));
  EXPECT_TRUE(
      Fails(OpTester("ConcatV2").Attr("N", 1).Unknown(DType::kFloat, {2}).ConstInput(I32({}, {0})).Infer(), "'N'"));
}

TEST(Concat, AxisFoundOnlyWhenRun) {
  const Tensor x = F32({1, 2}, {1, 2});
  const auto run = [&](int axis) {
    return OpTester("Concat").Attr("N", 2).Input(I32({}, {axis})).Input(x).Input(x).Run();
  };
  EXPECT_TRUE(Same(run(0), F32({2, 2}, {1, 2, 1, 2})));
  EXPECT_TRUE(Same(run(-1), F32({1, 4}, {1, 2, 1, 2})));
  EXPECT_TRUE(Fails(run(7), "axis 7"));
}

TEST(Pack, Shapes) {
  EXPECT_EQ(OpTester("Pack")
                .Attr("N", 2)
                .Attr("axis", -1)
                .Unknown(DType::kFloat, {2, -1})
                .Unknown(DType::kFloat, {-1, 3})
                .InferShape(),
            "[2,3,2]");
  EXPECT_EQ(OpTester("Pack").Attr("N", 2).Unknown(DType::kFloat).Unknown(DType::kFloat).InferShape(), "?");
  EXPECT_TRUE(
      Fails(OpTester("Pack").Attr("N", 2).Unknown(DType::kFloat, {2}).Unknown(DType::kFloat, {3}).Infer(), "input 1"));
  EXPECT_TRUE(Fails(OpTester("Pack").Attr("N", 1).Attr("axis", kLowest).Unknown(DType::kFloat, {2}).Infer(), "'axis'"));
  EXPECT_TRUE(Fails(OpTester("Pack").Attr("N", 1).Unknown(DType::kFloat, Shape::OfUnknownDims(254)).Infer(), "254"));
}

TEST(ParallelConcat, WantsOneRowEach) {
  const auto infer = [](const Shape& shape, const Shape& each) {
    return OpTester("ParallelConcat")
        .Attr("N", 2)
        .Attr("shape", shape)
        .Unknown(DType::kFloat, each)
        .Unknown(DType::kFloat, {1, 3})
        .Infer();
  };
  EXPECT_TRUE(infer({2, 3}, {1, 3}).ok());
  EXPECT_TRUE(infer({2, 3}, {-1, -1}).ok());
  EXPECT_TRUE(Fails(infer({3, 3}, {1, 3}), "2 inputs"));
  EXPECT_TRUE(Fails(infer({2, 3}, {2, 3}), "want shape [1,3]"));
  EXPECT_TRUE(Fails(infer({2, -1}, {1, 3}), "complete"));
  EXPECT_TRUE(Fails(infer({}, {1, 3}), "complete"));
}

TEST(ConcatOffset, Checks) {
  const auto run = [](int axis, const Tensor& a, const Tensor& b) {
    return OpTester("ConcatOffset").Attr("N", 2).Input(I32({}, {axis})).Input(a).Input(b).Run();
  };
  EXPECT_TRUE(Same(run(-1, I32({2}, {4, 5}), I32({2}, {4, 1})), I32({2}, {0, 5}), 1));
  EXPECT_TRUE(Fails(run(2, I32({2}, {4, 5}), I32({2}, {4, 1})), "concat_dim"));
  EXPECT_TRUE(Fails(run(0, I32({2}, {4, 5}), I32({2}, {4, 1})), "dim 1"));
  EXPECT_TRUE(Fails(run(0, I32({0}, {}), I32({0}, {})), "concat_dim"));
  EXPECT_TRUE(Fails(run(0, I64({1}, {kHuge}), I64({2}, {1, 1})), ""));
  EXPECT_EQ(OpTester("ConcatOffset")
                .Attr("N", 2)
                .Unknown(DType::kInt32, {})
                .Unknown(DType::kInt32)
                .Unknown(DType::kInt32, {3})
                .InferShape(1),
            "[3]");
}

TEST(ConcatOffset, SumsThatDoNotFit) {
  EXPECT_TRUE(Fails(OpTester("ConcatOffset")
                        .Attr("N", 3)
                        .Input(I32({}, {0}))
                        .Input(I64({1}, {kHuge}))
                        .Input(I64({1}, {kHuge}))
                        .Input(I64({1}, {1}))
                        .Run(),
                    "too large"));
  EXPECT_TRUE(Fails(OpTester("ConcatOffset")
                        .Attr("N", 3)
                        .Input(I32({}, {0}))
                        .Input(I32({1}, {2000000000}))
                        .Input(I32({1}, {2000000000}))
                        .Input(I32({1}, {1}))
                        .Run(),
                    "int32"));
}

}  // namespace
}  // namespace rivulet
