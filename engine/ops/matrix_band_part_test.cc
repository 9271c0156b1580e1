#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

TEST(MatrixBandPart, Refuses) {
  const auto run = [](int64_t lower, int64_t upper) {
    return OpTester("MatrixBandPart")
        .Input(I32({2, 3}, {1, 2, 3, 4, 5, 6}))
        .Input(I64({}, {lower}))
        .Input(I64({}, {upper}))
        .Run();
  };
  EXPECT_TRUE(Same(run(0, 1), I32({2, 3}, {1, 2, 0, 0, 5, 6})));
  EXPECT_TRUE(Same(run(INT64_MIN, 0), I32({2, 3}, {1, 0, 0, 4, 5, 0})));
  EXPECT_TRUE(Same(run(2, 3), I32({2, 3}, {1, 2, 3, 4, 5, 6})));
  EXPECT_TRUE(Fails(run(3, 0), "num_lower"));
  EXPECT_TRUE(Fails(run(0, INT64_MAX), "num_upper"));
  EXPECT_TRUE(Fails(
      OpTester("MatrixBandPart").Unknown(DType::kFloat, {3}).Unknown(DType::kInt64).Unknown(DType::kInt64).Infer(),
      "rank >= 2"));
  EXPECT_TRUE(Fails(OpTester("MatrixBandPart")
                        .Unknown(DType::kFloat, {3, 3})
                        .Unknown(DType::kInt64, {1})
                        .Unknown(DType::kInt64)
                        .Infer(),
                    "rank 0"));
  EXPECT_EQ(OpTester("MatrixBandPart")
                .Unknown(DType::kFloat, {3, -1})
                .Unknown(DType::kInt64)
                .Unknown(DType::kInt64)
                .InferShape(),
            "[3,?]");
}

}  // namespace
}  // namespace rivulet
