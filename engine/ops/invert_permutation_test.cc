#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

TEST(InvertPermutation, Refuses) {
  const auto run = [](int64_t a, int64_t b) { return OpTester("InvertPermutation").Input(I64({2}, {a, b})).Run(); };
  EXPECT_TRUE(Same(run(1, 0), I64({2}, {1, 0})));
  EXPECT_TRUE(Fails(run(0, 0), "twice"));
  for (const int64_t bad : {int64_t{2}, int64_t{-1}, INT64_MIN, INT64_MAX}) EXPECT_TRUE(Fails(run(0, bad), "x[1]"));
  EXPECT_TRUE(Fails(OpTester("InvertPermutation").Unknown(DType::kInt32, {2, 2}).Infer(), "rank 1"));
  EXPECT_EQ(OpTester("InvertPermutation").Unknown(DType::kInt32).InferShape(), "?");
}

}  // namespace
}  // namespace rivulet
