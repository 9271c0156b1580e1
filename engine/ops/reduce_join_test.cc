#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(ReduceJoin, Shapes) {
  OpTester tester("ReduceJoin");
  tester.Attr("keep_dims", true).Unknown(DType::kString, {2, -1, 3}).Unknown(DType::kInt32, {1});
  EXPECT_EQ(tester.InferShape(), "[?,?,?]");
  EXPECT_EQ(OpTester("ReduceJoin").Unknown(DType::kString, {2, -1, 3}).ConstInput(I32({}, {-1})).InferShape(), "[2,?]");
}

TEST(ReduceJoin, WrongAxes) {
  const auto run = [](const Tensor& axes) {
    return OpTester("ReduceJoin").Input(Strings({1, 2}, {"a", "b"})).ConstInput(axes).Run();
  };
  EXPECT_TRUE(Fails(run(I32({1}, {2})), "reduction_indices"));
  EXPECT_TRUE(Fails(run(I32({2}, {0, 0})), "reduction_indices"));
  EXPECT_TRUE(Fails(run(I32({1, 1}, {0})), "want a scalar or a vector"));
}

}  // namespace
}  // namespace rivulet
