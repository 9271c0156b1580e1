// Sum and Mean over any axes (in any order, negative ones from the end), with or without keep_dims.
//
//   input [..] of T, reduction_indices: the axes -> output [..] without them, or with extent 1
//
// Integers wrap around; their mean is rounded to zero, and 0 of nothing, as the mean of no complex numbers is. The mean
// of no real numbers is NaN. float16 and bfloat16 are summed exactly and rounded once.
#include "engine/ops/reduce_arithmetic.h"

namespace rivulet {
namespace {

// What sums of T are kept in: as good as exact, or modulo 2^64.
template <typename T>
struct Exact {
  using Type = double;
};
template <>
struct Exact<Complex64> {
  using Type = Complex128;
};
template <>
struct Exact<Complex128> {
  using Type = Complex128;
};
template <typename T>
requires std::is_integral_v<T>
struct Exact<T> {
  using Type = uint64_t;
};

// The sum is the mean of one share: no division by 1 changes a bit.
template <typename T>
struct MeanOf {
  using In = T;
  using Acc = typename Exact<T>::Type;
  using Out = T;
  static Acc Start() { return Acc(0); }
  static Acc Step(Acc acc, T x) { return acc + static_cast<Acc>(Widen(x)); }
  static T Finish(Acc acc, int64_t count) {
    if constexpr (std::is_integral_v<T>) {
      if (count == 0) return 0;
      if constexpr (std::is_signed_v<T>) return static_cast<T>(static_cast<int64_t>(acc) / count);
      return static_cast<T>(acc / static_cast<uint64_t>(count));
    } else if constexpr (kIsComplex<T>) {
      if (count == 0) return T(0);
      return static_cast<T>(acc / static_cast<double>(count));
    } else {
      const auto sum = static_cast<double>(Widen(Rounded<T>(acc)));
      return Rounded<T>(sum / static_cast<double>(count));
    }
  }
};

// The sum of halves is rounded before it is divided.
constexpr uint32_t kWiden = kWidenInts | kWidenComplex;

constexpr OpDef kDefs[] = {
    {.name = "Sum", RIVULET_REDUCTION, .run = kWidened<RunArithmetic<MeanOf, ReduceKind::kSum, kWiden>, kWiden>},
    {.name = "Mean", RIVULET_REDUCTION, .run = kWidened<RunArithmetic<MeanOf, ReduceKind::kMean, kWiden>, kWiden>},
};

}  // namespace

RIVULET_OP_LIST(ReduceArithmetic, kDefs);

}  // namespace rivulet
