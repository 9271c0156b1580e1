#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Result<std::vector<Tensor>> Samples(int32_t dim, int32_t count, int32_t skip) {
  return OpTester("SobolSample")
      .Attr("dtype", DType::kDouble)
      .Input(I32({}, {dim}))
      .Input(I32({}, {count}))
      .Input(I32({}, {skip}))
      .Run();
}

TEST(SobolSample, BeginsAsEverywhere) {
  EXPECT_TRUE(Same(Samples(2, 3, 0), F64({3, 2}, {0.5, 0.5, 0.75, 0.25, 0.25, 0.75})));
  EXPECT_TRUE(Same(Samples(2, 1, 2), F64({1, 2}, {0.25, 0.75})));
}

// What makes the sequence one: the first 2^n points and the origin fill each of 2^n slices of every dim once.
TEST(SobolSample, EachSliceOfEachDimHasOnePoint) {
  const auto got = Samples(1111, 63, 0);
  ASSERT_TRUE(got.ok()) << got.status().message();
  for (int64_t d = 0; d < 1111; ++d) {
    uint64_t seen = 1;  // the origin
    for (int64_t i = 0; i < 63; ++i) {
      seen |= uint64_t{1} << static_cast<int>((*got)[0].data<double>()[i * 1111 + d] * 64);
    }
    EXPECT_EQ(seen, ~uint64_t{0}) << "dim " << d;
  }
}

TEST(SobolSample, WhatIsWrong) {
  EXPECT_TRUE(Fails(Samples(0, 1, 0), "dim: want at least 1, got 0"));
  EXPECT_TRUE(Fails(Samples(1112, 1, 0), "dim: want at most 1111, got 1112"));
  EXPECT_TRUE(Fails(Samples(2, 0, 0), "num_results: want at least 1, got 0"));
  EXPECT_TRUE(Fails(Samples(2, 1, -1), "skip: want at least 0, got -1"));
  EXPECT_TRUE(Fails(Samples(2, 3, 2147483645), "num_results + skip: want less than 2147483647, got 2147483648"));
}

}  // namespace
}  // namespace rivulet
