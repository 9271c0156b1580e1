#include "engine/kernels/mix_rows.h"

#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::OnEveryTarget;

std::vector<float> Values(int64_t count, int64_t step) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(i * step % 101) / 7 - 5);
  return values;
}

// Nothing is rounded together: the results are those of one operation after the other.
float Mixed(float a, float b, float part) {
  volatile float product = (b - a) * part;
  return a + product;
}

constexpr float kBehind = 77;

TEST(MixRows, EveryLength) {
  OnEveryTarget([] {
    for (int64_t count = 0; count < 70; ++count) {
      const std::vector<float> upper = Values(count, 13), lower = Values(count, 29);
      std::vector<float> out(static_cast<size_t>(count) + 1, kBehind);
      MixRows(upper.data(), lower.data(), 0.3f, count, out.data());
      for (size_t i = 0; i < upper.size(); ++i)
        ASSERT_EQ(out[i], Mixed(upper[i], lower[i], 0.3f)) << i << " of " << count;
      ASSERT_EQ(out.back(), kBehind);
    }
  });
}

TEST(MixRows, PairsOfEveryDepth) {
  OnEveryTarget([] {
    for (int64_t i = 2; i < 80; ++i) {
      const int64_t channels = i / 2;
      const int64_t pixels = 5 + i % 2;  // with a pixel behind the last one that is read, or without
      const std::vector<float> row = Values(pixels * channels, 17);
      const MixPair pairs[] = {{0, 0, 0.5f}, {2 * channels, 3 * channels, 0.25f}, {4 * channels, channels, 0.9f}};
      std::vector<float> out(static_cast<size_t>(3 * channels) + 1, kBehind);
      MixPairs(row.data(), pixels * channels, pairs, 3, channels, out.data());
      for (int64_t k = 0; k < 3 * channels; ++k) {
        const MixPair& pair = pairs[k / channels];
        const auto left = static_cast<size_t>(pair.left + k % channels);
        const auto right = static_cast<size_t>(pair.right + k % channels);
        ASSERT_EQ(out[static_cast<size_t>(k)], Mixed(row[left], row[right], pair.part)) << k << " of " << channels;
      }
      ASSERT_EQ(out.back(), kBehind);
    }
  });
}

}  // namespace
}  // namespace rivulet
