#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(HistogramTest, RangesThatAreOdd) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const auto count = [](const Tensor& range) {
    return OpTester("HistogramFixedWidth").Input(F64({3}, {-1, 0, 1e300})).Input(range).Input(I32({}, {2})).Run();
  };
  EXPECT_TRUE(Fails(count(F64({2}, {nan, 1}))));
  EXPECT_TRUE(Fails(count(F64({2}, {1, 1}))));
  EXPECT_TRUE(Fails(count(F64({3}, {1, 2, 3}))));
  // Neither of these has bins of a finite width; every value is still counted.
  for (const Tensor& range : {F64({2}, {-inf, inf}), F64({2}, {0, inf}), F64({2}, {-inf, 0}), F64({2}, {0, 5e-324}),
                              F64({2}, {-1.7e308, 1.7e308})}) {
    const auto got = count(range);
    ASSERT_TRUE(got.ok()) << got.status().ToString();
    EXPECT_EQ((*got)[0].data<int32_t>()[0] + (*got)[0].data<int32_t>()[1], 3);
  }
  EXPECT_TRUE(Fails(OpTester("HistogramFixedWidth")
                        .Input(F32({1}, {static_cast<float>(nan)}))
                        .Input(F32({2}, {0, 1}))
                        .Input(I32({}, {2}))
                        .Run(),
                    "NaN"));
}

TEST(HistogramTest, SizesThatAreWrong) {
  constexpr int32_t kMin = std::numeric_limits<int32_t>::min(), kMax = std::numeric_limits<int32_t>::max();
  for (const int32_t bins : {0, -1, kMin}) {
    EXPECT_TRUE(Fails(
        OpTester("HistogramFixedWidth").Input(F32({1}, {1})).Input(F32({2}, {0, 1})).Input(I32({}, {bins})).Run()));
  }
  EXPECT_TRUE(Fails(OpTester("HistogramFixedWidth")
                        .Budget(1 << 20)
                        .Input(F32({1}, {1}))
                        .Input(F32({2}, {0, 1}))
                        .Input(I32({}, {kMax}))
                        .Run()));
  EXPECT_TRUE(Fails(OpTester("Bincount").Input(I32({1}, {1})).Input(I32({}, {kMin})).Input(F32({0}, {})).Run()));
  EXPECT_TRUE(Fails(OpTester("DenseBincount")
                        .Budget(1 << 20)
                        .Input(I64({1}, {1}))
                        .Input(I64({}, {int64_t{1} << 62}))
                        .Input(F32({0}, {}))
                        .Run()));
  EXPECT_TRUE(
      Fails(OpTester("Bincount").Input(I32({1}, {kMin})).Input(I32({}, {2})).Input(F32({0}, {})).Run(), "negative"));
  EXPECT_TRUE(Fails(OpTester("DenseBincount").Input(I32({1, 1, 1}, {0})).Input(I32({}, {2})).Input(F32({0}, {})).Run(),
                    "rank 2"));
}

// Rows without columns take no memory: their number must not count.
TEST(HistogramTest, ManyEmptyRows) {
  const Tensor rows = Zeros(DType::kInt32, {int64_t{1} << 40, 0});
  EXPECT_TRUE(Same(OpTester("DenseBincount").Input(rows).Input(I32({}, {0})).Input(F32({0}, {})).Run(),
                   F32({int64_t{1} << 40, 0}, {})));
}

TEST(HistogramTest, WeightsWrap) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_TRUE(
      Same(OpTester("Bincount").Input(I32({3}, {1, 1, 7})).Input(I32({}, {2})).Input(I64({3}, {kMax, 1, 5})).Run(),
           I64({2}, {0, std::numeric_limits<int64_t>::min()})));
}

TEST(HistogramTest, UnknownShapes) {
  EXPECT_EQ(
      OpTester("Bincount").Unknown(DType::kInt32).Unknown(DType::kInt32, Shape()).Unknown(DType::kFloat).InferShape(),
      "[?]");
  EXPECT_EQ(OpTester("DenseBincount")
                .Unknown(DType::kInt32, {-1, 3})
                .ConstInput(I32({}, {4}))
                .Unknown(DType::kFloat)
                .InferShape(),
            "[?,4]");
  EXPECT_EQ(
      OpTester("DenseBincount").Unknown(DType::kInt32).ConstInput(I32({}, {4})).Unknown(DType::kFloat).InferShape(),
      "?");
}

}  // namespace
}  // namespace rivulet
