#include "engine/ops/broadcast.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <complex>
#include <vector>

namespace rivulet {
namespace {

// The position that output `index` reads, one axis at a time.
int64_t PositionOf(const Shape& input, const Shape& output, int64_t index) {
  int64_t position = 0, stride = 1;
  for (int i = output.rank() - 1; i >= 0; --i) {
    const int64_t at = index % output[i];
    index /= output[i];
    const int axis = i - (output.rank() - input.rank());
    if (axis < 0) continue;
    if (input[axis] != 1) position += at * stride;
    stride *= input[axis];
  }
  return position;
}

template <typename T>
void CheckTiles(const Shape& input, const Shape& output) {
  std::vector<T> data(static_cast<size_t>(input.num_elements()));
  for (size_t i = 0; i < data.size(); ++i) data[i] = T(static_cast<int>(i));
  const BroadcastReader reader(input, output, sizeof(T));
  const int64_t total = output.num_elements();
  for (const int64_t tile : {int64_t{1}, int64_t{3}, int64_t{7}, total}) {
    std::vector<T> buffer(static_cast<size_t>(tile));
    std::vector<int64_t> positions(static_cast<size_t>(tile));
    for (int64_t begin = 0; begin < total; begin += tile) {
      const int64_t count = std::min(tile, total - begin);
      const T* got = static_cast<const T*>(reader.Tile(data.data(), begin, count, buffer.data()));
      reader.Positions(begin, count, positions.data());
      for (int64_t i = 0; i < count; ++i) {
        const int64_t want = PositionOf(input, output, begin + i);
        ASSERT_EQ(positions[static_cast<size_t>(i)], want) << output.ToString() << " at " << begin + i;
        ASSERT_EQ(got[i], data[static_cast<size_t>(want)]) << output.ToString() << " at " << begin + i;
      }
    }
  }
}

TEST(BroadcastTest, ReadsEveryPattern) {
  const std::array<std::pair<Shape, Shape>, 12> cases = {{{{}, {}},
                                                          {{}, {3, 4}},
                                                          {{1}, {5}},
                                                          {{3, 4}, {3, 4}},
                                                          {{4}, {3, 4}},
                                                          {{3, 1}, {3, 4}},
                                                          {{1, 4}, {3, 4}},
                                                          {{2, 1, 4}, {2, 3, 4}},
                                                          {{1, 3, 1, 2}, {2, 3, 4, 2}},
                                                          {{2, 1, 3, 1, 2}, {2, 2, 3, 3, 2}},
                                                          {{1, 2, 1, 2, 1, 2, 1, 2}, {2, 2, 2, 2, 2, 2, 2, 2}},
                                                          {{1, 1, 1}, {1, 1, 1}}}};
  for (const auto& [input, output] : cases) {
    CheckTiles<uint8_t>(input, output);
    CheckTiles<uint16_t>(input, output);
    CheckTiles<float>(input, output);
    CheckTiles<double>(input, output);
    CheckTiles<std::complex<double>>(input, output);
  }
}

TEST(BroadcastTest, ManyDimsOfOne) {
  Shape input = {2}, output = {2};
  for (int i = 0; i < 200; ++i) output.push_back(1);
  for (int i = 0; i < 200; ++i) input.push_back(1);
  CheckTiles<float>(input, output);
}

TEST(BroadcastTest, KnowsWhenNothingIsCopied) {
  const Shape shape = {4, 5};
  float data[20];
  float buffer[20];
  EXPECT_TRUE(BroadcastReader(shape, shape, 4).is_full());
  EXPECT_FALSE(BroadcastReader({5}, shape, 4).is_full());
  EXPECT_TRUE(BroadcastReader({1, 1}, shape, 4).is_scalar());
  EXPECT_EQ(BroadcastReader(shape, shape, 4).Tile(data, 3, 7, buffer), data + 3);
  EXPECT_EQ(BroadcastReader({5}, shape, 4).Tile(data, 6, 3, buffer), data + 1);
  EXPECT_EQ(BroadcastReader({5}, shape, 4).Tile(data, 3, 7, buffer), buffer);
}

}  // namespace
}  // namespace rivulet
