#include "engine/kernels/matmul.h"

#include <algorithm>
#include <limits>

#include "engine/kernels/gemm.h"
#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::Guarded;
using kernel_testing::kRounding;
using kernel_testing::OnEveryTarget;
using kernel_testing::Reals;
using kernel_testing::SameForAnyThreads;
using kernel_testing::TestAllocator;
using kernel_testing::Wholes;

// The specification, with element (i, p) of `a` at a[i * lda + p].
std::vector<double> Reference(const float* a, int64_t lda, const float* b, int64_t m, int64_t n, int64_t k,
                              const Epilogue& epilogue, int64_t ldc) {
  std::vector<double> out(static_cast<size_t>(m * n));
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double v = 0;
      for (int64_t p = 0; p < k; ++p) v += static_cast<double>(a[i * lda + p]) * static_cast<double>(b[p * n + j]);
      if (epilogue.bias != nullptr) v += epilogue.bias[j];
      if (epilogue.addend != nullptr) v += epilogue.addend[i * ldc + j];
      const Activation& activation = epilogue.activation;
      switch (activation.kind) {
        case ActivationKind::kNone: break;
        case ActivationKind::kRelu: v = std::max(v, 0.0); break;
        case ActivationKind::kRelu6: v = std::clamp(v, 0.0, 6.0); break;
        case ActivationKind::kClamp:
          v = std::clamp(v, static_cast<double>(activation.lo), static_cast<double>(activation.hi));
          break;
        case ActivationKind::kLeakyRelu: v = v < 0 ? v * static_cast<double>(activation.alpha) : v; break;
      }
      out[static_cast<size_t>(i * n + j)] = v;
    }
  }
  return out;
}

// Whole numbers: the product is exact. Rows of a and c are longer than they need be.
void ExpectExact(int64_t m, int64_t n, int64_t k, Epilogue epilogue, bool transposed) {
  SCOPED_TRACE(testing::Message() << m << " x " << n << " x " << k << ", transposed " << transposed);
  const int64_t lda = k + 3;
  const int64_t ldc = n + 5;
  const std::vector<float> a = Wholes(std::max<int64_t>(m * lda - 3, 0), 1);
  const std::vector<float> b = Wholes(k * n, 2);
  // The bytes handed to Pack start at an odd address.
  std::vector<char> bytes(b.size() * sizeof(float) + 1);
  for (int64_t p = 0; p < k; ++p) {
    for (int64_t j = 0; j < n; ++j) {
      const int64_t at = transposed ? j * k + p : p * n + j;
      std::memcpy(bytes.data() + 1 + at * 4, &b[static_cast<size_t>(p * n + j)], 4);
    }
  }
  const auto packed = PackedMatrix::Pack(bytes.data() + 1, k, n, transposed, *TestAllocator());
  ASSERT_TRUE(packed.ok());
  const std::vector<float> bias = Wholes(n, 3);
  const std::vector<float> addend = Wholes(std::max<int64_t>(m * ldc - 5, 0), 4);
  if (epilogue.bias != nullptr) epilogue.bias = bias.data();
  if (epilogue.addend != nullptr) epilogue.addend = addend.data();
  const std::vector<double> want = Reference(a.data(), lda, b.data(), m, n, k, epilogue, ldc);
  const auto got = SameForAnyThreads<float>(m * ldc, [&](float* c, ThreadPool& pool) {
    std::fill(c, c + m * ldc, 77.0f);
    MatMul(a.data(), lda, m, *packed, c, ldc, epilogue, pool, StopToken());
  });
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < ldc; ++j) {
      const double expected = j < n ? want[static_cast<size_t>(i * n + j)] : 77.0;
      ASSERT_EQ(static_cast<double>(got[static_cast<size_t>(i * ldc + j)]), expected) << "at " << i << ", " << j;
    }
  }
}

TEST(MatMul, EverySizeAroundTheTiles) {
  OnEveryTarget([] {
    const int64_t heights[] = {1, 2, 3, 5, 6, 7, 8, 9, 13, 14, 15, 16, 29};
    const int64_t widths[] = {1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 50};
    const int64_t depths[] = {0, 1, 2, 3, 4, 5, 17};
    for (const int64_t m : heights) {
      for (const int64_t n : widths) {
        ExpectExact(m, n, depths[(m + n) % 7], {}, (m + n) % 2 == 0);
      }
    }
    for (const int64_t k : depths) ExpectExact(15, 33, k, {}, false);
  });
}

TEST(MatMul, SeveralBlocksAndPieces) {
  OnEveryTarget([] {
    Epilogue bias;
    const float some = 0;
    bias.bias = &some;
    ExpectExact(61, 300, 1100, bias, false);
    ExpectExact(400, 37, 513, bias, true);
    ExpectExact(1, 1001, 600, bias, false);
  });
}

