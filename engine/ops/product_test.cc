#include "engine/ops/product.h"

#include <gtest/gtest.h>

#include <vector>

namespace rivulet {
namespace {

using Ints = std::vector<int64_t>;

Ints Offsets(const Ints& batch, const Shape& operand, int64_t matrix) {
  int64_t count = 1;
  for (const int64_t dim : batch) count *= dim;
  Ints offsets(static_cast<size_t>(count));
  FillBatchOffsets(batch, operand, matrix, offsets.data());
  return offsets;
}

TEST(Product, OffsetsOfBroadcastBatches) {
  EXPECT_EQ(Offsets({2, 3}, {2, 3, 5, 2}, 10), (Ints{0, 10, 20, 30, 40, 50}));
  EXPECT_EQ(Offsets({2, 3}, {1, 3, 5, 2}, 10), (Ints{0, 10, 20, 0, 10, 20}));
  EXPECT_EQ(Offsets({2, 3}, {2, 1, 5, 2}, 10), (Ints{0, 0, 0, 10, 10, 10}));
  EXPECT_EQ(Offsets({2, 3}, {3, 5, 2}, 10), (Ints{0, 10, 20, 0, 10, 20}));
  EXPECT_EQ(Offsets({2, 3}, {5, 2}, 10), (Ints{0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(Offsets({}, {5, 2}, 10), (Ints{0}));
}

}  // namespace
}  // namespace rivulet
