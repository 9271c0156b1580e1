#include "engine/kernels/gemm_int8.h"

#include <algorithm>
#include <cmath>

#include "engine/kernels/int8_testing.h"

namespace rivulet {
namespace {

using int8_testing::Bytes;
using int8_testing::Tail;
using kernel_testing::OnEveryTarget;
using kernel_testing::SameForAnyThreads;
using kernel_testing::TestAllocator;

PackedMatrixU8 Packed(const std::vector<int8_t>& b, int64_t k, int64_t n) {
  auto packed = PackedMatrixU8::Pack(reinterpret_cast<const uint8_t*>(b.data()), k, n, false, *TestAllocator(),
                                     PackedMatrixU8::kSignedByte);
  EXPECT_TRUE(packed.ok());
  return *packed;
}

struct Scratch {
  Scratch(const PackedMatrixU8& b, int threads)
      : bytes(static_cast<size_t>(MatMulInt8ScratchBytes(b.k(), b.n(), threads).value()) + 64),
        aligned(bytes.data() + (64 - reinterpret_cast<uintptr_t>(bytes.data()) % 64)) {}
  std::vector<uint8_t> bytes;
  uint8_t* aligned;
};

void ExpectProduct(int64_t m, int64_t n, int64_t k) {
  SCOPED_TRACE(testing::Message() << m << " x " << n << " x " << k);
  const std::vector<uint8_t> a = Bytes<uint8_t>(m * k, 1);
  const std::vector<int8_t> b = Bytes<int8_t>(k * n, 2);
  const PackedMatrixU8 packed = Packed(b, k, n);
  const Tail tail(n, k);
  std::vector<int32_t> sums(static_cast<size_t>(m * n));
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      for (int64_t p = 0; p < k; ++p) {
        sums[static_cast<size_t>(i * n + j)] += a[static_cast<size_t>(i * k + p)] * b[static_cast<size_t>(p * n + j)];
      }
    }
  }
  const auto codes = SameForAnyThreads<uint8_t>(m * n, [&](uint8_t* to, ThreadPool& pool) {
    Scratch scratch(packed, pool.num_threads());
    MatMulInt8(a.data(), k, m, packed, tail.To(to), scratch.aligned, pool, StopToken());
  });
  const auto floats = SameForAnyThreads<float>(m * n, [&](float* to, ThreadPool& pool) {
    Scratch scratch(packed, pool.num_threads());
    MatMulInt8(a.data(), k, m, packed, tail.To(to), scratch.aligned, pool, StopToken());
  });
  for (size_t i = 0; i < sums.size(); ++i) {
    const auto column = static_cast<int64_t>(i) % n;
    ASSERT_EQ(codes[i], tail.Code(sums[i], column)) << "at " << i;
    ASSERT_EQ(floats[i], tail.Float(sums[i], column)) << "at " << i;
  }
}

TEST(MatMulInt8, EverySizeAroundTheTiles) {
  OnEveryTarget([] {
    for (const int64_t m : {1, 2, 3, 5, 7, 8, 13, 14, 15, 29}) {
      for (const int64_t n : {1, 15, 16, 17, 31, 33, 48}) {
        for (const int64_t k : {1, 4, 7, 64}) ExpectProduct(m, n, k);
      }
    }
  });
}

TEST(MatMulInt8, ManyPieces) {
  OnEveryTarget([] { ExpectProduct(301, 300, 260); });
}

TEST(MatMulInt8, ManyTerms) {
  OnEveryTarget([] { ExpectProduct(41, 60, 2103); });
}

