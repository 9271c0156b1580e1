#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/kernels/kernel_testing.h"
#include "engine/kernels/map.h"

namespace rivulet {
namespace {

using kernel_testing::kRounding;
using kernel_testing::OnEveryTarget;
using kernel_testing::Reals;
using kernel_testing::SameForAnyThreads;
using kernel_testing::UlpDistance;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

float Exact(BinaryKind kind, float a, float b) {
  switch (kind) {
    case BinaryKind::kAdd: return a + b;
    case BinaryKind::kSub: return a - b;
    case BinaryKind::kMul: return a * b;
    case BinaryKind::kDiv: return a / b;
    case BinaryKind::kMax: return std::isnan(a) || std::isnan(b) ? kNan : std::max(a, b);
    case BinaryKind::kMin: return std::isnan(a) || std::isnan(b) ? kNan : std::min(a, b);
    case BinaryKind::kSquaredDifference: return (a - b) * (a - b);
    case BinaryKind::kPrelu: return a < 0 ? a * b : a;
  }
  return 0.0f;
}

const BinaryKind kKinds[] = {BinaryKind::kAdd,
                             BinaryKind::kSub,
                             BinaryKind::kMul,
                             BinaryKind::kDiv,
                             BinaryKind::kMax,
                             BinaryKind::kMin,
                             BinaryKind::kSquaredDifference,
                             BinaryKind::kPrelu};
const Spread kSpreads[] = {Spread::kFull, Spread::kRow, Spread::kColumn, Spread::kScalar};

int64_t SizeOf(Spread spread, int64_t rows, int64_t columns) {
  return spread == Spread::kFull     ? rows * columns
         : spread == Spread::kRow    ? columns
         : spread == Spread::kColumn ? rows
                                     : 1;
}

size_t At(Spread spread, int64_t columns, int64_t row, int64_t column) {
  return static_cast<size_t>(spread == Spread::kFull     ? row * columns + column
                             : spread == Spread::kRow    ? column
                             : spread == Spread::kColumn ? row
                                                         : 0);
}

void ExpectExact(BinaryKind kind, Spread a_spread, Spread b_spread, int64_t rows, int64_t columns) {
  SCOPED_TRACE(testing::Message() << static_cast<int>(kind) << ": " << static_cast<int>(a_spread) << " with "
                                  << static_cast<int>(b_spread) << " over " << rows << " x " << columns);
  const std::vector<float> a = Reals(SizeOf(a_spread, rows, columns), 1), b = Reals(SizeOf(b_spread, rows, columns), 2);
  const auto got = SameForAnyThreads<float>(rows * columns, [&](float* out, ThreadPool& pool) {
    MapBinary(kind, a.data(), a_spread, b.data(), b_spread, rows, columns, out, pool, StopToken());
  });
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      const float want = Exact(kind, a[At(a_spread, columns, i, j)], b[At(b_spread, columns, i, j)]);
      ASSERT_EQ(got[static_cast<size_t>(i * columns + j)], want) << "at " << i << ", " << j;
    }
  }
}

TEST(MapBinary, EveryKindAndSpread) {
  OnEveryTarget([] {
    for (const BinaryKind kind : kKinds) {
      for (const Spread a : kSpreads) {
        for (const Spread b : kSpreads) {
          for (const int64_t columns : {0, 1, 5, 16, 35}) ExpectExact(kind, a, b, 3, columns);
        }
      }
    }
  });
}

TEST(MapBinary, SeveralPiecesThatEndInsideARow) {
  for (const Spread a : kSpreads) {
    for (const Spread b : kSpreads) {
      ExpectExact(BinaryKind::kSub, a, b, 3, 70001);
      ExpectExact(BinaryKind::kSub, a, b, 70001, 3);
    }
  }
}

TEST(MapBinary, NanOnEitherSide) {
  std::vector<float> a(20, 1.0f), b(20, 2.0f);
  a[3] = kNan;
  b[17] = kNan;
  OnEveryTarget([&] {
    for (const BinaryKind kind : kKinds) {
      const auto got = SameForAnyThreads<float>(20, [&](float* out, ThreadPool& pool) {
        MapBinary(kind, a.data(), Spread::kFull, b.data(), Spread::kFull, 1, 20, out, pool, StopToken());
      });
      for (size_t i = 0; i < 20; ++i) ASSERT_EQ(UlpDistance(got[i], Exact(kind, a[i], b[i])), 0) << i;
    }
  });
}

TEST(MapBinary, InPlace) {
  const std::vector<float> a = Reals(37, 1), b = Reals(37, 2);
  OnEveryTarget([&] {
    const auto left = SameForAnyThreads<float>(37, [&](float* out, ThreadPool& pool) {
      std::copy(a.begin(), a.end(), out);
      MapBinary(BinaryKind::kSub, out, Spread::kFull, b.data(), Spread::kRow, 1, 37, out, pool, StopToken());
    });
    const auto right = SameForAnyThreads<float>(37, [&](float* out, ThreadPool& pool) {
      std::copy(b.begin(), b.end(), out);
      MapBinary(BinaryKind::kSub, a.data(), Spread::kRow, out, Spread::kFull, 1, 37, out, pool, StopToken());
    });
    for (size_t i = 0; i < 37; ++i) {
      ASSERT_EQ(left[i], a[i] - b[i]);
      ASSERT_EQ(right[i], a[i] - b[i]);
    }
  });
}

TEST(MapScaleShift, IsAMultiplyAddPerColumn) {
  OnEveryTarget([] {
    for (const int64_t columns : {0, 1, 7, 16, 33}) {
      const std::vector<float> x = Reals(5 * columns, 1), scale = Reals(columns, 2), shift = Reals(columns, 3);
      const Activation relu{ActivationKind::kRelu};
      const auto got = SameForAnyThreads<float>(5 * columns, [&](float* out, ThreadPool& pool) {
        MapScaleShift(x.data(), scale.data(), shift.data(), 5, columns, relu, out, pool, StopToken());
      });
      for (size_t i = 0; i < got.size(); ++i) {
        const size_t j = i % static_cast<size_t>(columns);
        const double want = static_cast<double>(x[i]) * static_cast<double>(scale[j]) + static_cast<double>(shift[j]);
        // Two roundings of values below 2.
        ASSERT_NEAR(static_cast<double>(got[i]), std::max(want, 0.0), 3 * kRounding);
      }
    }
  });
}

}  // namespace
}  // namespace rivulet
