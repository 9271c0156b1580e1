#include "engine/ops/op_test_kit.h"

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

TEST(Copy, KeepsShapeAndValue) {
  EXPECT_EQ(OpTester("DeepCopy").Unknown(DType::kString, {-1, 2}).InferShape(), "[?,2]");
  EXPECT_TRUE(Same(OpTester("GuaranteeConst").Input(Strings({1}, {"a"})).Run(), Strings({1}, {"a"})));
  const auto known = OpTester("CopyHost").ConstInput(I32({1}, {3})).Infer();
  ASSERT_TRUE(known.ok());
  EXPECT_TRUE(Same((*known)[0].value, I32({1}, {3})));
}

TEST(HostConst, IsItsValue) {
  const auto run = OpTester("HostConst").Attr("value", I64({2}, {3, 4})).Attr("dtype", DType::kInt64).Run();
  EXPECT_TRUE(Same(run, I64({2}, {3, 4})));
  EXPECT_TRUE(
      Fails(OpTester("HostConst").Attr("value", I64({2}, {3, 4})).Attr("dtype", DType::kFloat).Infer(), "float32"));
  EXPECT_TRUE(Fails(OpTester("HostConst").Attr("dtype", DType::kFloat).Infer(), "'value'"));
}

}  // namespace
}  // namespace rivulet
