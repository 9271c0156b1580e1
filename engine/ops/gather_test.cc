#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST(GatherTest, NamesTheIndexThatIsWrong) {
  EXPECT_TRUE(Fails(OpTester("Gather").Input(F32({3}, {1, 2, 3})).Input(I32({3}, {0, 2, 7})).Run(),
                    "indices[2] = 7 is not in [0, 3)"));
  EXPECT_TRUE(
      Fails(OpTester("GatherV2").Input(F32({3}, {1, 2, 3})).Input(I32({2, 1}, {0, -1})).Input(I32({}, {0})).Run(),
            "indices[1,0] = -1 is not in [0, 3)"));
  EXPECT_TRUE(Fails(OpTester("Gather").Input(F32({3}, {1, 2, 3})).Input(I32({}, {3})).Run(), "indices[] = 3"));
  for (const int64_t index : {kMin, kMax, int64_t{1} << 32}) {
    EXPECT_TRUE(Fails(OpTester("Gather").Input(F32({3}, {1, 2, 3})).Input(I64({1}, {index})).Run(), "is not in"));
  }
}

TEST(GatherTest, AxesAndBatchDimsThatAreWrong) {
  const Tensor params = Zeros(DType::kInt8, {2, 3, 4});
  const auto run = [&](int64_t axis, int64_t batch_dims) {
    return OpTester("GatherV2")
        .Attr("batch_dims", batch_dims)
        .Input(params)
        .Input(Zeros(DType::kInt32, {2, 1}))
        .Input(I64({}, {axis}))
        .Run();
  };
  EXPECT_TRUE(run(2, 1).ok());
  EXPECT_TRUE(run(-1, -1).ok());
  for (const int64_t axis : {int64_t{3}, int64_t{-4}, kMin, kMax}) EXPECT_TRUE(Fails(run(axis, 0), "axis"));
  for (const int64_t batch : {int64_t{3}, int64_t{-3}, kMin, kMax}) EXPECT_TRUE(Fails(run(2, batch), "batch_dims"));
  EXPECT_TRUE(Fails(run(0, 1), "batch_dims"));
  EXPECT_TRUE(Fails(run(2, 2), "batch dim 1"));
}

TEST(GatherTest, StringsAndThreads) {
  EXPECT_TRUE(Same(OpTester("GatherV2")
                       .Threads(3)
                       .Input(Strings({2, 2}, {"a", "b", "c", "d"}))
                       .Input(I32({2}, {1, 1}))
                       .Input(I32({}, {1}))
                       .Run(),
                   Strings({2, 2}, {"b", "b", "d", "d"})));
  std::vector<int32_t> picks(100000), want(100000);
  for (size_t i = 0; i < picks.size(); ++i) {
    picks[i] = static_cast<int32_t>(i * 7919 % 1000);
    want[i] = picks[i] * 2;
  }
  std::vector<int32_t> params(1000);
  for (size_t i = 0; i < params.size(); ++i) params[i] = static_cast<int32_t>(2 * i);
  EXPECT_TRUE(Same(OpTester("Gather")
                       .Threads(3)
                       .Input(Tensor::Of<int32_t>({1000}, params))
                       .Input(Tensor::Of<int32_t>({100000}, picks))
                       .Run(),
                   Tensor::Of<int32_t>({100000}, want)));
}

TEST(GatherTest, UnknownShapes) {
  const auto shape = [](const Shape& params, const Shape& indices, int64_t batch_dims) {
    return OpTester("GatherV2")
        .Attr("batch_dims", batch_dims)
        .Unknown(DType::kFloat, params)
        .Unknown(DType::kInt32, indices)
        .ConstInput(I32({}, {1}))
        .InferShape();
  };
  EXPECT_EQ(shape({-1, 3, 4}, {-1}, 0), "[?,?,4]");
  EXPECT_EQ(shape({-1, 3, 4}, {5, 6}, 1), "[5,6,4]");
  EXPECT_EQ(shape({-1, 3, 4}, Shape::UnknownRank(), 0), "?");
  EXPECT_EQ(OpTester("GatherV2")
                .Unknown(DType::kFloat, {2, 3})
                .Unknown(DType::kInt32, {5})
                .Unknown(DType::kInt32)
                .InferShape(),
            "[?,?]");
}

TEST(GatherTest, OutputsThatAreTooLarge) {
  const Tensor params = Zeros(DType::kFloat, {1, 1 << 16});
  EXPECT_TRUE(Fails(OpTester("Gather").Budget(1 << 26).Input(params).Input(Zeros(DType::kInt32, {1 << 16})).Run()));
}

}  // namespace
}  // namespace rivulet