TEST(MatMul, OneRow) {
  const float some = 0;
  OnEveryTarget([&] {
    for (const int64_t n : {31, 32, 33, 64, 65, 127, 128, 129, 176, 300}) {
      for (const auto kind : {ActivationKind::kNone, ActivationKind::kClamp, ActivationKind::kLeakyRelu}) {
        Epilogue epilogue;
        epilogue.bias = n % 2 != 0 ? &some : nullptr;
        epilogue.addend = n % 3 != 0 ? &some : nullptr;
        epilogue.activation = {kind, -17.0f, 21.0f, 0.25f};
        for (const int64_t k : {0, 1, 17, 1100}) ExpectExact(1, n, k, epilogue, false);
      }
    }
  });
}

// A batch of one gives the bits that its row has in a larger batch.
TEST(MatMul, ARowByItselfHasTheSameBits) {
  OnEveryTarget([] {
    const int64_t n = 300, k = 700;
    const std::vector<float> a = Reals(2 * k, 1), b = Reals(k * n, 2);
    const auto packed = PackedMatrix::Pack(b.data(), k, n, false, *TestAllocator());
    ASSERT_TRUE(packed.ok());
    ThreadPool pool(1);
    std::vector<float> both(static_cast<size_t>(2 * n)), one(static_cast<size_t>(n));
    MatMul(a.data(), k, 2, *packed, both.data(), n, Epilogue(), pool, StopToken());
    MatMul(a.data() + k, k, 1, *packed, one.data(), n, Epilogue(), pool, StopToken());
    EXPECT_EQ(std::memcmp(one.data(), both.data() + n, one.size() * sizeof(float)), 0);
  });
}

// The pieces are the whole product, and where there are few of them no thread has much more to do than another.
TEST(MatMul, PiecesAreTheWholeAndEven) {
  for (const int64_t m : {1, 7, 28, 49, 63, 85, 100, 128, 196, 1000, 12544}) {
    for (const int64_t n : {1, 16, 96, 160, 256, 320, 576, 1000, 4096}) {
      for (const int64_t k : {1, 27, 160, 512, 1024, 9216}) {
        for (const int threads : {1, 2, 3, 4, 8}) {
          const GemmSplit split = SplitGemm(m, n, k, threads);
          const auto at = Cat(m, " x ", n, " x ", k, ", ", threads, " threads");
          ASSERT_GE(split.rows * split.row_pieces, m) << at;
          ASSERT_GE(split.columns * split.column_pieces, n) << at;
          ASSERT_LT(split.columns * (split.column_pieces - 1), n) << at;
          ASSERT_EQ(split.row_pieces % split.row_shares, 0) << at;
          const int64_t pieces = split.row_pieces * split.column_pieces;
          int64_t busiest = 0;
          for (int thread = 0; thread < threads; ++thread) {
            int64_t work = 0;
            for (int64_t i = pieces * thread / threads; i < pieces * (thread + 1) / threads; ++i) {
              const GemmPlace place = PlaceOf(split, i);
              work += std::clamp<int64_t>(m - place.row, 0, split.rows) *
                      std::clamp<int64_t>(n - place.column, 0, split.columns) * k;
            }
            busiest = std::max(busiest, work);
          }
          const double even = static_cast<double>(m * n * k) / threads;
          if (threads > 4 || m < 28 || n < 96 || even < 400000) continue;
          EXPECT_LT(static_cast<double>(busiest), 1.35 * even) << at;
        }
      }
    }
  }
}

TEST(MatMul, ZeroSizes) {
  ExpectExact(0, 5, 5, {}, false);
  ExpectExact(5, 0, 5, {}, false);
  ExpectExact(5, 5, 0, {}, true);
  ExpectExact(0, 0, 0, {}, false);
}

TEST(MatMul, Epilogues) {
  const float some = 0;
  OnEveryTarget([&] {
    for (const auto kind : {ActivationKind::kNone, ActivationKind::kRelu, ActivationKind::kRelu6,
                            ActivationKind::kClamp, ActivationKind::kLeakyRelu}) {
      for (int which = 0; which < 4; ++which) {
        Epilogue epilogue;
        epilogue.bias = which % 2 != 0 ? &some : nullptr;
        epilogue.addend = which / 2 != 0 ? &some : nullptr;
        epilogue.activation = {kind, -17.0f, 21.0f, 0.25f};
        ExpectExact(16, 37, 9, epilogue, false);
        ExpectExact(3, 37, 1025, epilogue, false);
      }
    }
  });
}

