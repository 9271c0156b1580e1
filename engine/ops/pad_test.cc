#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

TEST(Pad, Shapes) {
  EXPECT_EQ(OpTester("Pad").Unknown(DType::kFloat, {-1, 3}).ConstInput(I32({2, 2}, {1, 1, 2, 0})).InferShape(),
            "[?,5]");
  EXPECT_EQ(OpTester("Pad").Unknown(DType::kFloat, {2, 3}).Unknown(DType::kInt32).InferShape(), "[?,?]");
  EXPECT_EQ(OpTester("Pad").Unknown(DType::kFloat).Unknown(DType::kInt32, {3, 2}).InferShape(), "[?,?,?]");
  EXPECT_EQ(OpTester("Pad").Unknown(DType::kFloat).Unknown(DType::kInt32).InferShape(), "?");
}

TEST(Pad, Refuses) {
  const auto pad = [](int64_t before, int64_t after) {
    return OpTester("Pad").Unknown(DType::kFloat, {3}).ConstInput(I64({1, 2}, {before, after})).Infer();
  };
  EXPECT_TRUE(Fails(pad(-1, 0), "want >= 0"));
  EXPECT_TRUE(Fails(pad(kLowest, 0), "want >= 0"));
  EXPECT_TRUE(Fails(pad(kHuge, kHuge), "too large"));
  EXPECT_TRUE(Fails(OpTester("Pad").Unknown(DType::kFloat, {3}).Unknown(DType::kInt32, {2, 2}).Infer(), "[1,2]"));
  EXPECT_TRUE(Fails(OpTester("Pad").Unknown(DType::kFloat, {3}).Unknown(DType::kInt32, {1, 3}).Infer(), "[1,2]"));
  EXPECT_TRUE(Fails(OpTester("Pad").Unknown(DType::kFloat).Unknown(DType::kInt32, {300, 2}).Infer(), "paddings"));
}

TEST(Pad, HugeResultsAreRefusedByTheBudget) {
  const auto run =
      OpTester("Pad").Budget(1 << 20).Input(F32({1}, {1})).ConstInput(I64({1, 2}, {0, int64_t{1} << 40})).Run();
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.status().code(), Code::kResourceExhausted);
}

TEST(PadV2, FillerOfAnyDtype) {
  EXPECT_TRUE(
      Same(OpTester("PadV2").Input(Strings({1}, {"a"})).Input(I32({1, 2}, {1, 1})).Input(Strings({}, {"-"})).Run(),
           Strings({3}, {"-", "a", "-"})));
  EXPECT_TRUE(
      Fails(OpTester("PadV2").Input(I8({1}, {1})).Input(I32({1, 2}, {1, 1})).Input(I8({2}, {0, 0})).Run(), "rank 0"));
}

}  // namespace
}  // namespace rivulet
