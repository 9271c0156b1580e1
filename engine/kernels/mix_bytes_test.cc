#include "engine/kernels/mix_bytes.h"

#include "engine/kernels/int8_testing.h"

namespace rivulet {
namespace {

using int8_testing::Bytes;
using kernel_testing::Guarded;
using kernel_testing::OnEveryTarget;

TEST(MixBytes, RowsOfEveryLength) {
  OnEveryTarget([] {
    for (int64_t count = 1; count < 70; ++count) {
      for (const int part : {0, 1, 77, 127, 128}) {
        const std::vector<uint8_t> upper = Bytes<uint8_t>(count, 3), lower = Bytes<uint8_t>(count, 4);
        Guarded<uint16_t> mixed(static_cast<size_t>(count));
        MixByteRows(upper.data(), lower.data(), count, part, mixed.data());
        EXPECT_TRUE(mixed.Intact());
        for (size_t i = 0; i < upper.size(); ++i) ASSERT_EQ(mixed[i], upper[i] * (128 - part) + lower[i] * part);
      }
    }
  });
}

TEST(MixBytes, PairsOfEveryDepth) {
  OnEveryTarget([] {
    for (int64_t channels = 1; channels < 40; ++channels) {
      std::vector<uint16_t> row;
      for (int64_t i = 0; i < 4 * channels; ++i) row.push_back(static_cast<uint16_t>(255 * 128 - i * 7919 % 32640));
      const MixBytePair pairs[] = {{0, channels, 0}, {2 * channels, 3 * channels, 127}, {channels, 0, 64}};
      Guarded<uint8_t> out(static_cast<size_t>(3 * channels));
      MixBytePairs(row.data(), pairs, 3, channels, out.data());
      EXPECT_TRUE(out.Intact());
      for (int64_t k = 0; k < 3 * channels; ++k) {
        const MixBytePair& pair = pairs[k / channels];
        const int left = row[static_cast<size_t>(pair.left + k % channels)];
        const int right = row[static_cast<size_t>(pair.right + k % channels)];
        const int want = (left * (128 - pair.part) + right * pair.part + 8192) >> 14;
        ASSERT_EQ(out[static_cast<size_t>(k)], want) << k << " of " << channels;
      }
    }
  });
}

}  // namespace
}  // namespace rivulet
