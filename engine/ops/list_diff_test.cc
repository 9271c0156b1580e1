#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ListDiffTest, KeepsOrderAndRepeats) {
  const auto got = OpTester("ListDiff")
                       .Attr("out_idx", DType::kInt64)
                       .Input(I16({6}, {5, 1, 5, -3, 2, 1}))
                       .Input(I16({2}, {2, 1}))
                       .Run();
  EXPECT_TRUE(Same(got, I16({3}, {5, 5, -3}), 0));
  EXPECT_TRUE(Same(got, I64({3}, {0, 2, 3}), 1));
}

TEST(ListDiffTest, Errors) {
  EXPECT_TRUE(Fails(OpTester("ListDiff").Input(I32({1, 1}, {1})).Input(I32({1}, {1})).Run()));
  EXPECT_TRUE(Fails(OpTester("ListDiff").Input(I32({1}, {1})).Input(I64({1}, {1})).Run()));
}

}  // namespace
}  // namespace rivulet
