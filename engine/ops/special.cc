// Special functions, element by element; see kernels/special.h. Binary ones broadcast. Betainc takes three tensors of
// one shape, scalars standing for any.
//
// All but Erf and Erfc are computed in double, whatever the dtype.
#include "engine/kernels/special.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "engine/graph/shape_math.h"
#include "engine/ops/elementwise.h"

namespace rivulet {
namespace {

struct ErfOf {
  static constexpr UnaryKind kMap = UnaryKind::kErf;
  template <typename T>
  T operator()(T x) const {
    // Of doubles TensorFlow has a quotient of polynomials in x^2, which is NaN where that is infinite.
    if (std::is_same_v<T, double> && std::isinf(x * x)) return std::numeric_limits<T>::quiet_NaN();
    return std::erf(x);
  }
};
struct ErfcOf {
  template <typename T>
  T operator()(T x) const {
    return std::erfc(x);
  }
};

// These take up to some microseconds each.
template <double (*kFunction)(double)>
struct Special {
  static constexpr int64_t kGrain = 1 << 10;
  template <typename T>
  T operator()(T x) const {
    return static_cast<T>(kFunction(static_cast<double>(x)));
  }
};
// TensorFlow's logarithm of a subnormal float32 is that of 2^-150, though any other operation reads 0 there.
inline bool Subnormal(float x) {
  const uint32_t size = std::bit_cast<uint32_t>(x) & 0x7FFFFFFF;
  return size != 0 && size < 0x00800000;
}
struct LogGammaOf {
  static constexpr int64_t kGrain = 1 << 10;
  template <typename T>
  T operator()(T x) const {
    if constexpr (std::is_same_v<T, float>) {
      if (Subnormal(x)) return 103.97208f;
    }
    return static_cast<T>(special::LogGamma(static_cast<double>(x)));
  }
};
// e^|x| times what is scaled by it, in T.
template <double (*kFunction)(double)>
struct BesselIOf {
  static constexpr int64_t kGrain = 1 << 10;
  template <typename T>
  T operator()(T x) const {
    const T y = Special<kFunction>()(x);
    return std::is_same_v<T, float> && std::abs(x) > T(88.722839) ? y * std::numeric_limits<T>::infinity() : y;
  }
};
// In float32 TensorFlow adds 0 times infinity to the infinity at 0.
struct BesselY1Of {
  static constexpr int64_t kGrain = 1 << 10;
  template <typename T>
  T operator()(T x) const {
    if (std::is_same_v<T, float> && x == 0) return std::numeric_limits<T>::quiet_NaN();
    return static_cast<T>(special::BesselY1(static_cast<double>(x)));
  }
};
template <double (*kFunction)(double, double)>
struct Special2 {
  static constexpr int64_t kGrain = 1 << 9;
  template <typename T>
  T operator()(T a, T b) const {
    return static_cast<T>(kFunction(static_cast<double>(a), static_cast<double>(b)));
  }
};
// TensorFlow goes by Ndtri((x + 1) / 2), rounded to T: near 1 the numbers lie on its steps.
struct ErfinvOf {
  static constexpr int64_t kGrain = 1 << 10;
  template <typename T>
  T operator()(T x) const {
    const T p = (x + T(1)) / T(2);
    return static_cast<T>(special::Ndtri(static_cast<double>(p)) * std::sqrt(0.5));
  }
};
// 0 where TensorFlow's x^a exp(-x) / Gamma(a) leaves the range of T, though the quotient of the two would not.
struct GammaSampleGradOf {
  static constexpr int64_t kGrain = 1 << 9;
  template <typename T>
  T operator()(T alpha, T sample) const {
    const auto a = static_cast<double>(alpha), x = static_cast<double>(sample);
    const double least = -std::log(static_cast<double>(std::numeric_limits<T>::max()));
    if (a > 0 && x > 0 && !(a * std::log(x) - x - special::LogGamma(a) >= least)) return 0;
    return static_cast<T>(special::GammaSampleGrad(a, x));
  }
};
// TensorFlow's logarithm of a subnormal float32 again; and its result is infinite where e^x is, which is much larger;
// NaN where 1/x is subnormal besides.
struct ExpintOf {
  static constexpr int64_t kGrain = 1 << 10;
  template <typename T>
  T operator()(T x) const {
    if constexpr (std::is_same_v<T, float>) {
      if (Subnormal(x)) return std::signbit(x) ? std::numeric_limits<float>::quiet_NaN() : -103.39486f;
      if (x > 88.722839f && x < 8.5070587e37f) return std::numeric_limits<float>::infinity();
      if (x > 88.722839f) return std::numeric_limits<float>::quiet_NaN();
    }
    return static_cast<T>(special::ExpIntegral(static_cast<double>(x)));
  }
};
struct BetaincOf {
  static constexpr int64_t kGrain = 1 << 9;
  template <typename T>
  T operator()(T a, T b, T x) const {
    return static_cast<T>(special::Betainc(static_cast<double>(a), static_cast<double>(b), static_cast<double>(x)));
  }
};

Status InferBetainc(InferContext& c) {
  Shape shape;
  bool maybe_scalar = false;
  for (int i = 0; i < 3; ++i) {
    if (!c.shape(i).has_rank()) maybe_scalar = true;
    if (!c.shape(i).has_rank() || c.shape(i).rank() == 0) continue;
    if (shape.rank() == 0) {
      shape = c.shape(i);
    } else {
      RIVULET_ASSIGN_OR_RETURN(shape, MergeShapes(shape, c.shape(i)));
    }
  }
  c.set_output(0, shape.rank() == 0 && maybe_scalar ? Shape::UnknownRank() : shape);
  return Status();
}

#define RIVULET_UNARY(Name, types, function)                                                                    \
  {                                                                                                             \
    .name = Name, .inputs = "x:T", .outputs = "y:T", .attrs = "T:type in {" types "}", .infer = InferLikeFirst, \
    .run = RunUnary<function, float, double>, .flags = kElementwise                                             \
  }
#define RIVULET_BINARY(Name, first, second, function)                                                            \
  {                                                                                                              \
    .name = Name, .inputs = first ":T, " second ":T", .outputs = "z:T", .attrs = "T:type in {f32,f64}",          \
    .infer = InferBroadcast, .run = RunBinary<Special2<special::function>, float, double>, .flags = kElementwise \
  }

constexpr OpDef kDefs[] = {
    RIVULET_UNARY("Erf", "bf16,f16,f32,f64", ErfOf),
    RIVULET_UNARY("Erfc", "bf16,f16,f32,f64", ErfcOf),
    RIVULET_UNARY("Erfinv", "f32,f64", ErfinvOf),
    RIVULET_UNARY("Ndtri", "f32,f64", Special<special::Ndtri>),
    RIVULET_UNARY("Lgamma", "f16,f32,f64", LogGammaOf),
    RIVULET_UNARY("Digamma", "f16,f32,f64", Special<special::Digamma>),
    RIVULET_UNARY("BesselI0", "f16,f32,f64", BesselIOf<special::BesselI0>),
    RIVULET_UNARY("BesselI0e", "f16,f32,f64", Special<special::BesselI0e>),
    RIVULET_UNARY("BesselI1", "f16,f32,f64", BesselIOf<special::BesselI1>),
    RIVULET_UNARY("BesselI1e", "f16,f32,f64", Special<special::BesselI1e>),
    RIVULET_UNARY("BesselK0", "f16,f32,f64", Special<special::BesselK0>),
    RIVULET_UNARY("BesselK0e", "f16,f32,f64", Special<special::BesselK0e>),
    RIVULET_UNARY("BesselK1", "f16,f32,f64", Special<special::BesselK1>),
    RIVULET_UNARY("BesselK1e", "f16,f32,f64", Special<special::BesselK1e>),
    RIVULET_UNARY("BesselJ0", "f16,f32,f64", Special<special::BesselJ0>),
    RIVULET_UNARY("BesselJ1", "f16,f32,f64", Special<special::BesselJ1>),
    RIVULET_UNARY("BesselY0", "f16,f32,f64", Special<special::BesselY0>),
    RIVULET_UNARY("BesselY1", "f16,f32,f64", BesselY1Of),
    RIVULET_UNARY("Dawsn", "f32,f64", Special<special::Dawson>),
    RIVULET_UNARY("Expint", "f32,f64", ExpintOf),
    RIVULET_UNARY("FresnelCos", "f32,f64", Special<special::FresnelCos>),
    RIVULET_UNARY("FresnelSin", "f32,f64", Special<special::FresnelSin>),
    RIVULET_UNARY("Spence", "f32,f64", Special<special::Spence>),
    RIVULET_BINARY("Zeta", "x", "q", Zeta),
    RIVULET_BINARY("Polygamma", "a", "x", Polygamma),
    RIVULET_BINARY("Igamma", "a", "x", Igamma),
    RIVULET_BINARY("Igammac", "a", "x", Igammac),
    RIVULET_BINARY("IgammaGradA", "a", "x", IgammaGradA),
    {.name = "RandomGammaGrad",
     .inputs = "alpha:T, sample:T",
     .outputs = "output:T",
     .attrs = "T:type in {f32,f64}",
     .infer = InferBroadcast,
     .run = RunBinary<GammaSampleGradOf, float, double>,
     .flags = kElementwise},
    {.name = "Betainc",
     .inputs = "a:T, b:T, x:T",
     .outputs = "z:T",
     .attrs = "T:type in {f32,f64}",
     .infer = InferBetainc,
     .run = RunTernary<BetaincOf, float, double>,
     .flags = kElementwise},
};

}  // namespace

RIVULET_OP_LIST(Special, kDefs);

}  // namespace rivulet
