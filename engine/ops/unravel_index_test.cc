#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kLowest = INT64_MIN;

TEST(UnravelIndex, Refuses) {
  const auto run = [](int64_t index, int64_t dim) {
    return OpTester("UnravelIndex").Input(I64({1}, {index})).Input(I64({2}, {dim, 3})).Run();
  };
  EXPECT_TRUE(Same(run(5, 2), I64({2, 1}, {1, 2})));
  EXPECT_TRUE(Fails(run(6, 2), "indices[0]"));
  EXPECT_TRUE(Same(run(-5, 2), I64({2, 1}, {-1, -2})));
  EXPECT_TRUE(Same(run(kLowest, 2), I64({2, 1}, {0, -2})));
  EXPECT_TRUE(Fails(run(0, 0), "dims[0]"));
  EXPECT_TRUE(Fails(run(0, kLowest), "dims[0]"));
  EXPECT_TRUE(Fails(run(0, kHuge), "int64"));
}

TEST(UnravelIndex, Shapes) {
  EXPECT_EQ(OpTester("UnravelIndex").Unknown(DType::kInt32, {-1}).Unknown(DType::kInt32, {3}).InferShape(), "[3,?]");
  EXPECT_EQ(OpTester("UnravelIndex").Unknown(DType::kInt32, {}).Unknown(DType::kInt32).InferShape(), "[?]");
  EXPECT_EQ(OpTester("UnravelIndex").Unknown(DType::kInt32).Unknown(DType::kInt32, {3}).InferShape(), "?");
  EXPECT_TRUE(
      Fails(OpTester("UnravelIndex").Unknown(DType::kInt32, {2, 2}).Unknown(DType::kInt32, {3}).Infer(), "vector"));
}

}  // namespace
}  // namespace rivulet
