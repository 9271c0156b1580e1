// Complex numbers and their parts: Complex, Real, Imag, Conj, Angle, ComplexAbs. The output's precision is the input's.
#include <cmath>

#include "engine/graph/shape_math.h"
#include "engine/ops/elementwise.h"

namespace rivulet {
namespace {

// complex64 goes with float32, complex128 with float64.
Status WantMatch(DType complex, DType real) {
  const DType want = complex == DType::kComplex64 ? DType::kFloat : DType::kDouble;
  if (real == want) return Status();
  return InvalidArgument("want real numbers of the precision of the complex ones, got ", Name(real), " and ",
                         Name(complex));
}

Status InferParts(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantMatch(c.dtype(0), c.output_dtype(0)));
  return InferLikeFirst(c);
}

Status InferComplex(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantMatch(c.output_dtype(0), c.dtype(0)));
  return InferBroadcast(c);
}

struct RealOf {
  template <typename R>
  R operator()(std::complex<R> x) const {
    return x.real();
  }
};
struct ImagOf {
  template <typename R>
  R operator()(std::complex<R> x) const {
    return x.imag();
  }
};
struct AngleOf {
  template <typename R>
  R operator()(std::complex<R> x) const {
    return std::atan2(x.imag(), x.real());
  }
};
struct ModulusOf {
  template <typename R>
  R operator()(std::complex<R> x) const {
    return std::hypot(x.real(), x.imag());
  }
};
struct ConjOf {
  template <typename R>
  std::complex<R> operator()(std::complex<R> x) const {
    return {x.real(), -x.imag()};
  }
};
struct ComplexOf {
  template <typename R>
  std::complex<R> operator()(R real, R imag) const {
    return {real, imag};
  }
};

constexpr char kParts[] = "T:type=c64 in {c64,c128}; Tout:type=f32 in {f32,f64}";

constexpr OpDef kDefs[] = {
    {.name = "Complex",
     .inputs = "real:T, imag:T",
     .outputs = "out:Tout",
     .attrs = "T:type=f32 in {f32,f64}; Tout:type=c64 in {c64,c128}",
     .infer = InferComplex,
     .run = RunBinary<ComplexOf, float, double>},
    {.name = "Real",
     .inputs = "input:T",
     .outputs = "output:Tout",
     .attrs = kParts,
     .infer = InferParts,
     .run = RunUnary<RealOf, Complex64, Complex128>},
    {.name = "Imag",
     .inputs = "input:T",
     .outputs = "output:Tout",
     .attrs = kParts,
     .infer = InferParts,
     .run = RunUnary<ImagOf, Complex64, Complex128>},
    {.name = "Angle",
     .inputs = "input:T",
     .outputs = "output:Tout",
     .attrs = kParts,
     .infer = InferParts,
     .run = RunUnary<AngleOf, Complex64, Complex128>},
    {.name = "ComplexAbs",
     .inputs = "x:T",
     .outputs = "y:Tout",
     .attrs = kParts,
     .infer = InferParts,
     .run = RunUnary<ModulusOf, Complex64, Complex128>},
    {.name = "Conj",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type=c64 in {c64,c128}",
     .infer = InferLikeFirst,
     .run = RunUnary<ConjOf, Complex64, Complex128>,
     .flags = kElementwise},
};

}  // namespace

RIVULET_OP_LIST(ComplexParts, kDefs);

}  // namespace rivulet
