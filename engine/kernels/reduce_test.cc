#include "engine/kernels/reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/kernels/kernel_testing.h"

namespace rivulet {
namespace {

using kernel_testing::Guarded;
using kernel_testing::kRounding;
using kernel_testing::OnEveryTarget;
using kernel_testing::Reals;
using kernel_testing::SameForAnyThreads;
using kernel_testing::UlpDistance;
using kernel_testing::Wholes;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

const ReduceKind kKinds[] = {ReduceKind::kSum, ReduceKind::kMean, ReduceKind::kMax,
                             ReduceKind::kMin, ReduceKind::kProd, ReduceKind::kSumOfSquares};

std::vector<double> Reference(ReduceKind kind, const std::vector<float>& in, int64_t outer, int64_t reduced,
                              int64_t inner) {
  std::vector<double> out;
  for (int64_t i = 0; i < outer; ++i) {
    for (int64_t j = 0; j < inner; ++j) {
      double sum = 0, squares = 0, product = 1;
      double max = -std::numeric_limits<double>::infinity(), min = -max;
      for (int64_t p = 0; p < reduced; ++p) {
        const double v = in[static_cast<size_t>((i * reduced + p) * inner + j)];
        sum += v;
        squares += v * v;
        product *= v;
        max = std::isnan(v) || v > max ? v : max;
        min = std::isnan(v) || v < min ? v : min;
      }
      const double results[] = {sum, sum / static_cast<double>(reduced), max, min, product, squares};
      out.push_back(results[static_cast<int>(kind)]);
    }
  }
  return out;
}

Guarded<float> Reduced(ReduceKind kind, const std::vector<float>& in, int64_t outer, int64_t reduced, int64_t inner) {
  std::vector<float> scratch(static_cast<size_t>(ReduceScratchBytes(outer, reduced, inner).value()) / sizeof(float));
  return SameForAnyThreads<float>(outer * inner, [&](float* out, ThreadPool& pool) {
    Reduce(kind, in.data(), outer, reduced, inner, out, scratch.data(), pool, StopToken());
  });
}

void ExpectExact(ReduceKind kind, int64_t outer, int64_t reduced, int64_t inner) {
  SCOPED_TRACE(testing::Message() << static_cast<int>(kind) << " of " << outer << " x " << reduced << " x " << inner);
  // Products stay exact: only signs and a few twos.
  std::vector<float> in = Wholes(outer * reduced * inner, 1);
  if (kind == ReduceKind::kProd) {
    for (size_t i = 0; i < in.size(); ++i) in[i] = (in[i] < 0 ? -1.0f : 1.0f) * (i % 97 == 0 ? 2.0f : 1.0f);
    if (reduced > 5000) return;
  }
  const auto got = Reduced(kind, in, outer, reduced, inner);
  const auto want = Reference(kind, in, outer, reduced, inner);
  for (size_t i = 0; i < want.size(); ++i) {
    ASSERT_EQ(UlpDistance(got[i], static_cast<float>(want[i])), 0) << "at " << i << ": " << got[i] << ", " << want[i];
  }
}

TEST(Reduce, EveryKindAndShape) {
  OnEveryTarget([] {
    for (const ReduceKind kind : kKinds) {
      for (const int64_t inner : {1, 2, 7, 16, 33, 70}) {
        for (const int64_t reduced : {1, 2, 5, 16, 63, 65, 130}) ExpectExact(kind, 3, reduced, inner);
      }
    }
  });
}

TEST(Reduce, SeveralChunksAndPieces) {
  OnEveryTarget([] {
    for (const ReduceKind kind : kKinds) {
      ExpectExact(kind, 1, 200001, 1);
      ExpectExact(kind, 2, 33000, 1);
      ExpectExact(kind, 2, 9000, 3);
      ExpectExact(kind, 1, 300, 1200);
    }
  });
}

TEST(Reduce, ZeroSizes) {
  for (const ReduceKind kind : kKinds) {
    ExpectExact(kind, 0, 3, 3);
    ExpectExact(kind, 3, 3, 0);
    ExpectExact(kind, 2, 0, 1);
    ExpectExact(kind, 2, 0, 20);
  }
}

TEST(Reduce, NanAmongTheInputs) {
  OnEveryTarget([] {
    for (const ReduceKind kind : kKinds) {
      for (const int64_t inner : {1, 5}) {
        for (const int64_t where : {0, 7, 20, 36}) {
          std::vector<float> in = Wholes(37 * inner, 1);
          in[static_cast<size_t>(where * inner)] = kNan;
          const auto got = Reduced(kind, in, 1, 37, inner);
          EXPECT_TRUE(std::isnan(got[0])) << static_cast<int>(kind) << " " << inner << " " << where;
          if (inner > 1) {
            EXPECT_FALSE(std::isnan(got[1]));
          }
        }
      }
    }
  });
}

TEST(Reduce, SumsOfManyRealsStayAccurate) {
  // All of one sign, so that nothing cancels: a plain running sum would be off by hundreds of roundings.
  for (const int64_t inner : {1, 3, 20}) {
    const int64_t reduced = 600000 / inner;
    const std::vector<float> in = Reals(reduced * inner, 1, 0.5f, 1.0f);
    const auto want = Reference(ReduceKind::kSum, in, 1, reduced, inner);
    OnEveryTarget([&] {
      const auto got = Reduced(ReduceKind::kSum, in, 1, reduced, inner);
      for (size_t i = 0; i < want.size(); ++i) {
        ASSERT_LE(std::fabs(static_cast<double>(got[i]) - want[i]), 6 * kRounding * want[i]) << "inner " << inner;
      }
    });
  }
}

TEST(SoftmaxRows, SumsToOneAndMatchesTheFormula) {
  OnEveryTarget([] {
    for (const int64_t columns : {0, 1, 2, 10, 16, 21, 1001, 2500}) {
      const std::vector<float> in = Reals(3 * columns, 1, -20.0f, 20.0f);
      for (const bool log : {false, true}) {
        const auto got = SameForAnyThreads<float>(3 * columns, [&](float* out, ThreadPool& pool) {
          std::copy(in.begin(), in.end(), out);
          SoftmaxRows(out, 3, columns, log, out, pool, StopToken());
        });
        for (int64_t row = 0; row < 3 && columns > 0; ++row) {
          const float* from = in.data() + row * columns;
          const double max = *std::max_element(from, from + columns);
          double sum = 0;
          for (int64_t j = 0; j < columns; ++j) sum += std::exp(static_cast<double>(from[j]) - max);
          for (int64_t j = 0; j < columns; ++j) {
            const double shifted = static_cast<double>(from[j]) - max;
            const auto value = static_cast<double>(got[static_cast<size_t>(row * columns + j)]);
            if (log) {
              ASSERT_NEAR(value, shifted - std::log(sum), 2e-6 * std::max(1.0, -shifted)) << columns;
            } else {
              // The difference is rounded first: half a unit of up to 40 is 32 roundings of its exponential.
              const double want = std::exp(shifted) / sum;
              ASSERT_NEAR(value, want, want * (32 + 16) * kRounding) << columns;
            }
          }
        }
      }
    }
  });
}

TEST(SoftmaxRows, LargeValuesAndNan) {
  const std::vector<float> in = {1000.0f, 1000.0f, -1000.0f, kNan, 1.0f, 2.0f};
  OnEveryTarget([&] {
    const auto got = SameForAnyThreads<float>(
        6, [&](float* out, ThreadPool& pool) { SoftmaxRows(in.data(), 2, 3, false, out, pool, StopToken()); });
    EXPECT_EQ(got[0], 0.5f);
    EXPECT_EQ(got[1], 0.5f);
    EXPECT_EQ(got[2], 0.0f);
    for (size_t i = 3; i < 6; ++i) EXPECT_TRUE(std::isnan(got[i]));
  });
}

// Many rows of a few columns, one with a NaN and one with a value far below the others.
TEST(SoftmaxRows, ManyShortRows) {
  OnEveryTarget([] {
    for (const int64_t rows : {8, 63, 64, 65, 130, 9000}) {
      for (const int64_t columns : {1, 2, 3, 7, 16}) {
        std::vector<float> in = Reals(rows * columns, 1, -20.0f, 20.0f);
        in[static_cast<size_t>(5 * columns)] = kNan;
        in[static_cast<size_t>(6 * columns)] = -1000.0f;
        const auto got = SameForAnyThreads<float>(rows * columns, [&](float* out, ThreadPool& pool) {
          std::copy(in.begin(), in.end(), out);
          SoftmaxRows(out, rows, columns, false, out, pool, StopToken());
        });
        for (int64_t row = 0; row < rows; ++row) {
          const float* from = in.data() + row * columns;
          const double max = *std::max_element(from, from + columns);
          double sum = 0;
          for (int64_t j = 0; j < columns; ++j) sum += std::exp(static_cast<double>(from[j]) - max);
          for (int64_t j = 0; j < columns; ++j) {
            const auto value = static_cast<double>(got[static_cast<size_t>(row * columns + j)]);
            if (row == 5) {
              ASSERT_TRUE(std::isnan(value));
              continue;
            }
            const double want = std::exp(static_cast<double>(from[j]) - max) / sum;
            ASSERT_NEAR(value, want, want * (32 + 16) * kRounding) << rows << " rows of " << columns;
          }
        }
      }
    }
  });
}

TEST(RowMoments, MeanAndVariance) {
  OnEveryTarget([] {
    for (const int64_t columns : {1, 3, 16, 50, 5000}) {
      // Far from zero, where the difference of two large sums would lose everything.
      const std::vector<float> in = Reals(4 * columns, 1, 1000.0f, 1001.0f);
      std::vector<float> variance(4);
      const auto mean = SameForAnyThreads<float>(4, [&](float* out, ThreadPool& pool) {
        RowMoments(in.data(), 4, columns, out, variance.data(), pool, StopToken());
      });
      for (int64_t row = 0; row < 4; ++row) {
        double sum = 0, squares = 0;
        for (int64_t j = 0; j < columns; ++j) sum += in[static_cast<size_t>(row * columns + j)];
        const double center = sum / static_cast<double>(columns);
        for (int64_t j = 0; j < columns; ++j)
          squares += std::pow(in[static_cast<size_t>(row * columns + j)] - center, 2);
        const auto i = static_cast<size_t>(row);
        ASSERT_NEAR(static_cast<double>(mean[i]), center, 2048 * kRounding);
        ASSERT_NEAR(static_cast<double>(variance[i]), squares / static_cast<double>(columns), 2e-6) << columns;
      }
    }
  });
}

}  // namespace
}  // namespace rivulet
