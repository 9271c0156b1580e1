#include "engine/ops/op_test_kit.h"

#include <cmath>

#include "engine/ops/infer.h"

namespace rivulet {
namespace {

TEST(SearchSorted, Shapes) {
  EXPECT_EQ(OpTester("LowerBound").Unknown(DType::kFloat, {-1, 3}).Unknown(DType::kFloat, {2, -1}).InferShape(),
            "[2,?]");
  EXPECT_EQ(OpTester("UpperBound").Unknown(DType::kFloat).Unknown(DType::kFloat).InferShape(), "[?,?]");
  EXPECT_TRUE(
      Fails(OpTester("UpperBound").Unknown(DType::kFloat, {2, 3}).Unknown(DType::kFloat, {3, 3}).Infer(), "rows"));
  EXPECT_TRUE(Fails(OpTester("UpperBound").Unknown(DType::kFloat, {3}).Unknown(DType::kFloat).Infer(), "rank 2"));
  EXPECT_TRUE(Fails(OpTester("UpperBound").Unknown(DType::kFloat, {1, int64_t{1} << 40}).Unknown(DType::kFloat).Infer(),
                    "int64"));
}

// Rows that are not sorted, and NaN, give some place in the row.
TEST(SearchSorted, AnyPlaceForRowsThatAreNotSorted) {
  const auto run = OpTester("LowerBound").Input(F32({1, 4}, {3, NAN, 1, NAN})).Input(F32({1, 3}, {NAN, 2, 9})).Run();
  ASSERT_TRUE(run.ok());
  for (const int32_t place : (*run)[0].values<int32_t>()) {
    EXPECT_GE(place, 0);
    EXPECT_LE(place, 4);
  }
}

}  // namespace
}  // namespace rivulet
