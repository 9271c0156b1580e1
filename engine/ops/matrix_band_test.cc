#include "engine/ops/op_test_kit.h"

#include <algorithm>

#include "engine/ops/matrix_band.h"

namespace rivulet {
namespace {

TEST(MatrixBand, Reads) {
  const auto one = ReadBand(I32({}, {-2})), two = ReadBand(I32({2}, {-1, 3}));
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(one->lower, -2);
  EXPECT_EQ(one->upper, -2);
  EXPECT_EQ(two->count(), 5);
  EXPECT_TRUE(Fails(ReadBand(I32({2}, {1, 0})), "k[0] <= k[1]"));
  EXPECT_TRUE(Fails(ReadBand(I32({0}, {})), "one integer or two"));
  EXPECT_TRUE(Fails(ReadBand(I32({3}, {0, 1, 2})), "one integer or two"));
}

TEST(MatrixBand, LengthsAgainstCounting) {
  for (int64_t rows = 1; rows < 5; ++rows) {
    for (int64_t columns = 1; columns < 5; ++columns) {
      for (int64_t d = 1 - rows; d < columns; ++d) {
        int64_t count = 0;
        for (int64_t r = 0; r < rows; ++r) count += r + d >= 0 && r + d < columns;
        EXPECT_EQ(DiagonalLength(rows, columns, d), count);
      }
      const auto longest = LongestDiagonal(rows, columns, {1 - rows, columns - 1});
      ASSERT_TRUE(longest.ok());
      EXPECT_EQ(*longest, std::min(rows, columns));
      EXPECT_TRUE(Fails(LongestDiagonal(rows, columns, {-rows, 0}), "outside"));
      EXPECT_TRUE(Fails(LongestDiagonal(rows, columns, {0, columns}), "outside"));
    }
  }
  EXPECT_TRUE(LongestDiagonal(0, 0, {0, 0}).ok());
}

TEST(MatrixBand, Aligns) {
  EXPECT_TRUE(ParseBandAlign("RIGHT_LEFT").upper_right);
  EXPECT_FALSE(ParseBandAlign("RIGHT_LEFT").lower_right);
  EXPECT_TRUE(ParseBandAlign("LEFT_RIGHT").lower_right);
  EXPECT_FALSE(ParseBandAlign("LEFT_LEFT").upper_right || ParseBandAlign("").lower_right);
  EXPECT_TRUE(ParseBandAlign("RIGHT_RIGHT").upper_right && ParseBandAlign("RIGHT_RIGHT").lower_right);
}

}  // namespace
}  // namespace rivulet
