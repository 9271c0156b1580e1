#include <algorithm>

#include "engine/kernels/map.h"
#include "engine/kernels/map_stretch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/map_binary.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "engine/kernels/epilogue-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rivulet {
namespace HWY_NAMESPACE {
namespace {

// n outputs from two operands, each of which is an array or (when `*_one`) a single value.
template <class Function>
HWY_INLINE void ForEach(const float* a, bool a_one, const float* b, bool b_one, int64_t n, float* out,
                        const Function& function) {
  const D d;
  if (n == 0) return;
  if (a_one) {
    const V value = hn::Set(d, *a);
    for (int64_t i = 0; i < n; i += kLanes) {
      StoreSome(function(value, b_one ? hn::Set(d, *b) : LoadSome(b + i, n - i)), n - i, out + i);
    }
  } else if (b_one) {
    const V value = hn::Set(d, *b);
    for (int64_t i = 0; i < n; i += kLanes) StoreSome(function(LoadSome(a + i, n - i), value), n - i, out + i);
  } else {
    for (int64_t i = 0; i < n; i += kLanes) {
      StoreSome(function(LoadSome(a + i, n - i), LoadSome(b + i, n - i)), n - i, out + i);
    }
  }
}

// a where it wins or is NaN; b where it is NaN.
HWY_INLINE V PickMax(V a, V b) { return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(b)), b, a); }
HWY_INLINE V PickMin(V a, V b) { return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(b)), b, a); }

void BinaryRun(BinaryKind kind, const float* a, bool a_one, const float* b, bool b_one, int64_t n, float* out) {
#define RIVULET_CASE(Kind, expression) \
  case BinaryKind::Kind: ForEach(a, a_one, b, b_one, n, out, [](V x, V y) HWY_ATTR { return expression; }); break;
  switch (kind) {
    RIVULET_CASE(kAdd, hn::Add(x, y))
    RIVULET_CASE(kSub, hn::Sub(x, y))
    RIVULET_CASE(kMul, hn::Mul(x, y))
    RIVULET_CASE(kDiv, hn::Div(x, y))
    RIVULET_CASE(kMax, PickMax(x, y))
    RIVULET_CASE(kMin, PickMin(x, y))
    RIVULET_CASE(kPrelu, hn::IfThenElse(hn::Lt(x, hn::Zero(D())), hn::Mul(x, y), x))
    RIVULET_CASE(kSquaredDifference, hn::Mul(hn::Sub(x, y), hn::Sub(x, y)))
  }
#undef RIVULET_CASE
}

// Where an operand of the given spread has its values for `row` from `column` on, and whether they are one value.
HWY_INLINE const float* At(const float* operand, Spread spread, int64_t columns, int64_t row, int64_t column) {
  switch (spread) {
    case Spread::kFull: return operand + row * columns + column;
    case Spread::kRow: return operand + column;
    case Spread::kColumn: return operand + row;
    case Spread::kScalar: return operand;
  }
  return operand;
}

// A row of few columns that meets every row of a whole operand is repeated, so that stretches are long. Returns false
// where the spreads are others.
bool RepeatedRow(BinaryKind kind, const float* a, Spread a_spread, const float* b, Spread b_spread, int64_t columns,
                 int64_t begin, int64_t end, float* out) {
  constexpr int64_t kRepeated = 1024;
  const bool left = a_spread == Spread::kRow && b_spread == Spread::kFull;
  const bool right = a_spread == Spread::kFull && b_spread == Spread::kRow;
  if (!(left || right) || columns > kRepeated / 4 || end - begin <= 4 * columns) return false;
  HWY_ALIGN float repeated[kRepeated];
  const float* row = left ? a : b;
  const int64_t length = std::min(kRepeated / columns * columns, end - begin);
  for (int64_t i = 0, column = begin % columns; i < length; ++i, ++column) {
    if (column == columns) column = 0;
    repeated[i] = row[column];
  }
  for (int64_t i = begin; i < end; i += length) {
    BinaryRun(kind, left ? repeated : a + i, false, right ? repeated : b + i, false, std::min(length, end - i),
              out + i);
  }
  return true;
}

