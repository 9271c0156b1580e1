#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

TEST(BroadcastTo, Shapes) {
  EXPECT_EQ(OpTester("BroadcastTo").Unknown(DType::kFloat).ConstInput(I32({2}, {2, 3})).InferShape(), "[2,3]");
  EXPECT_EQ(OpTester("BroadcastTo").Unknown(DType::kFloat, {-1, 1}).ConstInput(I32({2}, {2, 3})).InferShape(), "[2,3]");
  EXPECT_EQ(OpTester("BroadcastTo").Unknown(DType::kFloat, {3}).Unknown(DType::kInt32, {2}).InferShape(), "[?,?]");
}

TEST(BroadcastTo, Refuses) {
  const auto infer = [](const Shape& in, int64_t to) {
    return OpTester("BroadcastTo").Unknown(DType::kFloat, in).ConstInput(I64({1}, {to})).Infer();
  };
  EXPECT_TRUE(infer({1}, 0).ok());
  EXPECT_TRUE(Fails(infer({2}, 3), "cannot be broadcast"));
  EXPECT_TRUE(Fails(infer({1, 1}, 1), "cannot be broadcast"));
  EXPECT_TRUE(Fails(infer({0}, 1), "cannot be broadcast"));
  EXPECT_TRUE(Fails(infer({1}, -1), "want >= 0"));
  EXPECT_TRUE(Fails(infer({1}, kLowest), "want >= 0"));
  const auto run = OpTester("BroadcastTo").Budget(1 << 20).Input(F32({}, {1})).Input(I64({2}, {kHuge, kHuge})).Run();
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.status().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace rivulet
