#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(AsString, Attributes) {
  const auto run = [](const Tensor& x, const char* name, const auto& value) {
    return OpTester("AsString").Attr(name, value).Input(x).Run();
  };
  EXPECT_TRUE(Fails(run(I32({1}, {1}), "precision", 2), "only for floating point types, got int32"));
  EXPECT_TRUE(Fails(run(Bools({1}, {true}), "shortest", true), "only for floating point types, got bool"));
  EXPECT_TRUE(Fails(run(F32({1}, {1}), "fill", "x"), "want one of \"+- 0#\" or none, got 'x'"));
  EXPECT_TRUE(Fails(run(F32({1}, {1}), "width", int64_t{1} << 30), "attr 'width': want <= 1048576"));
  EXPECT_TRUE(Fails(run(F32({1}, {1}), "precision", int64_t{1} << 30), "attr 'precision': want <= 1048576"));
  EXPECT_EQ(OpTester("AsString").Unknown(DType::kInt64, {-1, 3}).InferShape(), "[?,3]");
}

TEST(AsString, WithinTheBudget) {
  const auto run = OpTester("AsString").Attr("width", 1 << 20).Input(Zeros(DType::kInt8, {100})).Budget(1 << 20).Run();
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.status().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace rivulet
