#include "engine/kernels/conv_grouped_bytes.h"

#include <array>
#include <vector>

#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::Random;
using kernel_testing::SameForAnyThreads;

template <typename Byte>
std::vector<Byte> Bytes(int64_t n, uint64_t seed) {
  Random random(seed);
  std::vector<Byte> out;
  for (int64_t i = 0; i < n; ++i) {
    const uint32_t word = random.Next();
    out.push_back(static_cast<Byte>(word % 8 == 0 ? 255 : word % 8 == 1 ? 128 : word >> 8));
  }
  return out;
}

template <typename Byte>
void ExpectExact(const ConvGeometry& g) {
  SCOPED_TRACE(testing::Message() << g.in_c << " to " << g.out_c << " in " << g.groups);
  const int64_t group_in = g.in_c / g.groups, group_out = g.out_c / g.groups;
  const auto input = Bytes<Byte>(g.batch * g.in_h * g.in_w * g.in_c, 1);
  const auto filter = Bytes<int8_t>(g.k_h * g.k_w * group_in * g.out_c, 2);
  const auto got =
      SameForAnyThreads<int32_t>(g.batch * g.out_h * g.out_w * g.out_c, [&](int32_t* out, ThreadPool& pool) {
        GroupedConvBytes(input.data(), filter.data(), g, out, pool, StopToken());
      });
  size_t at = 0;
  for (int64_t n = 0; n < g.batch; ++n) {
    for (int64_t y = 0; y < g.out_h; ++y) {
      for (int64_t x = 0; x < g.out_w; ++x) {
        for (int64_t c = 0; c < g.out_c; ++c) {
          int32_t want = 0;
          for (int64_t k = 0; k < g.k_h * g.k_w * group_in; ++k) {
            const int64_t row = y * g.stride_h - g.pad_top + k / group_in / g.k_w * g.dilation_h;
            const int64_t column = x * g.stride_w - g.pad_left + k / group_in % g.k_w * g.dilation_w;
            if (row < 0 || row >= g.in_h || column < 0 || column >= g.in_w) continue;
            const int64_t channel = c / group_out * group_in + k % group_in;
            want += input[static_cast<size_t>(((n * g.in_h + row) * g.in_w + column) * g.in_c + channel)] *
                    filter[static_cast<size_t>(k * g.out_c + c)];
          }
          ASSERT_EQ(got[at++], want) << n << " " << y << " " << x << " " << c;
        }
      }
    }
  }
}

// Channels around the vectors' lengths; one filter to a channel, several, and groups of several channels.
TEST(GroupedConvBytes, EveryKindOfGroup) {
  for (const auto [groups, group_in, group_out] :
       {std::array<int64_t, 3>{1, 1, 1}, {17, 1, 1}, {64, 1, 1}, {5, 1, 3}, {3, 4, 2}, {2, 3, 19}, {1, 5, 7}}) {
    ConvGeometry g;
    g.batch = 2, g.in_h = 7, g.in_w = 6, g.out_h = 4, g.out_w = 3, g.k_h = 3, g.k_w = 2;
    g.stride_h = 2, g.stride_w = 2, g.dilation_w = 2, g.pad_top = 1, g.pad_left = 1;
    g.groups = groups, g.in_c = groups * group_in, g.out_c = groups * group_out;
    ExpectExact<uint8_t>(g);
    ExpectExact<int8_t>(g);
  }
}

}  // namespace
}  // namespace rivulet
