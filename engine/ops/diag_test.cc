#include "engine/ops/op_test_kit.h"

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

TEST(Diag, Shapes) {
  EXPECT_EQ(OpTester("Diag").Unknown(DType::kFloat, {2, -1}).InferShape(), "[2,?,2,?]");
  EXPECT_EQ(OpTester("DiagPart").Unknown(DType::kFloat, {2, -1, -1, 3}).InferShape(), "[2,3]");
  EXPECT_EQ(OpTester("DiagPart").Unknown(DType::kFloat).InferShape(), "?");
}

TEST(Diag, Refuses) {
  EXPECT_TRUE(Fails(OpTester("Diag").Unknown(DType::kFloat, {}).Infer(), "rank"));
  EXPECT_TRUE(Fails(OpTester("Diag").Unknown(DType::kFloat, Shape::OfUnknownDims(128)).Infer(), "127"));
  EXPECT_TRUE(Fails(OpTester("DiagPart").Unknown(DType::kFloat, {2, 2, 2}).Infer(), "even rank"));
  EXPECT_TRUE(Fails(OpTester("DiagPart").Unknown(DType::kFloat, {2, 3}).Infer(), "differ"));
  const auto run = OpTester("Diag").Budget(1 << 20).Input(Zeros(DType::kFloat, {10000})).Run();
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.status().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace rivulet
