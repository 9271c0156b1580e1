#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

TEST(SegmentTest, IdsThatAreWrong) {
  for (const char* op : {"SegmentSum", "SegmentMean", "SegmentProd", "SegmentMax", "SegmentMin"}) {
    const auto run = [&](int64_t first, int64_t second) {
      return OpTester(op).Budget(1 << 20).Input(F32({2}, {1, 2})).Input(I64({2}, {first, second})).Run();
    };
    EXPECT_TRUE(run(0, 5).ok());
    EXPECT_TRUE(Fails(run(1, 0), "segment_ids[1]"));
    EXPECT_TRUE(Fails(run(-1, 0), "segment_ids[0]"));
    EXPECT_TRUE(Fails(run(kMin, 0)));
    EXPECT_TRUE(Fails(run(0, kMin)));
    EXPECT_TRUE(Fails(run(0, kMax)));
    EXPECT_TRUE(Fails(run(0, int64_t{1} << 62)));
    EXPECT_TRUE(Fails(run(0, int64_t{1} << 40)));
    EXPECT_TRUE(Fails(run(kMax, 0)));
  }
}

TEST(SegmentTest, MeanDividesInItsOwnType) {
  // 256 rows are 0 in uint8: no division by zero.
  std::vector<uint8_t> ones(256, 1);
  EXPECT_TRUE(
      Same(OpTester("SegmentMean").Input(Tensor::Of<uint8_t>({256}, ones)).Input(Zeros(DType::kInt32, {256})).Run(),
           U8({1}, {0})));
  // 255 rows are -1 in int8, of a sum of -128.
  std::vector<int8_t> rows(255, 0);
  rows[0] = -128;
  EXPECT_TRUE(
      Same(OpTester("SegmentMean").Input(Tensor::Of<int8_t>({255}, rows)).Input(Zeros(DType::kInt32, {255})).Run(),
           I8({1}, {-128})));
}

TEST(SegmentTest, ManyColumns) {
  std::vector<float> x(4 * 1000, 1.5f);
  const auto got =
      OpTester("SegmentSum").Threads(3).Input(Tensor::Of<float>({4, 1000}, x)).Input(I32({4}, {0, 2, 2, 2})).Run();
  ASSERT_TRUE(got.ok());
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ((*got)[0].data<float>()[i], 1.5f);
    EXPECT_EQ((*got)[0].data<float>()[1000 + i], 0.0f);
    EXPECT_EQ((*got)[0].data<float>()[2000 + i], 4.5f);
  }
}

TEST(SegmentTest, UnknownShapes) {
  EXPECT_EQ(OpTester("SegmentSum").Unknown(DType::kFloat, {4, -1}).Unknown(DType::kInt32).InferShape(), "[?,?]");
  EXPECT_EQ(OpTester("SegmentSum").Unknown(DType::kFloat, {-1, 3}).ConstInput(I32({2}, {0, 4})).InferShape(), "[5,3]");
  EXPECT_EQ(OpTester("SegmentSum").Unknown(DType::kFloat).ConstInput(I32({0}, {})).InferShape(), "?");
}

}  // namespace
}  // namespace rivulet
