#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(PassThroughTest, IdentityN) {
  const auto types = std::vector<DType>{DType::kFloat, DType::kString, DType::kInt64};
  const auto got = OpTester("IdentityN")
                       .Attr("T", types)
                       .Input(F32({2}, {1, 2}))
                       .Input(Strings({}, {"a"}))
                       .Input(Zeros(DType::kInt64, {0}))
                       .Run();
  EXPECT_TRUE(Same(got, F32({2}, {1, 2}), 0));
  EXPECT_TRUE(Same(got, Strings({}, {"a"}), 1));
  EXPECT_TRUE(Same(got, I64({0}, {}), 2));
  EXPECT_TRUE(Fails(OpTester("IdentityN").Attr("T", std::vector<DType>()).Run(), "T"));
  EXPECT_TRUE(Fails(OpTester("IdentityN").Attr("T", types).Input(F32({1}, {1})).Run(), "want 3"));
}

TEST(PassThroughTest, Print) {
  EXPECT_TRUE(Same(
      OpTester("Print").Attr("U", std::vector<DType>{DType::kInt32}).Input(F32({1}, {4})).Input(I32({}, {1})).Run(),
      F32({1}, {4})));
  EXPECT_TRUE(OpTester("PrintV2").Input(Strings({}, {"a"})).Run().ok());
  EXPECT_TRUE(Fails(OpTester("PrintV2").Input(Strings({1}, {"a"})).Run(), "rank 0"));
  EXPECT_TRUE(OpTester("NoOp").Run().ok());
}

}  // namespace
}  // namespace rivulet
