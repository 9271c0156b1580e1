#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Result<std::vector<Tensor>> Reduce(const char* op, const Tensor& x, const Tensor& axes) {
  return OpTester(op).Input(x).Input(axes).Run();
}

TEST(ReduceArithmeticTest, IntegersWrapWithoutOverflow) {
  constexpr int64_t kLow = std::numeric_limits<int64_t>::min();
  EXPECT_TRUE(Same(Reduce("Sum", I64({2}, {kLow, -1}), I32({1}, {0})), I64({}, {std::numeric_limits<int64_t>::max()})));
  EXPECT_TRUE(Same(Reduce("Prod", I64({2}, {kLow, -1}), I32({1}, {0})), I64({}, {kLow})));
  EXPECT_TRUE(Same(Reduce("Mean", I64({1}, {kLow}), I32({1}, {0})), I64({}, {kLow})));
  EXPECT_TRUE(Same(Reduce("Sum", I8({2}, {-128, -128}), I32({1}, {0})), I8({}, {0})));
  EXPECT_TRUE(Same(Reduce("Mean", I8({2}, {-128, -128}), I32({1}, {0})), I8({}, {-128})));
}

TEST(ReduceArithmeticTest, NormsThatAreNoNumbers) {
  constexpr int64_t kLow = std::numeric_limits<int64_t>::min();
  EXPECT_TRUE(
      Same(Reduce("EuclideanNorm", I64({2}, {int64_t{1} << 31, int64_t{1} << 31}), I32({1}, {0})), I64({}, {kLow})));
  EXPECT_TRUE(Same(Reduce("EuclideanNorm", I8({2}, {8, 8}), I32({1}, {0})), I8({}, {0})));
  EXPECT_TRUE(Same(Reduce("EuclideanNorm", U64({1}, {0xffffffff}), I32({1}, {0})), U64({}, {0xffffffff})));
}

TEST(ReduceArithmeticTest, MeanOfNothing) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(Same(Reduce("Mean", F32({2, 0}, {}), I32({1}, {1})), F32({2}, {nan, nan})));
  EXPECT_TRUE(Same(Reduce("Mean", U32({2, 0}, {}), I32({1}, {1})), U32({2}, {0, 0})));
  EXPECT_TRUE(Same(Reduce("Mean", C64({0}, {}), I32({1}, {0})), C64({}, {0})));
  EXPECT_TRUE(Same(Reduce("Mean", F32({0, 3}, {}), I32({1}, {1})), F32({0}, {})));
}

// Sums of millions of halves neither stick nor drift.
TEST(ReduceArithmeticTest, LongSumsAreExact) {
  std::vector<Half> ones(60000, Half(0.5f));
  EXPECT_TRUE(Same(Reduce("Sum", Tensor::Of<Half>({60000}, ones), I32({1}, {0})), F16({}, {30000})));
  std::vector<float> tenths(3000000, 0.1f);
  EXPECT_TRUE(
      Near(Reduce("Sum", Tensor::Of<float>({3000000}, tenths), I32({1}, {0})), F32({}, {300000.0045f}), 0, 1e-6f));
}

TEST(ReduceArithmeticTest, AnyNumberOfThreadsGivesTheSameBits) {
  std::vector<float> values(200000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = 1.0f / static_cast<float>(i + 1);
  for (const int32_t axis : {0, 1, 2}) {
    const auto run = [&](int threads) {
      return OpTester("Sum")
          .Threads(threads)
          .Input(Tensor::Of<float>({20, 100, 100}, values))
          .Input(I32({1}, {axis}))
          .Run();
    };
    const auto one = run(1);
    ASSERT_TRUE(one.ok());
    EXPECT_TRUE(Same(run(3), (*one)[0]));
  }
}

}  // namespace
}  // namespace rivulet
