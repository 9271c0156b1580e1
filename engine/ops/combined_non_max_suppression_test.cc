#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(CombinedNonMaxSuppression, PadsWithZeros) {
  EXPECT_TRUE(Same(OpTester("CombinedNonMaxSuppression")
                       .Input(F32({1, 1, 1, 4}, {0, 0, 2, 0.5f}))
                       .Input(F32({1, 1, 2}, {0.25f, 0.5f}))
                       .Input(I32({}, {3}))
                       .Input(I32({}, {3}))
                       .Input(F32({}, {0.5f}))
                       .Input(F32({}, {0.3f}))
                       .Run(),
                   F32({1, 3, 4}, {0, 0, 1, 0.5f, 0, 0, 0, 0, 0, 0, 0, 0})));
}

TEST(CombinedNonMaxSuppression, RefusesBadSizes) {
  EXPECT_TRUE(Fails(OpTester("CombinedNonMaxSuppression")
                        .Input(Zeros(DType::kFloat, {1, 2, 1, 4}))
                        .Input(Zeros(DType::kFloat, {1, 3, 2}))
                        .Input(I32({}, {3}))
                        .Input(I32({}, {3}))
                        .Input(F32({}, {0.5f}))
                        .Input(F32({}, {0.3f}))
                        .Run(),
                    "scores"));
}

}  // namespace
}  // namespace rivulet
