#include "engine/kernels/gemm_u8.h"

#include <algorithm>
#include <atomic>

#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::OnEveryTarget;
using kernel_testing::Random;
using kernel_testing::SameForAnyThreads;
using kernel_testing::TestAllocator;

std::vector<uint8_t> Bytes(int64_t n, uint64_t seed) {
  Random random(seed);
  std::vector<uint8_t> out;
  // A quarter of the values at the ends, where saturating arithmetic would show.
  for (int64_t i = 0; i < n; ++i) {
    const uint32_t word = random.Next();
    out.push_back(word % 8 == 0 ? 255 : word % 8 == 1 ? 0 : static_cast<uint8_t>(word >> 8));
  }
  return out;
}

// One term, modulo 2^32.
uint32_t Term(uint8_t a, int32_t a_offset, uint8_t b, int32_t b_offset) {
  return (a - static_cast<uint32_t>(a_offset)) * (b - static_cast<uint32_t>(b_offset));
}

void ExpectExact(int64_t m, int64_t n, int64_t k, int32_t a_offset, int32_t b_offset, bool transpose_a,
                 bool transpose_b) {
  SCOPED_TRACE(testing::Message() << m << " x " << n << " x " << k << " offsets " << a_offset << " " << b_offset << " "
                                  << transpose_a << transpose_b);
  const std::vector<uint8_t> a = Bytes(m * k, 1), b = Bytes(k * n, 2);
  const auto packed = PackedMatrixU8::Pack(b.data(), k, n, transpose_b, *TestAllocator());
  ASSERT_TRUE(packed.ok());
  const auto got = SameForAnyThreads<int32_t>(m * n, [&](int32_t* c, ThreadPool& pool) {
    MatMulU8(a.data(), transpose_a ? m : k, transpose_a, a_offset, m, *packed, b_offset, c, n, pool, StopToken());
  });
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      uint32_t want = 0;
      for (int64_t p = 0; p < k; ++p) {
        want += Term(a[static_cast<size_t>(transpose_a ? p * m + i : i * k + p)], a_offset,
                     b[static_cast<size_t>(transpose_b ? j * k + p : p * n + j)], b_offset);
      }
      ASSERT_EQ(got[static_cast<size_t>(i * n + j)], static_cast<int32_t>(want)) << "at " << i << ", " << j;
    }
  }
}

TEST(PackedMatrixU8, TakesSignedBytesWith128More) {
  const std::vector<uint8_t> more = Bytes(7 * 19, 4);
  std::vector<uint8_t> bytes = more;
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(byte - 128);
  const auto want = PackedMatrixU8::Pack(more.data(), 7, 19, false, *TestAllocator());
  const auto got = PackedMatrixU8::Pack(bytes.data(), 7, 19, false, *TestAllocator(), PackedMatrixU8::kSignedByte);
  ASSERT_TRUE(want.ok() && got.ok());
  EXPECT_TRUE(std::equal(want->data(), want->data() + 8 * 32, got->data()));
  EXPECT_TRUE(std::equal(want->column_sums(), want->column_sums() + 19, got->column_sums()));
}

TEST(PackedMatrixU8, StopsWhileItPacks) {
  const std::atomic<bool> cancel{true};
  const StopToken stop(&cancel, StopToken::Clock::time_point::max());
  const std::vector<uint8_t> bytes(4 * 16, 7);
  alignas(64) uint8_t memory[4 * 16 + 64] = {};
  PackedMatrixU8::PackInto(bytes.data(), 4, 16, false, memory, 0, &stop);
  EXPECT_EQ(memory[0], 0);
}

TEST(MatMulU8, EverySizeAroundTheTiles) {
  OnEveryTarget([] {
    for (const int64_t m : {1, 2, 3, 4, 5, 8, 9, 17}) {
      for (const int64_t n : {1, 3, 4, 8, 15, 16, 17, 33, 48}) {
        for (const int64_t k : {0, 1, 3, 4, 5, 64, 67}) {
          ExpectExact(m, n, k, 7, 130, (m + k) % 2 == 0, (n + k) % 2 == 0);
        }
      }
    }
  });
}

TEST(MatMulU8, SeveralBlocksAndPieces) {
  OnEveryTarget([] {
    ExpectExact(5, 40, 5000, 128, 3, false, false);
    ExpectExact(200, 300, 300, 0, 255, false, true);
  });
}

