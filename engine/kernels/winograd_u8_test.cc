#include "engine/kernels/winograd_u8.h"

#include <algorithm>

#include "engine/kernels/int8_testing.h"
#include "engine/kernels/target.h"

namespace rivulet {
namespace {

using int8_testing::Bytes;
using kernel_testing::Guarded;
using kernel_testing::OnEveryTarget;
using kernel_testing::TestAllocator;

int32_t SumAt(const std::vector<uint8_t>& input, int32_t a_zero, const std::vector<uint8_t>& filter, int32_t b_zero,
              const ConvGeometry& g, int64_t pixel, int64_t o) {
  int32_t sum = 0;
  for (int64_t tap = 0; tap < 9; ++tap) {
    const int64_t y = pixel / g.out_w % g.out_h - g.pad_top + tap / 3, x = pixel % g.out_w - g.pad_left + tap % 3;
    if (y < 0 || y >= g.in_h || x < 0 || x >= g.in_w) continue;
    const int64_t from = ((pixel / g.out_w / g.out_h * g.in_h + y) * g.in_w + x) * g.in_c;
    for (int64_t c = 0; c < g.in_c; ++c) {
      sum += (input[static_cast<size_t>(from + c)] - a_zero) *
             (filter[static_cast<size_t>((tap * g.in_c + c) * g.out_c + o)] - b_zero);
    }
  }
  return sum;
}

// Bytes of which most are 0 or 255, for the largest sums there are.
std::vector<uint8_t> Extreme(std::vector<uint8_t> bytes) {
  for (uint8_t& byte : bytes) byte = byte < 10 ? byte : byte % 3 == 0 ? 0 : 255;
  return bytes;
}

void ExpectSums(ConvGeometry g, int32_t a_zero, int32_t b_zero, bool extreme) {
  SCOPED_TRACE(testing::Message() << g.in_h << "x" << g.in_w << "x" << g.in_c << " to " << g.out_c);
  g.k_h = g.k_w = 3;
  std::vector<uint8_t> input = Bytes<uint8_t>(g.batch * g.in_h * g.in_w * g.in_c, 3);
  std::vector<uint8_t> filter = Bytes<uint8_t>(9 * g.in_c * g.out_c, 4);
  if (extreme) {
    input = Extreme(std::move(input));
    filter = Extreme(std::move(filter));
  }
  const auto packed = WinogradFilterU8::Pack(filter.data(), g.in_c, g.out_c, b_zero, *TestAllocator());
  ASSERT_TRUE(packed.ok());
  ASSERT_TRUE(TakesWinogradU8(g, *packed));
  const int64_t pixels = g.batch * g.out_h * g.out_w;
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    std::vector<uint8_t> scratch(static_cast<size_t>(WinogradU8ScratchBytes(g.in_c, threads).value()) + 64);
    uint8_t* aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64);
    Guarded<int32_t> got(static_cast<size_t>(pixels * g.out_c));
    std::vector<int32_t> extremes(static_cast<size_t>(2 * threads * g.out_c));
    WinogradSumsU8(input.data(), a_zero, *packed, g, got.data(), aligned, pool, StopToken(), extremes.data(), g.out_c);
    EXPECT_TRUE(got.Intact());
    for (int64_t o = 0; o < g.out_c; ++o) {
      int32_t low = INT32_MAX, high = INT32_MIN;
      for (int64_t pixel = 0; pixel < pixels; ++pixel) {
        const int32_t want = SumAt(input, a_zero, filter, b_zero, g, pixel, o);
        ASSERT_EQ(got[static_cast<size_t>(pixel * g.out_c + o)], want) << pixel << " of " << o;
        low = std::min(low, want);
        high = std::max(high, want);
      }
      EXPECT_EQ(extremes[static_cast<size_t>(o)], low);
      EXPECT_EQ(extremes[static_cast<size_t>(g.out_c + o)], high);
    }
  }
}

TEST(WinogradU8, NotWhereProcessorsHaveDotProductsOfBytes) {
  OnEveryTarget([] {
    const std::string_view name = TargetName();
    const bool by_pairs = name == "AVX-512" || name == "AVX2" || name == "SSE4";
    EXPECT_EQ(WinogradFilterU8::Pays(64, 64), by_pairs) << name;
  });
}

TEST(WinogradU8, SumsAreExact) {
  OnEveryTarget([] {
    if (!WinogradFilterU8::Pays(16, 16)) return;
    for (const bool extreme : {false, true}) {
      ExpectSums(
          {.in_h = 12, .in_w = 10, .in_c = 16, .out_h = 12, .out_w = 10, .out_c = 16, .pad_top = 1, .pad_left = 1}, 7,
          131, extreme);
      // Rows and columns of pixels that fill no tile, columns that fill no vector, images, no pads, and cut-off ones.
      ExpectSums({.batch = 2,
                  .in_h = 13,
                  .in_w = 15,
                  .in_c = 24,
                  .out_h = 13,
                  .out_w = 15,
                  .out_c = 21,
                  .pad_top = 1,
                  .pad_left = 1},
                 255, 0, extreme);
      ExpectSums({.in_h = 14, .in_w = 19, .in_c = 40, .out_h = 12, .out_w = 17, .out_c = 37}, 0, 255, extreme);
      ExpectSums(
          {.in_h = 21, .in_w = 21, .in_c = 256, .out_h = 12, .out_w = 11, .out_c = 18, .pad_top = -3, .pad_left = 2}, 0,
          255, extreme);
    }
  });
}

TEST(WinogradU8, OnlyWhereItPays) {
  EXPECT_FALSE(WinogradFilterU8::Pays(12, 64));
  EXPECT_FALSE(WinogradFilterU8::Pays(264, 64));  // four times a sum would not have 32 bits
  EXPECT_FALSE(WinogradFilterU8::Pays(64, 8));
  const std::vector<uint8_t> filter(9 * 16 * 16);
  const auto packed = WinogradFilterU8::Pack(filter.data(), 16, 16, 0, *TestAllocator());
  ASSERT_TRUE(packed.ok());
  ConvGeometry g{.in_h = 16,
                 .in_w = 16,
                 .in_c = 16,
                 .out_h = 16,
                 .out_w = 16,
                 .out_c = 16,
                 .k_h = 3,
                 .k_w = 3,
                 .pad_top = 1,
                 .pad_left = 1};
  EXPECT_EQ(TakesWinogradU8(g, *packed), WinogradFilterU8::Pays(16, 16));
  for (int64_t ConvGeometry::*member :
       {&ConvGeometry::stride_h, &ConvGeometry::stride_w, &ConvGeometry::dilation_h, &ConvGeometry::dilation_w}) {
    ConvGeometry other = g;
    other.*member = 2;
    EXPECT_FALSE(TakesWinogradU8(other, *packed));
  }
  g.out_h = g.out_w = 3;  // of sixteen pixels in four tiles nine are there
  EXPECT_FALSE(TakesWinogradU8(g, *packed));
}

}  // namespace
}  // namespace rivulet
