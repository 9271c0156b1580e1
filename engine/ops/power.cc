// z = f(x, y) with broadcasting: Pow, Atan2, NextAfter, and the products and quotients that are 0 where x is: Xdivy = x
// / y, Xlogy = x ln y, Xlog1py = x ln(1 + y).
//
// Pow of integers wraps around; a negative exponent is an error. Complex powers are exp(y ln x), NaN for 0 to the 0.
#include <cmath>
#include <limits>

#include "engine/ops/complex_math.h"
#include "engine/ops/elementwise.h"

namespace rivulet {
namespace {

struct PowOf {
  static constexpr const char* kFault = "Integers to negative integer powers are not allowed";
  bool ok = true;

  template <typename T>
  T operator()(T x, T y) {
    if constexpr (std::is_integral_v<T>) {
      if (y < 0) {
        ok = false;
        return 0;
      }
      uint64_t power = 1;
      uint64_t square = static_cast<uint64_t>(x);
      for (uint64_t rest = static_cast<uint64_t>(y); rest != 0; rest >>= 1) {
        if (rest & 1) power *= square;
        square *= square;
      }
      return static_cast<T>(power);
    } else if constexpr (kIsComplex<T>) {
      return std::exp(Times(y, std::log(x)));
    } else {
      return std::pow(x, y);
    }
  }
};

struct Atan2Of {
  template <typename T>
  T operator()(T y, T x) const {
    return std::atan2(y, x);
  }
};

struct NextAfterOf {
  template <typename T>
  T operator()(T x, T towards) const {
    return std::nextafter(x, towards);
  }
};

struct XdivyOf {
  template <typename T>
  T operator()(T x, T y) const {
    return x == T(0) ? T(0) : Over(x, y);
  }
};

struct XlogyOf {
  template <typename T>
  T operator()(T x, T y) const {
    if (x == T(0)) return T(0);
    // A subnormal y is read as 0 too.
    if constexpr (std::is_floating_point_v<T>) {
      if (y == T(0)) return x * -std::numeric_limits<T>::infinity();
    }
    return Times(x, std::log(y));
  }
};

struct Xlog1pyOf {
  template <typename T>
  T operator()(T x, T y) const {
    return x == T(0) ? T(0) : Times(x, LogOnePlus(y));
  }
};

constexpr char kComplex[] = "T:type in {f16,bf16,f32,f64,c64,c128}";

constexpr OpDef kDefs[] = {
    {.name = "Pow",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = "T:type in {bf16,f32,f16,f64,i8,i16,i32,i64,c64,c128}",
     .infer = InferBroadcast,
     .run = RunBinary<PowOf, float, double, int8_t, int16_t, int32_t, int64_t, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Atan2",
     .inputs = "y:T, x:T",
     .outputs = "z:T",
     .attrs = "T:type in {bf16,f16,f32,f64}",
     .infer = InferBroadcast,
     .run = RunBinary<Atan2Of, float, double>,
     .flags = kElementwise},
    {.name = "NextAfter",
     .inputs = "x1:T, x2:T",
     .outputs = "output:T",
     .attrs = "T:type=f32 in {f64,f32}",
     .infer = InferBroadcast,
     .run = RunBinary<NextAfterOf, float, double>,
     .flags = kElementwise},
    {.name = "Xdivy",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = kComplex,
     .infer = InferBroadcast,
     .run = RunBinary<XdivyOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Xlogy",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = kComplex,
     .infer = InferBroadcast,
     .run = RunBinary<XlogyOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
    {.name = "Xlog1py",
     .inputs = "x:T, y:T",
     .outputs = "z:T",
     .attrs = kComplex,
     .infer = InferBroadcast,
     .run = RunBinary<Xlog1pyOf, float, double, Complex64, Complex128>,
     .flags = kElementwise},
};

}  // namespace

RIVULET_OP_LIST(Power, kDefs);

}  // namespace rivulet
