#include <limits>

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

OpTester Product(bool a_sparse, bool b_sparse) {
  OpTester op("SparseMatMul");
  op.Attr("a_is_sparse", a_sparse).Attr("b_is_sparse", b_sparse);
  return op;
}

TEST(SparseMatMul, ZerosOfASparseOperandDoNotMeetNan) {
  const Tensor a = F32({1, 2}, {0, 1}), b = F32({2, 1}, {kNan, 2});
  EXPECT_TRUE(Same(Product(true, false).Input(a).Input(b).Run(), F32({1, 1}, {2})));
  EXPECT_TRUE(Same(Product(false, false).Input(a).Input(b).Run(), F32({1, 1}, {kNan})));
  EXPECT_TRUE(
      Same(Product(false, true).Input(F32({1, 2}, {kNan, 2})).Input(F32({2, 1}, {0, 1})).Run(), F32({1, 1}, {2})));
}

TEST(SparseMatMul, TransposesAndTypes) {
  for (const bool sparse : {false, true}) {
    EXPECT_TRUE(Same(Product(sparse, sparse)
                         .Attr("transpose_a", true)
                         .Attr("transpose_b", true)
                         .Input(BF16({2, 1}, {1, 2}))
                         .Input(F32({3, 2}, {1, 0, 0, 1, 1, 1}))
                         .Run(),
                     F32({1, 3}, {1, 2, 3})));
  }
  EXPECT_TRUE(Fails(Product(false, false).Input(F32({1, 2}, {1, 2})).Input(F32({1, 2}, {1, 2})).Run(), "inner sizes"));
}

}  // namespace
}  // namespace rivulet
