#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

TEST(Tile, Shapes) {
  EXPECT_EQ(OpTester("Tile").Unknown(DType::kFloat, {-1, 3}).ConstInput(I32({2}, {2, 2})).InferShape(), "[?,6]");
  EXPECT_EQ(OpTester("Tile").Unknown(DType::kFloat, {-1, 3}).ConstInput(I32({2}, {0, 2})).InferShape(), "[0,6]");
  EXPECT_EQ(OpTester("Tile").Unknown(DType::kFloat, {2, 3}).Unknown(DType::kInt32).InferShape(), "[?,?]");
  EXPECT_EQ(OpTester("Tile").Unknown(DType::kFloat).ConstInput(I32({2}, {1, 2})).InferShape(), "[?,?]");
}

TEST(Tile, Refuses) {
  const auto infer = [](int64_t times) {
    return OpTester("Tile").Unknown(DType::kFloat, {3}).ConstInput(I64({1}, {times})).Infer();
  };
  EXPECT_TRUE(Fails(infer(-1), "multiples[0]"));
  EXPECT_TRUE(Fails(infer(kLowest), "multiples[0]"));
  EXPECT_TRUE(Fails(infer(kHuge), "too large"));
  EXPECT_TRUE(Fails(OpTester("Tile").Unknown(DType::kFloat, {3}).Unknown(DType::kInt32, {2}).Infer(), "1 elements"));
  const auto run = OpTester("Tile").Budget(1 << 20).Input(F32({1}, {1})).Input(I64({1}, {int64_t{1} << 40})).Run();
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.status().code(), Code::kResourceExhausted);
}

TEST(TileGrad, SumsTiles) {
  EXPECT_TRUE(Same(OpTester("TileGrad").Input(I32({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8})).Input(I32({2}, {2, 2})).Run(),
                   I32({1, 2}, {16, 20})));
  EXPECT_TRUE(Fails(OpTester("TileGrad").Input(I32({4}, {1, 2, 3, 4})).Input(I32({1}, {3})).Run(), "not 3 tiles"));
  EXPECT_TRUE(Fails(OpTester("TileGrad").Input(I32({4}, {1, 2, 3, 4})).Input(I32({1}, {0})).Run(), "want > 0"));
}

}  // namespace
}  // namespace rivulet
