// Prod and EuclideanNorm over any axes, as Sum.
//
//   input [..] of T, reduction_indices: the axes -> output [..] without them, or with extent 1
//
// Integers wrap around, the squares of EuclideanNorm, too. float16 and bfloat16 are multiplied with rounding after
// every factor, as TensorFlow does; their squares are summed exactly and rounded once.
#include "engine/ops/reduce_arithmetic.h"

namespace rivulet {
namespace {

template <typename T>
struct ProdOf {
  using In = T;
  using Acc = T;
  using Out = T;
  static T Start() { return T(1); }
  static T Step(T acc, T x) { return Product(acc, x); }
  static T Finish(T acc, int64_t) { return acc; }
};

template <typename T>
struct NormOf {
  using In = T;
  using Acc = std::conditional_t<std::is_integral_v<T>, uint64_t, double>;
  using Out = T;
  static Acc Start() { return 0; }
  static Acc Step(Acc acc, T x) {
    if constexpr (kIsComplex<T>) {
      const double re = x.real(), im = x.imag();
      return acc + re * re + im * im;
    } else {
      const auto wide = static_cast<Acc>(Widen(x));
      return acc + wide * wide;
    }
  }
  static T Finish(Acc acc, int64_t) {
    if constexpr (std::is_integral_v<T>) {
      const T sum = static_cast<T>(acc);
      if constexpr (std::is_signed_v<T>) {
        // A sum that wrapped below 0 has no root; x86 gives this for it.
        if (sum < 0) return sizeof(T) < 4 ? T{0} : std::numeric_limits<T>::min();
      }
      return static_cast<T>(std::sqrt(static_cast<double>(sum)));
    } else if constexpr (kIsComplex<T>) {
      using R = typename T::value_type;
      return T(static_cast<R>(std::sqrt(static_cast<double>(static_cast<R>(acc)))), 0);
    } else {
      return Rounded<T>(std::sqrt(static_cast<double>(Widen(Rounded<T>(acc)))));
    }
  }
};

constexpr uint32_t kWidenProducts = kWidenInts | kWidenComplex;

constexpr OpDef kDefs[] = {
    {.name = "Prod",
     RIVULET_REDUCTION,
     .run = kWidened<RunArithmetic<ProdOf, ReduceKind::kProd, kWidenProducts>, kWidenProducts>},
    {.name = "EuclideanNorm",
     RIVULET_REDUCTION,
     .run = kWidened<RunArithmetic<NormOf, ReduceKind::kSumOfSquares, kWidenComplex>, kWidenComplex>},
};

}  // namespace

RIVULET_OP_LIST(ReduceProduct, kDefs);

}  // namespace rivulet
