#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

TEST(Reverse, AxesFoundOnlyWhenRun) {
  const auto run = [](int64_t axis) {
    return OpTester("ReverseV2").Input(F32({3}, {1, 2, 3})).Input(I64({1}, {axis})).Run();
  };
  EXPECT_TRUE(Same(run(-1), F32({3}, {3, 2, 1})));
  EXPECT_TRUE(Fails(run(1), "axis"));
  EXPECT_TRUE(Fails(run(INT64_MIN), "axis"));
  EXPECT_TRUE(Fails(OpTester("ReverseV2").Input(F32({3}, {1, 2, 3})).Input(I32({2}, {0, -1})).Run(), "twice"));
  EXPECT_TRUE(Fails(OpTester("Reverse").Input(F32({3}, {1, 2, 3})).Input(Bools({2}, {true, true})).Run(), "1 flags"));
}

TEST(Reverse, KeepsTheShape) {
  EXPECT_EQ(OpTester("ReverseV2").Unknown(DType::kFloat, {-1, 3}).Unknown(DType::kInt32).InferShape(), "[?,3]");
  EXPECT_TRUE(Fails(OpTester("ReverseV2").Unknown(DType::kFloat, {3}).Unknown(DType::kInt32, {}).Infer(), "rank 1"));
}

}  // namespace
}  // namespace rivulet