void ExpectConv(const ConvGeometry& g, uint8_t outside, bool by_rows = true) {
  SCOPED_TRACE(testing::Message() << g.in_h << "x" << g.in_w << "x" << g.in_c << " under " << g.k_h << "x" << g.k_w
                                  << " to " << g.out_c << (by_rows ? " by rows" : ""));
  const std::vector<uint8_t> input = Bytes<uint8_t>(g.batch * g.in_h * g.in_w * g.in_c, 3);
  const int64_t k = g.k_h * g.k_w * g.in_c;
  const std::vector<int8_t> filter = Bytes<int8_t>(k * g.out_c, 4);
  const auto rows = PackConvInt8(reinterpret_cast<const uint8_t*>(filter.data()), g.k_h, g.k_w * g.in_c, g.out_c,
                                 PackedMatrixU8::kSignedByte, *TestAllocator());
  ASSERT_TRUE(rows.ok());
  // As rows of their own, and as one matrix.
  const PackedMatrixU8 packed = by_rows ? *rows : Packed(filter, k, g.out_c);
  const Tail tail(g.out_c, k);
  const int64_t pixels = g.batch * g.out_h * g.out_w;
  const auto got = SameForAnyThreads<uint8_t>(pixels * g.out_c, [&](uint8_t* to, ThreadPool& pool) {
    Scratch scratch(packed, pool.num_threads());
    Conv2DInt8(input.data(), outside, packed, g, tail.To(to), scratch.aligned, pool, StopToken());
  });
  for (int64_t pixel = 0; pixel < pixels; ++pixel) {
    for (int64_t o = 0; o < g.out_c; ++o) {
      int32_t sum = 0;
      for (int64_t tap = 0; tap < g.k_h * g.k_w; ++tap) {
        const int64_t y = pixel / g.out_w % g.out_h * g.stride_h - g.pad_top + tap / g.k_w * g.dilation_h;
        const int64_t x = pixel % g.out_w * g.stride_w - g.pad_left + tap % g.k_w * g.dilation_w;
        const bool inside = y >= 0 && y < g.in_h && x >= 0 && x < g.in_w;
        for (int64_t c = 0; c < g.in_c; ++c) {
          const int64_t at = ((pixel / g.out_w / g.out_h * g.in_h + y) * g.in_w + x) * g.in_c + c;
          sum += (inside ? input[static_cast<size_t>(at)] : outside) *
                 filter[static_cast<size_t>((tap * g.in_c + c) * g.out_c + o)];
        }
      }
      ASSERT_EQ(got[static_cast<size_t>(pixel * g.out_c + o)], tail.Code(sum, o)) << "pixel " << pixel << " of " << o;
    }
  }
}

TEST(Conv2DInt8, WindowsThatReachOutside) {
  OnEveryTarget([] {
    ExpectConv({.batch = 2,
                .in_h = 7,
                .in_w = 6,
                .in_c = 3,
                .out_h = 4,
                .out_w = 3,
                .out_c = 19,
                .k_h = 3,
                .k_w = 3,
                .stride_h = 2,
                .stride_w = 2,
                .pad_top = 1,
                .pad_left = 1},
               77);
    ExpectConv({.in_h = 6,
                .in_w = 7,
                .in_c = 5,
                .out_h = 6,
                .out_w = 7,
                .out_c = 33,
                .k_h = 3,
                .k_w = 3,
                .dilation_h = 2,
                .dilation_w = 2,
                .pad_top = 2,
                .pad_left = 2},
               255);
    ExpectConv({.in_h = 5, .in_w = 5, .in_c = 8, .out_h = 5, .out_w = 5, .out_c = 16}, 0);
    ExpectConv({.in_h = 5, .in_w = 5, .in_c = 8, .out_h = 3, .out_w = 3, .out_c = 16, .stride_h = 2, .stride_w = 2}, 0);
  });
}

