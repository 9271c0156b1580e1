#include "engine/ops/op_test_kit.h"

#include <cstdint>

#include "engine/ops/padding_input.h"

namespace rivulet {
namespace {

TEST(PaddingInput, Reads) {
  const auto pads = ReadPaddings(I64({2, 2}, {1, 2, 3, 4}), 2);
  ASSERT_TRUE(pads.ok());
  EXPECT_EQ((*pads)[1].before, 3);
  EXPECT_EQ((*pads)[1].after, 4);
  EXPECT_TRUE(Fails(ReadPaddings(I64({2, 2}, {1, 2, 3, 4}), 3), "[3,2]"));
  EXPECT_TRUE(Fails(ReadPaddings(I32({1, 2}, {0, -1}), 1), "[0,-1]"));
}

TEST(PaddingInput, Shapes) {
  const auto padded = PaddedShape({2, -1}, {{1, 2}, {3, 4}});
  ASSERT_TRUE(padded.ok());
  EXPECT_EQ(padded->ToString(), "[5,?]");
  EXPECT_TRUE(Fails(PaddedShape({2}, {{INT64_MAX, 0}}), "too large"));
  EXPECT_TRUE(Fails(PaddedShape({-1}, {{INT64_MAX, 1}}), "too large"));
}

}  // namespace
}  // namespace rivulet
