#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

Result<std::vector<Tensor>> Distance(const Tensor& indices, const Tensor& values, const Tensor& shape) {
  return OpTester("EditDistance")
      .Input(indices)
      .Input(values)
      .ConstInput(shape)
      .Input(I64({1, 2}, {0, 0}))
      .Input(I32({1}, {1}))
      .ConstInput(I64({2}, {1, 1}))
      .Run();
}

TEST(EditDistance, Errors) {
  const Tensor shape = I64({2}, {1, 2});
  EXPECT_TRUE(Same(Distance(I64({2, 2}, {0, 0, 0, 1}), I32({2}, {1, 2}), shape), F32({1}, {1})));
  EXPECT_TRUE(Fails(Distance(I64({1, 2}, {3, 0}), I32({1}, {1}), shape), "hypothesis_indices: row 0 is outside"));
  EXPECT_TRUE(Fails(Distance(I64({1, 2}, {0, 0}), I32({2}, {1, 2}), shape), "want one for each of 1 indices, got 2"));
  EXPECT_TRUE(Fails(Distance(I64({1, 2}, {0, 0}), I32({1}, {1}), I64({2}, {-1, 2})), "want dims >= 0, got -1"));
  EXPECT_TRUE(Fails(Distance(I64({1, 1}, {0}), I32({1}, {1}), I64({1}, {1})), "rank >= 2"));
}

}  // namespace
}  // namespace rivulet