TEST(MatMul, TheAddendMayBeTheOutput) {
  const int64_t m = 17, n = 35, k = 1030;
  const std::vector<float> a = Wholes(m * k, 1), b = Wholes(k * n, 2), start = Wholes(m * n, 3);
  const auto packed = PackedMatrix::Pack(b.data(), k, n, false, *TestAllocator());
  ASSERT_TRUE(packed.ok());
  Epilogue reference;
  reference.addend = start.data();
  const auto want = Reference(a.data(), k, b.data(), m, n, k, reference, n);
  OnEveryTarget([&] {
    const auto got = SameForAnyThreads<float>(m * n, [&](float* c, ThreadPool& pool) {
      std::copy(start.begin(), start.end(), c);
      Epilogue epilogue;
      epilogue.addend = c;
      MatMul(a.data(), k, m, *packed, c, n, epilogue, pool, StopToken());
    });
    for (size_t i = 0; i < got.size(); ++i) ASSERT_EQ(static_cast<double>(got[i]), want[i]) << i;
  });
}

TEST(MatMul, AccuracyOnReals) {
  const int64_t m = 15, n = 34;
  for (const int64_t k : {7, 600, 5000}) {
    const std::vector<float> a = Reals(m * k, 1), b = Reals(k * n, 2);
    const auto packed = PackedMatrix::Pack(b.data(), k, n, false, *TestAllocator());
    ASSERT_TRUE(packed.ok());
    const auto want = Reference(a.data(), k, b.data(), m, n, k, {}, n);
    std::vector<float> a_abs(a), b_abs(b);
    for (float& v : a_abs) v = std::fabs(v);
    for (float& v : b_abs) v = std::fabs(v);
    const auto size = Reference(a_abs.data(), k, b_abs.data(), m, n, k, {}, n);
    OnEveryTarget([&] {
      const auto got = SameForAnyThreads<float>(
          m * n, [&](float* c, ThreadPool& pool) { MatMul(a.data(), k, m, *packed, c, n, {}, pool, StopToken()); });
      // Partial sums of k random terms are about 1 / sqrt(k) of the sum of their sizes, and so the errors of k
      // additions, which are random too, come to about one rounding of that sum; without fused multiply-add to two.
      for (size_t i = 0; i < got.size(); ++i) {
        ASSERT_LE(std::fabs(static_cast<double>(got[i]) - want[i]), 3 * kRounding * size[i]) << "k " << k;
      }
    });
  }
}

TEST(MatMul, NanAndInfinityPassThroughEveryActivation) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> a = {1.0f};
  std::vector<float> b(40, 1.0f);
  b[3] = nan;
  b[35] = nan;
  b[5] = std::numeric_limits<float>::infinity();
  const auto packed = PackedMatrix::Pack(b.data(), 1, 40, false, *TestAllocator());
  ASSERT_TRUE(packed.ok());
  OnEveryTarget([&] {
    for (const auto kind : {ActivationKind::kNone, ActivationKind::kRelu, ActivationKind::kRelu6,
                            ActivationKind::kClamp, ActivationKind::kLeakyRelu}) {
      Epilogue epilogue;
      epilogue.activation = {kind, -17.0f, 21.0f, 0.25f};
      const auto got = SameForAnyThreads<float>(
          40, [&](float* c, ThreadPool& pool) { MatMul(a.data(), 1, 1, *packed, c, 40, epilogue, pool, StopToken()); });
      EXPECT_TRUE(std::isnan(got[3]));
      EXPECT_TRUE(std::isnan(got[35]));
      EXPECT_EQ(got[4], 1.0f);
      EXPECT_EQ(got[5], kind == ActivationKind::kRelu6 ? 6.0f : kind == ActivationKind::kClamp ? 21.0f : b[5]);
    }
  });
}

TEST(MatMul, StopsBeforeThePiecesThatAreLeft) {
  const std::atomic<bool> cancel{true};
  const StopToken stop(&cancel, StopToken::Clock::time_point::max());
  const std::vector<float> a = Wholes(100 * 100, 1), b = Wholes(100 * 100, 2);
  const auto packed = PackedMatrix::Pack(b.data(), 100, 100, false, *TestAllocator());
  ASSERT_TRUE(packed.ok());
  std::vector<float> c(100 * 100, 5.0f);
  ThreadPool pool(2);
  MatMul(a.data(), 100, 100, *packed, c.data(), 100, {}, pool, stop);
  EXPECT_EQ(std::count(c.begin(), c.end(), 5.0f), 100 * 100);
}

