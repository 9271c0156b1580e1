#include <vector>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(L2LossTest, LongSums) {
  const std::vector<float> ones(3000000, 1.0f);
  for (const int threads : {1, 3}) {
    EXPECT_TRUE(
        Same(OpTester("L2Loss").Input(Tensor::Of<float>({3000000}, ones)).Threads(threads).Run(), F32({}, {1500000})));
  }
  EXPECT_TRUE(Same(OpTester("L2Loss").Input(Zeros(DType::kDouble, {0})).Run(), F64({}, {0})));
  EXPECT_EQ(OpTester("L2Loss").Unknown(DType::kFloat).InferShape(), "[]");
}

}  // namespace
}  // namespace rivulet
