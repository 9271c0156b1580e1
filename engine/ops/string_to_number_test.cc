#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

TEST(StringToNumber, SaysWhichStringIsNoNumber) {
  EXPECT_TRUE(Fails(OpTester("StringToNumber").Input(Strings({3}, {"1", "2", "three"})).Run(),
                    "want strings that spell a float32, got 'three' at element 2"));
  EXPECT_TRUE(Fails(
      OpTester("StringToNumber").Attr("out_type", DType::kInt32).Input(Strings({1}, {"2147483648"})).Run(), "int32"));
  EXPECT_EQ(OpTester("StringToNumber").Unknown(DType::kString, {-1}).InferShape(), "[?]");
}

}  // namespace
}  // namespace rivulet
