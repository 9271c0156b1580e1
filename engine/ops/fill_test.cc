#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

TEST(Fill, Shapes) {
  EXPECT_EQ(OpTester("Fill").ConstInput(I32({2}, {2, 3})).Unknown(DType::kFloat, {}).InferShape(), "[2,3]");
  EXPECT_EQ(OpTester("Fill").Unknown(DType::kInt32, {2}).Unknown(DType::kFloat).InferShape(), "[?,?]");
  EXPECT_EQ(OpTester("Fill").Unknown(DType::kInt32).Unknown(DType::kFloat).InferShape(), "?");
}

TEST(Fill, Refuses) {
  EXPECT_TRUE(Fails(OpTester("Fill").ConstInput(I64({2}, {2, kLowest})).Unknown(DType::kFloat, {}).Infer(), "dims[1]"));
  EXPECT_TRUE(Fails(OpTester("Fill").ConstInput(I32({1, 1}, {2})).Unknown(DType::kFloat, {}).Infer(), "vector"));
  EXPECT_TRUE(Fails(OpTester("Fill").ConstInput(I32({1}, {2})).Unknown(DType::kFloat, {1}).Infer(), "rank 0"));
  EXPECT_TRUE(Fails(OpTester("Fill").Unknown(DType::kInt32, {255}).Unknown(DType::kFloat, {}).Infer(), "254"));
  for (const int64_t size : {kHuge, int64_t{1} << 40}) {
    const auto run = OpTester("Fill").Budget(1 << 20).Input(I64({2}, {size, 2})).Input(F32({}, {1})).Run();
    ASSERT_FALSE(run.ok());
    EXPECT_EQ(run.status().code(), Code::kResourceExhausted);
  }
}

TEST(Empty, IsZeros) {
  EXPECT_TRUE(
      Same(OpTester("Empty").Attr("dtype", DType::kInt16).Input(I32({2}, {1, 3})).Run(), I16({1, 3}, {0, 0, 0})));
  EXPECT_TRUE(Same(OpTester("Empty").Attr("dtype", DType::kString).Input(I32({1}, {1})).Run(), Strings({1}, {""})));
  EXPECT_TRUE(Fails(OpTester("Empty").Attr("dtype", DType::kFloat).Input(I32({1}, {-1})).Run(), "shape[0]"));
}

}  // namespace
}  // namespace rivulet
