#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST(ScatterNdTest, NamesTheIndexThatIsWrong) {
  for (const int64_t index : {int64_t{4}, int64_t{-1}, kMin, kMax}) {
    EXPECT_TRUE(
        Fails(OpTester("ScatterNd").Input(I64({2, 1}, {1, index})).Input(F32({2}, {1, 2})).Input(I64({1}, {4})).Run(),
              "indices[1] = ["));
    EXPECT_TRUE(Fails(OpTester("TensorScatterMax")
                          .Input(F32({4}, {1, 2, 3, 4}))
                          .Input(I64({1, 1}, {index}))
                          .Input(F32({1}, {1}))
                          .Run(),
                      "indices[0] = ["));
    EXPECT_TRUE(Same(OpTester("TensorScatterUpdate")
                         .Attr("bad_indices_policy", "IGNORE")
                         .Input(F32({2}, {1, 2}))
                         .Input(I64({2, 1}, {index, 0}))
                         .Input(F32({2}, {7, 8}))
                         .Run(),
                     F32({2}, {8, 2})));
  }
}

TEST(ScatterNdTest, ShapesThatAreWrong) {
  const auto run = [](const Tensor& shape) {
    return OpTester("ScatterNd").Budget(1 << 20).Input(I64({1, 1}, {0})).Input(F32({1}, {1})).Input(shape).Run();
  };
  for (const int64_t dim : {int64_t{-1}, kMin, kMax, int64_t{1} << 61, int64_t{1} << 30})
    EXPECT_TRUE(Fails(run(I64({1}, {dim}))));
  EXPECT_TRUE(Fails(run(I64({2}, {1, 2})), "do not fit"));
  EXPECT_TRUE(Fails(run(I64({1}, {0})), "empty"));
  EXPECT_TRUE(Fails(run(Zeros(DType::kInt64, {300}))));
  EXPECT_TRUE(Fails(OpTester("ScatterNd").Input(I64({1, 0}, {})).Input(F32({1}, {1})).Input(I64({0}, {})).Run()));
  EXPECT_TRUE(
      Fails(OpTester("TensorScatterAdd").Input(F32({2}, {1, 2})).Input(I32({1, 1}, {0})).Input(F32({2}, {1, 2})).Run(),
            "do not fit"));
  EXPECT_TRUE(Fails(OpTester("TensorScatterAdd")
                        .Input(F32({2}, {1, 2}))
                        .Input(Zeros(DType::kInt32, {0, int64_t{1} << 40}))
                        .Input(F32({0}, {}))
                        .Run()));
}

TEST(ScatterNdTest, ManyColumns) {
  std::vector<int32_t> updates(3 * 500, 1);
  const auto got = OpTester("TensorScatterSub")
                       .Threads(3)
                       .Input(Zeros(DType::kInt32, {2, 500}))
                       .Input(I32({3, 1}, {1, 1, 0}))
                       .Input(Tensor::Of<int32_t>({3, 500}, updates))
                       .Run();
  ASSERT_TRUE(got.ok());
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ((*got)[0].data<int32_t>()[i], -1);
    EXPECT_EQ((*got)[0].data<int32_t>()[500 + i], -2);
  }
}

TEST(ScatterNdTest, UnknownShapes) {
  EXPECT_EQ(
      OpTester("ScatterNd").Unknown(DType::kInt32).Unknown(DType::kFloat).Unknown(DType::kInt32, {3}).InferShape(),
      "[?,?,?]");
  EXPECT_EQ(OpTester("ScatterNd")
                .Unknown(DType::kInt32, {-1, 1})
                .Unknown(DType::kFloat, {-1, -1})
                .ConstInput(I32({2}, {4, 5}))
                .InferShape(),
            "[4,5]");
  EXPECT_EQ(OpTester("TensorScatterAdd")
                .Unknown(DType::kFloat, {-1, 4})
                .Unknown(DType::kInt32)
                .Unknown(DType::kFloat)
                .InferShape(),
            "[?,4]");
}

}  // namespace
}  // namespace rivulet
