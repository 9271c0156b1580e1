// Sum, Mean, Prod and EuclideanNorm over any axes (in any order, negative ones from the end), with or without
// keep_dims.
//
//   input [..] of T, reduction_indices: the axes -> output [..] without them, or with extent 1
//
// Integers wrap around; their mean is rounded to zero, and 0 of nothing, as the mean of no complex numbers is. The mean
// of no real numbers is NaN. The squares of EuclideanNorm wrap too. float16 and bfloat16 are summed exactly and rounded
// once, but multiplied with rounding after every factor, as TensorFlow does.
#include <cstring>

#include "engine/ops/reduction.h"

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

// The sum as T, so that it overflows where T does.
template <typename T, typename Acc>
T Rounded(Acc sum) {
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
    return T(static_cast<float>(sum));
  } else {
    return static_cast<T>(sum);
  }
}

template <typename T>
struct SumOf {
  using In = T;
  using Acc = typename Exact<T>::Type;
  using Out = T;
  static Acc Start() { return Acc(0); }
  static Acc Step(Acc acc, T x) { return acc + static_cast<Acc>(Widen(x)); }
  static T Finish(Acc acc, int64_t) { return Rounded<T>(acc); }
};

template <typename T>
struct MeanOf : SumOf<T> {
  using typename SumOf<T>::Acc;
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

template <template <typename> typename Fold, ReduceKind kKind>
Status Run(RunContext& c) {
  const Tensor& input = c.input(0);
  if (input.num_elements() > 0) {
    RIVULET_ASSIGN_OR_RETURN(const ReductionGroups groups, GroupAxes(input, c.input(1)));
    if (kKind != ReduceKind::kSumOfSquares && groups.num_reduced == 1) {
      std::memcpy(c.output(0).raw(), input.raw(), input.bytes());
      return Status();
    }
    if (input.dtype() == DType::kFloat) return RunFloatReduction(c, kKind, groups);
  }
  Status status;
  VisitType<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t,
            Complex64, Complex128>(input.dtype(),
                                   [&](auto tag) { status = RunFold<Fold<typename decltype(tag)::Type>>(c); });
  return status;
}

#define RIVULET_REDUCTION                                                                           \
  .inputs = "input:T, reduction_indices:Tidx", .outputs = "output:T",                               \
  .attrs =                                                                                          \
      "keep_dims:bool=false; T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,c64,c128}; " \
      "Tidx:type=i32 in {i32,i64}",                                                                 \
  .infer = InferReduction

constexpr OpDef kDefs[] = {
    {.name = "Sum", RIVULET_REDUCTION, .run = Run<SumOf, ReduceKind::kSum>},
    {.name = "Mean", RIVULET_REDUCTION, .run = Run<MeanOf, ReduceKind::kMean>},
    {.name = "Prod", RIVULET_REDUCTION, .run = Run<ProdOf, ReduceKind::kProd>},
    {.name = "EuclideanNorm", RIVULET_REDUCTION, .run = Run<NormOf, ReduceKind::kSumOfSquares>},
};

}  // namespace

RIVULET_OP_LIST(ReduceArithmetic, kDefs);

}  // namespace rivulet