// Where patches are read as they lie: at the borders, in the last pixels of the input, with bytes behind the filter's
// rows and without, with a vector of columns and two.
TEST(Conv2DInt8, RowsOfTheFilterAreRunsOfTheInput) {
  OnEveryTarget([] {
    for (const int64_t channels : {1, 3, 4, 6}) {
      for (const int64_t columns : {3, 8, 16, 24, 32, 40}) {
        for (const int64_t stride : {1, 2}) {
          ConvGeometry g{.batch = 2,
                         .in_h = 5,
                         .in_w = 31,
                         .in_c = channels,
                         .out_h = 4 / stride + 1,
                         .out_w = 30 / stride + 1,
                         .out_c = columns,
                         .k_h = 3,
                         .k_w = 3,
                         .stride_h = stride,
                         .stride_w = stride,
                         .pad_top = 1,
                         .pad_left = 1};
          ExpectConv(g, 131);
          ExpectConv(g, 131, false);
          // Inside of the input alone.
          g.pad_top = g.pad_left = 0;
          g.out_h = 2 / stride + 1;
          g.out_w = 28 / stride + 1;
          ExpectConv(g, 131);
        }
      }
    }
    ExpectConv({.in_h = 23,
                .in_w = 12,
                .in_c = 1,
                .out_h = 23,
                .out_w = 12,
                .out_c = 17,
                .k_h = 20,
                .k_w = 8,
                .pad_top = 9,
                .pad_left = 3},
               5);
  });
}

void ExpectSums(const ConvGeometry& g, int32_t a_offset, int32_t b_offset) {
  SCOPED_TRACE(testing::Message() << a_offset << " and " << b_offset);
  const std::vector<uint8_t> input = Bytes<uint8_t>(g.batch * g.in_h * g.in_w * g.in_c, 3);
  const int64_t k = g.k_h * g.k_w * g.in_c;
  const std::vector<uint8_t> filter = Bytes<uint8_t>(k * g.out_c, 4);
  const auto packed = PackConvInt8(filter.data(), g.k_h, g.k_w * g.in_c, g.out_c, 0, *TestAllocator());
  ASSERT_TRUE(packed.ok());
  const int64_t pixels = g.batch * g.out_h * g.out_w;
  const auto got = SameForAnyThreads<int32_t>(pixels * g.out_c, [&](int32_t* to, ThreadPool& pool) {
    std::vector<uint8_t> scratch(
        static_cast<size_t>(SumsU8ScratchBytes(packed->k(), g.out_c, pool.num_threads()).value()) + 64);
    uint8_t* aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64);
    std::vector<int32_t> extremes(static_cast<size_t>(2 * pool.num_threads() * g.out_c));
    SumsU8({input.data(), g.in_c, &g}, pixels, a_offset, *packed, b_offset, to, aligned, pool, StopToken(),
           extremes.data(), g.out_c);
    for (int64_t at = 0; at < pixels * g.out_c; ++at) {
      EXPECT_LE(extremes[static_cast<size_t>(at % g.out_c)], to[at]);
      EXPECT_GE(extremes[static_cast<size_t>(g.out_c + at % g.out_c)], to[at]);
    }
    for (int64_t o = 0; o < 2 * g.out_c; ++o) {
      bool is_there = false;
      for (int64_t at = o % g.out_c; at < pixels * g.out_c; at += g.out_c) {
        is_there = is_there || to[at] == extremes[static_cast<size_t>(o)];
      }
      EXPECT_TRUE(is_there) << o;
    }
  });
  for (int64_t pixel = 0; pixel < pixels; ++pixel) {
    for (int64_t o = 0; o < g.out_c; ++o) {
      uint32_t sum = 0;
      for (int64_t tap = 0; tap < g.k_h * g.k_w; ++tap) {
        const int64_t y = pixel / g.out_w % g.out_h * g.stride_h - g.pad_top + tap / g.k_w;
        const int64_t x = pixel % g.out_w * g.stride_w - g.pad_left + tap % g.k_w;
        if (y < 0 || y >= g.in_h || x < 0 || x >= g.in_w) continue;
        for (int64_t c = 0; c < g.in_c; ++c) {
          const auto at = static_cast<size_t>(((pixel / g.out_w / g.out_h * g.in_h + y) * g.in_w + x) * g.in_c + c);
          sum += static_cast<uint32_t>((input[at] - a_offset) *
                                       (filter[static_cast<size_t>((tap * g.in_c + c) * g.out_c + o)] - b_offset));
        }
      }
      ASSERT_EQ(got[static_cast<size_t>(pixel * g.out_c + o)], static_cast<int32_t>(sum)) << pixel << " of " << o;
    }
  }
}