// Outputs [begin, end) of the flat array.
void BinaryPiece(BinaryKind kind, const float* a, Spread a_spread, const float* b, Spread b_spread, int64_t columns,
                 int64_t begin, int64_t end, float* out) {
  const bool a_one = a_spread == Spread::kColumn || a_spread == Spread::kScalar;
  const bool b_one = b_spread == Spread::kColumn || b_spread == Spread::kScalar;
  const auto is_flat = [](Spread spread) { return spread == Spread::kFull || spread == Spread::kScalar; };
  if (is_flat(a_spread) && is_flat(b_spread)) {
    BinaryRun(kind, a_one ? a : a + begin, a_one, b_one ? b : b + begin, b_one, end - begin, out + begin);
    return;
  }
  if (RepeatedRow(kind, a, a_spread, b, b_spread, columns, begin, end, out)) return;
  for (int64_t i = begin; i < end;) {
    const int64_t row = i / columns;
    const int64_t column = i % columns;
    const int64_t count = std::min(columns - column, end - i);
    BinaryRun(kind, At(a, a_spread, columns, row, column), a_one, At(b, b_spread, columns, row, column), b_one, count,
              out + i);
    i += count;
  }
}

void ActivationPiece(const Activation& activation, const float* x, int64_t n, float* out) {
  const ActivationBounds bounds(activation);
  for (int64_t i = 0; i < n; i += kLanes) StoreSome(Activate(LoadSome(x + i, n - i), bounds), n - i, out + i);
}

void ScaleShiftPiece(const float* x, const float* scale, const float* shift, int64_t rows, int64_t columns,
                     const Activation& activation, float* out) {
  const ActivationBounds bounds(activation);
  for (int64_t row = 0; row < rows; ++row, x += columns, out += columns) {
    for (int64_t j = 0; j < columns; j += kLanes) {
      const int64_t count = columns - j;
      const V v = hn::MulAdd(LoadSome(x + j, count), LoadSome(scale + j, count), LoadSome(shift + j, count));
      StoreSome(Activate(v, bounds), count, out + j);
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace rivulet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rivulet {
namespace {
constexpr int64_t kGrain = 1 << 14;
}  // namespace

HWY_EXPORT(BinaryRun);
HWY_EXPORT(BinaryPiece);
HWY_EXPORT(ActivationPiece);
HWY_EXPORT(ScaleShiftPiece);

void MapBinary(BinaryKind kind, const float* a, Spread a_spread, const float* b, Spread b_spread, int64_t rows,
               int64_t columns, float* out, ThreadPool& pool, const StopToken& stop) {
  pool.ParallelFor(rows * columns, kGrain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(BinaryPiece)(kind, a, a_spread, b, b_spread, columns, begin, end, out);
  });
}

void MapActivation(const Activation& activation, const float* x, int64_t n, float* out, ThreadPool& pool,
                   const StopToken& stop) {
  pool.ParallelFor(n, kGrain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(ActivationPiece)(activation, x + begin, end - begin, out + begin);
  });
}

void MapScaleShift(const float* x, const float* scale, const float* shift, int64_t rows, int64_t columns,
                   const Activation& activation, float* out, ThreadPool& pool, const StopToken& stop) {
  const int64_t grain = std::max<int64_t>(kGrain / std::max<int64_t>(columns, 1), 1);
  pool.ParallelFor(rows, grain, stop, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(ScaleShiftPiece)
    (x + begin * columns, scale, shift, end - begin, columns, activation, out + begin * columns);
  });
}

void BinaryStretch(BinaryKind kind, const float* a, bool a_one, const float* b, bool b_one, int64_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(BinaryRun)(kind, a, a_one, b, b_one, n, out);
}

void ActivationStretch(const Activation& activation, const float* x, int64_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(ActivationPiece)(activation, x, n, out);
}

}  // namespace rivulet
#endif  // HWY_ONCE
