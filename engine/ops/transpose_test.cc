#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

TEST(Transpose, ShapesThatArePartlyKnown) {
  EXPECT_EQ(OpTester("Transpose").Unknown(DType::kFloat, {2, -1, 4}).ConstInput(I32({3}, {2, 0, 1})).InferShape(),
            "[4,2,?]");
  EXPECT_EQ(OpTester("Transpose").Unknown(DType::kFloat, {2, 3}).Unknown(DType::kInt32, {2}).InferShape(), "[?,?]");
  EXPECT_EQ(OpTester("Transpose").Unknown(DType::kFloat).ConstInput(I32({3}, {2, 0, 1})).InferShape(), "[?,?,?]");
  EXPECT_EQ(OpTester("Transpose").Unknown(DType::kFloat).Unknown(DType::kInt32).InferShape(), "?");
}

TEST(Transpose, Refuses) {
  const auto infer = [](int64_t a, int64_t b) {
    return OpTester("Transpose").Unknown(DType::kFloat, {2, 3}).ConstInput(I64({2}, {a, b})).Infer();
  };
  EXPECT_TRUE(infer(1, 0).ok());
  EXPECT_TRUE(Fails(infer(0, 0), "twice"));
  EXPECT_TRUE(Fails(infer(0, -2), "twice"));
  EXPECT_TRUE(Fails(infer(0, 2), "perm[1]"));
  EXPECT_TRUE(Fails(infer(kLowest, 0), "perm[0]"));
  EXPECT_TRUE(
      Fails(OpTester("Transpose").Unknown(DType::kFloat, {2, 3}).Unknown(DType::kInt32, {3}).Infer(), "2 axes"));
  EXPECT_TRUE(Fails(OpTester("Transpose").Unknown(DType::kFloat).Unknown(DType::kInt32, {300}).Infer(), "254"));
}

// The shape stays the same for every order, so that only the run can see a wrong one.
TEST(Transpose, OrderFoundOnlyWhenRun) {
  const auto run = [](int32_t a, int32_t b) {
    return OpTester("Transpose").Input(F32({2, 2}, {1, 2, 3, 4})).Input(I32({2}, {a, b})).Run();
  };
  EXPECT_TRUE(Same(run(1, 0), F32({2, 2}, {1, 3, 2, 4})));
  EXPECT_TRUE(Fails(run(1, 1), "twice"));
}

TEST(Transpose, MoreAxesThanTheKernelTakes) {
  std::vector<int64_t> dims(40, 1);
  dims[3] = 2;
  dims[39] = 3;
  std::vector<int32_t> perm(40);
  for (int i = 0; i < 40; ++i) perm[static_cast<size_t>(i)] = 39 - i;
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  const auto got =
      OpTester("Transpose").Input(Tensor::Of<float>(Shape(dims), values)).Input(Tensor::Of<int32_t>({40}, perm)).Run();
  ASSERT_TRUE(got.ok());
  EXPECT_TRUE(Same((*got)[0].Reshaped({6}), F32({6}, {1, 4, 2, 5, 3, 6})));
}

}  // namespace
}  // namespace rivulet
