// y = f(x), element by element, x of any shape: absolute value, sign, rounding, squares, roots, reciprocals.
//
// Integers wrap around: Abs and Neg of the lowest value give it back. Sign of NaN is NaN; of a complex x it is x / |x|.
// Round and Rint take ties to even. Round of integers gives them back; TensorFlow 2.21's kernel gives zeros.
#include <cmath>
#include <limits>

#include "engine/ops/complex_math.h"
#include "engine/ops/elementwise.h"

namespace rivulet {
namespace {

struct AbsOf {
  static constexpr UnaryKind kMap = UnaryKind::kAbs;
  template <typename T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>) {
      using U = std::make_unsigned_t<T>;
      return x < 0 ? static_cast<T>(U{0} - static_cast<U>(x)) : x;
    } else {
      return std::abs(x);
    }
  }
};

struct NegOf {
  static constexpr UnaryKind kMap = UnaryKind::kNeg;
  template <typename T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>) {
      using U = std::make_unsigned_t<T>;
      return static_cast<T>(U{0} - static_cast<U>(x));
    } else {
      return -x;
    }
  }
};

struct SignOf {
  static constexpr UnaryKind kMap = UnaryKind::kSign;
  template <typename T>
  T operator()(T x) const {
    if constexpr (kIsComplex<T>) {
      const auto modulus = std::abs(x);
      return modulus == 0 ? T(0) : T(x.real() / modulus, x.imag() / modulus);
    } else {
      if (x != x) return x;
      return static_cast<T>((x > T{0}) - (x < T{0}));
    }
  }
};

struct SquareOf {
  static constexpr UnaryKind kMap = UnaryKind::kSquare;
  template <typename T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>) {
      // At least unsigned int, since smaller types would be multiplied as int.
      using U = std::common_type_t<std::make_unsigned_t<T>, unsigned>;
      return static_cast<T>(static_cast<U>(x) * static_cast<U>(x));
    } else {
      return Times(x, x);
    }
  }
};

struct SqrtOf {
  static constexpr UnaryKind kMap = UnaryKind::kSqrt;
  template <typename T>
  T operator()(T x) const {
    return std::sqrt(x);
  }
};

struct RsqrtOf {
  static constexpr UnaryKind kMap = UnaryKind::kRsqrt;
  template <typename T>
  T operator()(T x) const {
    return T(1) / std::sqrt(x);
  }
};

struct ReciprocalOf {
  static constexpr UnaryKind kMap = UnaryKind::kReciprocal;
  template <typename T>
  T operator()(T x) const {
    return Over(T(1), x);
  }
};

struct FloorOf {
  static constexpr UnaryKind kMap = UnaryKind::kFloor;
  template <typename T>
  T operator()(T x) const {
    return std::floor(x);
  }
};

struct CeilOf {
  static constexpr UnaryKind kMap = UnaryKind::kCeil;
  template <typename T>
  T operator()(T x) const {
    return std::ceil(x);
  }
};

struct RoundOf {
  static constexpr UnaryKind kMap = UnaryKind::kRound;
  template <typename T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>) {
      return x;
    } else {
      return std::nearbyint(x);
    }
  }
};

constexpr char kReal[] = "T:type in {bf16,f16,f32,f64}";
constexpr char kComplex[] = "T:type in {bf16,f16,f32,f64,c64,c128}";
constexpr char kSigned[] = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,c64,c128}";

constexpr OpDef kDefs[] = {
    {.name = "Abs",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64}",
     .infer = InferLikeFirst,
     .run = RunUnary<AbsOf, float, double, int8_t, int16_t, int32_t, int64_t>,
     .flags = kElementwise},
    {.name = "Neg",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kSigned,
     .infer = InferLikeFirst,
     .run = RunUnary<NegOf, float, double, int8_t, int16_t, int32_t, int64_t, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Sign",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kSigned,
     .infer = InferLikeFirst,
     .run = RunUnary<SignOf, float, double, int8_t, int16_t, int32_t, int64_t, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Square",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,c64,c128}",
     .infer = InferLikeFirst,
     .run = RunUnary<SquareOf, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t,
                     Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Sqrt",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<SqrtOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Rsqrt",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<RsqrtOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Reciprocal",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<ReciprocalOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Inv",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<ReciprocalOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Floor",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kReal,
     .infer = InferLikeFirst,
     .run = RunUnary<FloorOf, float, double>,
     .flags = kElementwise},
    {.name = "Ceil",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kReal,
     .infer = InferLikeFirst,
     .run = RunUnary<CeilOf, float, double>,
     .flags = kElementwise},
    {.name = "Round",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i32,i64}",
     .infer = InferLikeFirst,
     .run = RunUnary<RoundOf, float, double, int32_t, int64_t>,
     .flags = kElementwise},
    {.name = "Rint",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = "T:type in {f32,f64}",
     .infer = InferLikeFirst,
     .run = RunUnary<RoundOf, float, double>,
     .flags = kElementwise},
};

}  // namespace

RIVULET_OP_LIST(ArithmeticUnary, kDefs);

}  // namespace rivulet
