// z = x / y with broadcasting: Div, RealDiv, TruncateDiv, FloorDiv, DivNoNan, and the remainders Mod, TruncateMod,
// FloorMod.
//
// Div and TruncateDiv of integers round to zero, FloorDiv down; of floats the rounded quotient is rounded again, so
// that FloorDiv(7, 0.1) is 70. Mod and TruncateMod have the sign of x, FloorMod that of y. An integer divided by 0 is
// an error; the lowest integer divided by -1 is itself. DivNoNan is 0 where y is.
#include <cmath>
#include <limits>

#include "engine/ops/complex_math.h"
#include "engine/ops/elementwise.h"

namespace rivulet {
namespace {

enum class Rounding { kNone, kTruncate, kFloor };

// x / y rounded to T, so that float16 and bfloat16 round the same quotient as TensorFlow.
template <typename T>
T Quotient(T x, T y) {
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
    return T(static_cast<float>(x) / static_cast<float>(y));
  } else {
    return Over(x, y);
  }
}

template <Rounding kRounding>
struct QuotientOf {
  static constexpr const char* kFault = "Integer division by zero";
  bool ok = true;

  template <typename T>
  T operator()(T x, T y) {
    if constexpr (std::is_integral_v<T>) {
      if (y == 0) {
        ok = false;
        return 0;
      }
      if constexpr (std::is_signed_v<T>) {
        if (y == -1) return static_cast<T>(std::make_unsigned_t<T>{0} - static_cast<std::make_unsigned_t<T>>(x));
        const T quotient = static_cast<T>(x / y);
        if (kRounding == Rounding::kFloor && quotient * y != x && (x < 0) != (y < 0)) {
          return static_cast<T>(quotient - 1);
        }
        return quotient;
      }
      return static_cast<T>(x / y);
    } else {
      const T quotient = Quotient(x, y);
      if constexpr (kRounding == Rounding::kNone) {
        return quotient;
      } else if constexpr (std::is_floating_point_v<T>) {
        return kRounding == Rounding::kFloor ? std::floor(quotient) : std::trunc(quotient);
      } else {
        const auto wide = static_cast<float>(quotient);
        return T(kRounding == Rounding::kFloor ? std::floor(wide) : std::trunc(wide));
      }
    }
  }
};

struct RealQuotientOf {
  static constexpr BinaryKind kMap = BinaryKind::kDiv;
  template <typename T>
  T operator()(T x, T y) const {
    return Over(x, y);
  }
};

struct QuotientOrZeroOf {
  template <typename T>
  T operator()(T x, T y) const {
    return y == T(0) ? T(0) : Over(x, y);
  }
};

template <Rounding kRounding>
struct RemainderOf {
  static constexpr const char* kFault = "Integer division by zero";
  bool ok = true;

  template <typename T>
  T operator()(T x, T y) {
    T remainder;
    if constexpr (std::is_integral_v<T>) {
      if (y == 0) {
        ok = false;
        return 0;
      }
      if constexpr (std::is_signed_v<T>) {
        if (y == -1) return 0;
      }
      remainder = static_cast<T>(x % y);
    } else {
      remainder = std::fmod(x, y);
    }
    if (kRounding == Rounding::kFloor && remainder != 0 && (remainder < 0) != (y < 0)) {
      return static_cast<T>(remainder + y);
    }
    return remainder;
  }
};

Status RunDiv(RunContext& c) {
  const DType dtype = c.input(0).dtype();
  if (dtype == DType::kFloat && RunMapBinary(c, BinaryKind::kDiv)) return Status();
  return RunBinaryInts<QuotientOf<Rounding::kNone>, float, double, Complex64, Complex128>(c);
}

constexpr char kRealOrInt[] = "T:type in {bf16,f16,f32,f64,u8,i8,u16,i16,i32,u32,u64,i64}";

constexpr OpDef kDefs[] = {
    {.name = "Div",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = "T:type in {bf16,f16,f32,f64,u8,i8,u16,i16,i32,u32,u64,i64,c64,c128}",
     .infer = InferBroadcast,
     .run = RunDiv,
     .flags = kElementwise},
    {.name = "RealDiv",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = "T:type in {bf16,f16,f32,f64,c64,c128}",
     .infer = InferBroadcast,
     .run = RunBinary<RealQuotientOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "TruncateDiv",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = kRealOrInt,
     .infer = InferBroadcast,
     .run = RunBinaryInts<QuotientOf<Rounding::kTruncate>, float, double, Half, BFloat16>,
     .flags = kElementwise},
    {.name = "FloorDiv",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = kRealOrInt,
     .infer = InferBroadcast,
     .run = RunBinaryInts<QuotientOf<Rounding::kFloor>, float, double, Half, BFloat16>,
     .flags = kElementwise},
    {.name = "DivNoNan",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = "T:type in {f16,f32,bf16,f64,c64,c128}",
     .infer = InferBroadcast,
     .run = RunBinary<QuotientOrZeroOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Mod",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = "T:type in {i32,i64,f32,f64}",
     .infer = InferBroadcast,
     .run = RunBinary<RemainderOf<Rounding::kTruncate>, float, double, int32_t, int64_t>,
     .flags = kElementwise},
    {.name = "TruncateMod",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = "T:type in {i32,i64,f32,f64}",
     .infer = InferBroadcast,
     .run = RunBinary<RemainderOf<Rounding::kTruncate>, float, double, int32_t, int64_t>,
     .flags = kElementwise},
    {.name = "FloorMod",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = kRealOrInt,
     .infer = InferBroadcast,
     .run = RunBinaryInts<RemainderOf<Rounding::kFloor>, float, double>,
     .flags = kElementwise},
};

}  // namespace

RIVULET_OP_LIST(Division, kDefs);

}  // namespace rivulet
