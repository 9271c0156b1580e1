#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

TEST(Inplace, LeavesTheInputAsItIs) {
  const Tensor x = F32({2, 2}, {1, 2, 3, 4});
  EXPECT_TRUE(Same(OpTester("InplaceUpdate").Input(x).Input(I32({1}, {-1})).Input(F32({1, 2}, {8, 9})).Run(),
                   F32({2, 2}, {1, 2, 8, 9})));
  EXPECT_TRUE(Same(OpTester("InplaceAdd").Input(x).Input(I32({2}, {0, 2})).Input(F32({2, 2}, {1, 1, 1, 1})).Run(),
                   F32({2, 2}, {3, 4, 3, 4})));
  EXPECT_TRUE(Same(OpTester("InplaceSub").Input(x).Input(I32({1}, {INT32_MIN})).Input(F32({1, 2}, {1, 1})).Run(),
                   F32({2, 2}, {0, 1, 3, 4})));
  EXPECT_TRUE(Same(x, F32({2, 2}, {1, 2, 3, 4})));
}

TEST(Inplace, Refuses) {
  const auto infer = [](const Shape& x, const Shape& i, const Shape& v) {
    return OpTester("InplaceAdd").Unknown(DType::kFloat, x).Unknown(DType::kInt32, i).Unknown(DType::kFloat, v).Infer();
  };
  EXPECT_TRUE(infer({2, 3}, {1}, {1, 3}).ok());
  EXPECT_TRUE(infer({2, 3}, {-1}, Shape::UnknownRank()).ok());
  EXPECT_TRUE(Fails(infer({2, 3}, {2}, {1, 3}), "want shape [2,3]"));
  EXPECT_TRUE(Fails(infer({2, 3}, {1}, {3}), "want shape [1,3]"));
  EXPECT_TRUE(Fails(infer({2, 3}, {}, {3}), "vector"));
  EXPECT_TRUE(Fails(infer({}, {1}, {1}), "rank >= 1"));
  EXPECT_TRUE(Same(OpTester("InplaceUpdate")
                       .Input(Zeros(DType::kFloat, {0, 2}))
                       .Input(I32({1}, {0}))
                       .Input(F32({1, 2}, {1, 1}))
                       .Run(),
                   F32({0, 2}, {})));
}

}  // namespace
}  // namespace rivulet
