// y = sin(x) and its kin, element by element: circular and hyperbolic functions and their inverses, real and complex.
//
// A complex result lies on the branch that C's functions choose.
#include <cmath>

#include "engine/ops/complex_math.h"
#include "engine/ops/elementwise.h"

namespace rivulet {
namespace {

struct SinOf {
  static constexpr UnaryKind kMap = UnaryKind::kSin;
  template <typename T>
  T operator()(T x) const {
    return std::sin(x);
  }
};

struct CosOf {
  static constexpr UnaryKind kMap = UnaryKind::kCos;
  template <typename T>
  T operator()(T x) const {
    return std::cos(x);
  }
};

struct TanOf {
  template <typename T>
  T operator()(T x) const {
    return std::tan(x);
  }
};

struct AsinOf {
  template <typename T>
  T operator()(T x) const {
    return std::asin(x);
  }
};

struct AcosOf {
  template <typename T>
  T operator()(T x) const {
    return std::acos(x);
  }
};

struct AtanOf {
  template <typename T>
  T operator()(T x) const {
    return std::atan(x);
  }
};

struct SinhOf {
  template <typename T>
  T operator()(T x) const {
    return std::sinh(x);
  }
};

struct CoshOf {
  template <typename T>
  T operator()(T x) const {
    return std::cosh(x);
  }
};

struct AsinhOf {
  template <typename T>
  T operator()(T x) const {
    return std::asinh(x);
  }
};

struct AcoshOf {
  template <typename T>
  T operator()(T x) const {
    return std::acosh(x);
  }
};

struct AtanhOf {
  template <typename T>
  T operator()(T x) const {
    return std::atanh(x);
  }
};

constexpr char kComplex[] = "T:type in {bf16,f16,f32,f64,c64,c128}";

constexpr OpDef kDefs[] = {
    {.name = "Sin",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<SinOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Cos",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<CosOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Tan",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<TanOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Asin",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<AsinOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Acos",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<AcosOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Atan",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<AtanOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Sinh",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<SinhOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Cosh",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<CoshOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Asinh",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<AsinhOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Acosh",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<AcoshOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Atanh",
     .inputs = "x:T",
     .outputs = "y:T",
     .attrs = kComplex,
     .infer = InferLikeFirst,
     .run = RunUnary<AtanhOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
};

}  // namespace

RIVULET_OP_LIST(Trigonometric, kDefs);

}  // namespace rivulet