TEST(SumsU8, ProductsOfBytesWithOffsets) {
  OnEveryTarget([] {
    for (const int32_t a_offset : {0, 7, 255}) {
      for (const int32_t b_offset : {-40, 0, 128, 131, 255}) {
        for (const int64_t channels : {1, 3, 8}) {
          for (const int64_t columns : {5, 16, 40}) {
            ExpectSums({.batch = 2,
                        .in_h = 5,
                        .in_w = 17,
                        .in_c = channels,
                        .out_h = 5,
                        .out_w = 17,
                        .out_c = columns,
                        .k_h = 3,
                        .k_w = 3,
                        .pad_top = 1,
                        .pad_left = 1},
                       a_offset, b_offset);
          }
        }
        ExpectSums({.in_h = 3, .in_w = 5, .in_c = 7, .out_h = 3, .out_w = 5, .out_c = 33}, a_offset, b_offset);
        // Rows that follow one another, and more columns than stay in a near cache.
        ExpectSums({.in_h = 7, .in_w = 7, .in_c = 8, .out_h = 7, .out_w = 7, .out_c = 9}, a_offset, b_offset);
        ExpectSums({.in_h = 3, .in_w = 5, .in_c = 1200, .out_h = 3, .out_w = 5, .out_c = 130}, a_offset, b_offset);
      }
    }
  });
}

// All rows, each once, as they are without a finish.
void ExpectFinished(const ConvGeometry& g) {
  const std::vector<uint8_t> input = Bytes<uint8_t>(g.in_h * g.in_w * g.in_c, 3);
  const std::vector<uint8_t> filter = Bytes<uint8_t>(g.k_h * g.k_w * g.in_c * g.out_c, 4);
  const auto packed = PackConvInt8(filter.data(), g.k_h, g.k_w * g.in_c, g.out_c, 0, *TestAllocator());
  ASSERT_TRUE(packed.ok());
  const int64_t pixels = g.out_h * g.out_w;
  for (const int threads : {1, 3}) {
    ThreadPool pool(threads);
    std::vector<uint8_t> scratch(static_cast<size_t>(SumsU8ScratchBytes(packed->k(), g.out_c, threads).value()) + 64);
    uint8_t* aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64);
    const auto sums = [&](const RowsFinish* finish, int32_t* to) {
      return SumsU8({input.data(), g.in_c, &g}, pixels, 7, *packed, 131, to, aligned, pool, StopToken(), nullptr, 0,
                    finish);
    };
    std::vector<int32_t> want(static_cast<size_t>(pixels * g.out_c)), memory(want.size());
    EXPECT_FALSE(sums(nullptr, want.data()));
    struct Context {
      int64_t columns;
      std::vector<int32_t> got;
      std::vector<int> times;  // that a row came
    } context = {g.out_c, std::vector<int32_t>(want.size()), std::vector<int>(static_cast<size_t>(pixels))};
    const RowsFinish finish{[](const void* at, const int32_t* rows, int64_t first, int64_t count) {
                              auto& to = *static_cast<Context*>(const_cast<void*>(at));
                              std::copy_n(rows, count * to.columns, to.got.begin() + first * to.columns);
                              for (int64_t row = first; row < first + count; ++row) {
                                ++to.times[static_cast<size_t>(row)];
                              }
                            },
                            &context};
    EXPECT_TRUE(sums(&finish, memory.data()));
    EXPECT_EQ(context.got, want);
    EXPECT_EQ(context.times, std::vector<int>(static_cast<size_t>(pixels), 1));
  }
}

TEST(SumsU8, RowsAreFinishedSomeAtATime) {
  OnEveryTarget([] {
    ExpectFinished({.in_h = 61, .in_w = 67, .in_c = 12, .out_h = 61, .out_w = 67, .out_c = 24});
    ExpectFinished({.in_h = 53,
                    .in_w = 59,
                    .in_c = 3,
                    .out_h = 53,
                    .out_w = 59,
                    .out_c = 23,
                    .k_h = 3,
                    .k_w = 3,
                    .pad_top = 1,
                    .pad_left = 1});
  });
}

}  // namespace
}  // namespace rivulet