TEST(PackedMatrix, SizesThatCannotBe) {
  EXPECT_FALSE(PackedMatrix::Bytes(int64_t{1} << 62, 16).valid());
  EXPECT_FALSE(PackedMatrix::Bytes(1, INT64_MAX).valid());
  EXPECT_FALSE(PackedMatrix::Bytes(-1, 3).valid());
  EXPECT_EQ(PackedMatrix::Bytes(3, 17).value(), 3 * 32 * 4);
  EXPECT_EQ(PackedMatrix::Pack(nullptr, int64_t{1} << 62, 16, false, *TestAllocator()).status().code(),
            Code::kInvalidArgument);
}

template <typename T>
void ExpectDynamicExact(const MatMulShape& shape, bool with_offsets) {
  SCOPED_TRACE(testing::Message() << shape.batch << ": " << shape.m << " x " << shape.n << " x " << shape.k << " "
                                  << shape.transpose_a << shape.transpose_b << with_offsets);
  const auto [batch, m, n, k, transpose_a, transpose_b] = shape;
  const int64_t stored = with_offsets ? 1 : batch;
  std::vector<float> a32 = Wholes(stored * m * k, 1), b32 = Wholes(batch * k * n, 2), bias = Wholes(n, 3);
  const std::vector<T> a(a32.begin(), a32.end()), b(b32.begin(), b32.end());
  std::vector<int64_t> a_offsets(static_cast<size_t>(batch), 0), b_offsets;
  for (int64_t i = 0; i < batch; ++i) b_offsets.push_back((batch - 1 - i) * k * n);
  std::vector<char> scratch(static_cast<size_t>(MatMulScratchBytes(shape).value()) + 4);
  Epilogue epilogue;
  epilogue.bias = std::is_same_v<T, float> ? bias.data() : nullptr;
  const auto got = SameForAnyThreads<T>(batch * m * n, [&](T* c, ThreadPool& pool) {
    const int64_t* ao = with_offsets ? a_offsets.data() : nullptr;
    const int64_t* bo = with_offsets ? b_offsets.data() : nullptr;
    if constexpr (std::is_same_v<T, float>) {
      MatMulDynamic(shape, a.data(), ao, b.data(), bo, c, epilogue, scratch.data(), pool, StopToken());
    } else {
      MatMulDynamic(shape, a.data(), ao, b.data(), bo, c, pool, StopToken());
    }
  });
  for (int64_t item = 0; item < batch; ++item) {
    const T* left = a.data() + (with_offsets ? 0 : item * m * k);
    const T* right = b.data() + (with_offsets ? batch - 1 - item : item) * k * n;
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        double want = epilogue.bias != nullptr ? bias[static_cast<size_t>(j)] : 0.0;
        for (int64_t p = 0; p < k; ++p) {
          want += static_cast<double>(left[transpose_a ? p * m + i : i * k + p]) *
                  static_cast<double>(right[transpose_b ? j * k + p : p * n + j]);
        }
        ASSERT_EQ(static_cast<double>(got[static_cast<size_t>((item * m + i) * n + j)]), want)
            << item << ", " << i << ", " << j;
      }
    }
  }
}

TEST(MatMulDynamic, TransposesBatchesAndOffsets) {
  OnEveryTarget([] {
    for (int which = 0; which < 8; ++which) {
      const bool ta = which % 2 != 0, tb = which / 2 % 2 != 0, offsets = which / 4 != 0;
      ExpectDynamicExact<float>({3, 17, 35, 19, ta, tb}, offsets);
      ExpectDynamicExact<float>({1, 45, 130, 600, ta, tb}, offsets);
      ExpectDynamicExact<float>({40, 3, 5, 7, ta, tb}, offsets);
      ExpectDynamicExact<double>({3, 17, 35, 19, ta, tb}, offsets);
      ExpectDynamicExact<double>({1, 3, 600, 70, ta, tb}, offsets);
    }
  });
}

TEST(MatMulDynamic, MoreThanOneGroupOfScratch) {
  const MatMulShape shape{9, 2, 1024, 300, false, false};
  EXPECT_LT(MatMulScratchBytes(shape).value(), shape.batch * shape.n * shape.k * 4);
  ExpectDynamicExact<float>(shape, false);
}

TEST(MatMulDynamic, ZeroSizes) {
  for (const MatMulShape& shape : {MatMulShape{0, 2, 2, 2, false, false}, MatMulShape{2, 0, 2, 2, false, true},
                                   MatMulShape{2, 2, 0, 2, true, false}, MatMulShape{2, 2, 2, 0, false, false}}) {
    ExpectDynamicExact<float>(shape, false);
    ExpectDynamicExact<double>(shape, false);
  }
}

}  // namespace
}  // namespace rivulet