TEST(MatMulU8, AnyOffsetsWrapAround) {
  OnEveryTarget([] {
    for (const int32_t a : {INT32_MIN, -1, 0, 300, INT32_MAX}) {
      for (const int32_t b : {INT32_MIN, -77, 0, 256, INT32_MAX}) ExpectExact(3, 20, 9, a, b, false, false);
    }
  });
}

TEST(MatMulU8, ZeroSizes) {
  ExpectExact(0, 4, 4, 1, 2, false, false);
  ExpectExact(4, 0, 4, 1, 2, false, false);
  ExpectExact(4, 4, 0, 1, 2, true, true);
}

TEST(PackedMatrixU8, SizesThatCannotBe) {
  EXPECT_FALSE(PackedMatrixU8::Bytes(INT64_MAX, 1).valid());
  EXPECT_FALSE(PackedMatrixU8::Bytes(1, INT64_MAX).valid());
  EXPECT_FALSE(PackedMatrixU8::Bytes(int64_t{1} << 40, int64_t{1} << 40).valid());
  EXPECT_FALSE(PackedMatrixU8::Bytes(-4, 4).valid());
}

TEST(Conv2DU8, AnyGeometryAndOffsets) {
  OnEveryTarget([] {
    Random random(7);
    for (int round = 0; round < 120; ++round) {
      ConvGeometry g;
      g.batch = 1 + random.Below(2);
      g.in_c = 1 + random.Below(9);
      g.out_c = 1 + random.Below(20);
      g.in_h = 1 + random.Below(9);
      g.in_w = 1 + random.Below(9);
      g.k_h = 1 + random.Below(4);
      g.k_w = 1 + random.Below(4);
      g.stride_h = 1 + random.Below(3);
      g.stride_w = 1 + random.Below(3);
      g.dilation_h = 1 + random.Below(2);
      g.dilation_w = 1 + random.Below(2);
      g.pad_top = random.Below(5) - 1;
      g.pad_left = random.Below(5) - 1;
      g.out_h = 1 + random.Below(7);
      g.out_w = 1 + random.Below(7);
      const int32_t offsets[] = {0, 128, 255, -5, 1000};
      const int32_t a_offset = offsets[random.Below(5)];
      const int32_t b_offset = offsets[random.Below(5)];
      const std::vector<uint8_t> input = Bytes(g.batch * g.in_h * g.in_w * g.in_c, 1);
      const int64_t k = g.k_h * g.k_w * g.in_c;
      const std::vector<uint8_t> filter = Bytes(k * g.out_c, 2);
      const auto packed = PackedMatrixU8::Pack(filter.data(), k, g.out_c, false, *TestAllocator());
      ASSERT_TRUE(packed.ok());
      const int64_t size = g.batch * g.out_h * g.out_w * g.out_c;
      const auto got = SameForAnyThreads<int32_t>(size, [&](int32_t* out, ThreadPool& pool) {
        Conv2DU8(input.data(), a_offset, *packed, b_offset, g, out, pool, StopToken());
      });
      for (int64_t at = 0; at < size; ++at) {
        const int64_t pixel = at / g.out_c;
        uint32_t want = 0;
        for (int64_t p = 0; p < k; ++p) {
          const int64_t tap = p / g.in_c;
          const int64_t y = pixel / g.out_w % g.out_h * g.stride_h - g.pad_top + tap / g.k_w * g.dilation_h;
          const int64_t x = pixel % g.out_w * g.stride_w - g.pad_left + tap % g.k_w * g.dilation_w;
          auto seen = static_cast<uint8_t>(a_offset);
          if (y >= 0 && y < g.in_h && x >= 0 && x < g.in_w) {
            seen = input[static_cast<size_t>(((pixel / g.out_w / g.out_h * g.in_h + y) * g.in_w + x) * g.in_c +
                                             p % g.in_c)];
          } else if (a_offset < 0) {
            continue;
          }
          want += Term(seen, a_offset, filter[static_cast<size_t>(p * g.out_c + at % g.out_c)], b_offset);
        }
        ASSERT_EQ(got[static_cast<size_t>(at)], static_cast<int32_t>(want)) << "round " << round << " at " << at;
      }
    }
  });
}

}  // namespace
}  // namespace rivulet
