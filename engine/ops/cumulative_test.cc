#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(CumulativeTest, ExclusiveAndReverse) {
  const Tensor x = I32({4}, {1, 2, 3, 4});
  const auto run = [&](bool exclusive, bool reverse) {
    return OpTester("Cumsum").Attr("exclusive", exclusive).Attr("reverse", reverse).Input(x).Input(I32({}, {0})).Run();
  };
  EXPECT_TRUE(Same(run(false, false), I32({4}, {1, 3, 6, 10})));
  EXPECT_TRUE(Same(run(true, false), I32({4}, {0, 1, 3, 6})));
  EXPECT_TRUE(Same(run(false, true), I32({4}, {10, 9, 7, 4})));
  EXPECT_TRUE(Same(run(true, true), I32({4}, {9, 7, 4, 0})));
}

TEST(CumulativeTest, ManyColumns) {
  std::vector<int64_t> x(3 * 150, 2), want(3 * 150);
  for (size_t i = 0; i < want.size(); ++i) want[i] = int64_t{1} << (i / 150 + 1);
  EXPECT_TRUE(Same(OpTester("Cumprod").Threads(2).Input(Tensor::Of<int64_t>({3, 150}, x)).Input(I32({}, {-2})).Run(),
                   Tensor::Of<int64_t>({3, 150}, want)));
}

TEST(CumulativeTest, HalvesRoundAfterEveryStep) {
  EXPECT_TRUE(
      Same(OpTester("Cumsum").Input(F16({3}, {2048, 1, 1})).Input(I32({}, {0})).Run(), F16({3}, {2048, 2048, 2048})));
}

TEST(CumulativeTest, LogOfNothing) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(Near(OpTester("CumulativeLogsumexp")
                       .Attr("exclusive", true)
                       .Input(F64({3}, {-inf, 1000, 1000}))
                       .Input(I32({}, {0}))
                       .Run(),
                   F64({3}, {-inf, -inf, 1000})));
}

TEST(CumulativeTest, Errors) {
  for (const int64_t axis : {int64_t{1}, int64_t{-2}, std::numeric_limits<int64_t>::max()}) {
    EXPECT_TRUE(Fails(OpTester("Cumsum").Input(F32({2}, {1, 2})).Input(I64({}, {axis})).Run(), "axis"));
    EXPECT_TRUE(Fails(OpTester("Cumsum").Input(F32({0}, {})).ConstInput(I64({}, {axis})).Run(), "axis"));
  }
  EXPECT_TRUE(Fails(OpTester("Cumsum").Input(F32({}, {1})).Input(I32({}, {0})).Run()));
  EXPECT_TRUE(Fails(OpTester("Cumprod").Input(F32({1}, {1})).Input(I32({1}, {0})).Run()));
}

TEST(CumulativeTest, UnknownShapes) {
  EXPECT_EQ(OpTester("Cumsum").Unknown(DType::kFloat, {-1, 4}).Unknown(DType::kInt32).InferShape(), "[?,4]");
}

}  // namespace
}  // namespace rivulet
