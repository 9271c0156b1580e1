#include "engine/ops/tensor_text.h"

#include "engine/ops/op_test_kit.h"

namespace rivulet {
namespace {

std::string Text(const Tensor& tensor, int64_t ends) {
  std::string text;
  AppendTensorText(tensor, ends, &text);
  return text;
}

TEST(TensorText, EndsOfEachDim) {
  const Tensor row = I32({5}, {1, 2, 3, 4, 5});
  EXPECT_EQ(Text(row, 1), "[1 ... 5]");
  EXPECT_EQ(Text(row, 2), "[1 2 ... 4 5]");
  EXPECT_EQ(Text(row, 3), "[1 2 3 4 5]");
  EXPECT_EQ(Text(row, -1), "[1 2 3 4 5]");
  EXPECT_EQ(Text(row.Reshaped({5, 1}), 1), "[[1]\n ...\n [5]]");
  EXPECT_EQ(Text(row, 0), "[ ...]");
  EXPECT_EQ(Text(Bools({1}, {true}), 0), "");
  EXPECT_EQ(Text(Strings({}, {"a\"\x01"}), 3), "\"a\\\"\\001\"");
}

}  // namespace
}  // namespace rivulet
