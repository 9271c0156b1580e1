// y = exp(x), exp(x) - 1, ln(x), ln(1 + x), tanh(x), 1 / (1 + exp(-x)), element by element; real and complex.
#include <cmath>

#include "engine/ops/complex_math.h"
#include "engine/ops/elementwise.h"

namespace rivulet {
namespace {

struct ExpOf {
  static constexpr UnaryKind kMap = UnaryKind::kExp;
  template <typename T>
  T operator()(T x) const {
    return std::exp(x);
  }
};

struct Expm1Of {
  static constexpr bool kOwnWidth = true;  // to overflow
  static constexpr UnaryKind kMap = UnaryKind::kExpm1;
  template <typename T>
  T operator()(T x) const {
    if constexpr (kIsComplex<T>) {
      // exp(a + bi) - 1 = exp(a) - 1 - 2 exp(a) sin^2(b/2) + i exp(a) sin b: nothing cancels near 0, and where exp(a)
      // overflows the real part is NaN, as TensorFlow's.
      const auto less = std::expm1(x.real());
      const auto sine = std::sin(x.imag() / 2);
      return T(less - 2 * (less + 1) * sine * sine, (less + 1) * std::sin(x.imag()));
    } else {
      return std::expm1(x);
    }
  }
};

struct LogOf {
  static constexpr UnaryKind kMap = UnaryKind::kLog;
  template <typename T>
  T operator()(T x) const {
    return std::log(x);
  }
};

struct Log1pOf {
  static constexpr UnaryKind kMap = UnaryKind::kLog1p;
  template <typename T>
  T operator()(T x) const {
    return LogOnePlus(x);
  }
};

struct TanhOf {
  static constexpr UnaryKind kMap = UnaryKind::kTanh;
  template <typename T>
  T operator()(T x) const {
    return std::tanh(x);
  }
};

struct SigmoidOf {
  static constexpr UnaryKind kMap = UnaryKind::kSigmoid;
  template <typename T>
  T operator()(T x) const {
    return Over(T(1), T(1) + std::exp(-x));
  }
};

constexpr char kComplex[] = "T:type in {bf16,f16,f32,f64,c64,c128}";

constexpr OpDef kDefs[] = {
    {.name = "Exp",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<ExpOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Expm1",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<Expm1Of, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Log",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<LogOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Log1p",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<Log1pOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Tanh",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<TanhOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Sigmoid",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<SigmoidOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
};

}  // namespace

RIVULET_OP_LIST(Exponential, kDefs);

}  // namespace rivulet
