// The gradients that TensorFlow has operators for. With g the gradient that comes in:
//
//   of x (features):  ReluGrad, Relu6Grad, LeakyReluGrad, SoftplusGrad = g / (1 + exp(-x)),
//                     SoftsignGrad = g / (1 + |x|)^2
//   of y = f(x):      EluGrad = y < 0 ? g (y + 1) : g, SeluGrad, SigmoidGrad = g y (1 - y), TanhGrad = g (1 - y^2),
//                     SqrtGrad = g / 2y', RsqrtGrad = -g y'^3 / 2, ReciprocalGrad = InvGrad = -g y'^2,
//                     where y' is y's conjugate
//
// Where g is 0 the last three are 0, even if y is infinite. Both inputs have one shape. For the forms that take y first
// the shapes may differ, as long as there are as many elements; the result has y's shape.
#include <cmath>

#include "engine/graph/shape_math.h"
#include "engine/ops/complex_math.h"
#include "engine/ops/elementwise.h"

namespace rivulet {
namespace {

// A gradient that is masked is multiplied by 0, so that NaN and infinity come through as NaN.
struct ReluGradOf {
  template <typename T>
  T operator()(T g, T x) const {
    return static_cast<T>(g * (x > T(0) ? T(1) : T(0)));
  }
};
struct Relu6GradOf {
  template <typename T>
  T operator()(T g, T x) const {
    return static_cast<T>(g * (x > T(0) && x < T(6) ? T(1) : T(0)));
  }
};
struct LeakyReluGradOf {
  explicit LeakyReluGradOf(const void* params) : alpha(*static_cast<const float*>(params)) {}
  template <typename T>
  T operator()(T g, T x) const {
    return x > T(0) ? g : g * static_cast<T>(alpha);
  }
  float alpha;
};
struct SoftplusGradOf {
  template <typename T>
  T operator()(T g, T x) const {
    return g / (std::exp(-x) + T(1));
  }
};
struct SoftsignGradOf {
  template <typename T>
  T operator()(T g, T x) const {
    const T root = T(1) + std::abs(x);
    return g / (root * root);
  }
};
struct EluGradOf {
  template <typename T>
  T operator()(T g, T y) const {
    return y < T(0) ? (y + T(1)) * g : g;
  }
};
struct SeluGradOf {
  template <typename T>
  T operator()(T g, T y) const {
    constexpr T kScale = static_cast<T>(1.0507009873554804934193349852946);
    constexpr T kScaledAlpha = static_cast<T>(1.7580993408473768599402175208123);
    return y < T(0) ? g * (y + kScaledAlpha) : g * kScale;
  }
};
struct SigmoidGradOf {
  template <typename T>
  T operator()(T y, T g) const {
    return Times(g, Times(y, T(1) - y));
  }
};
struct TanhGradOf {
  template <typename T>
  T operator()(T y, T g) const {
    return Times(g, T(1) - Times(y, y));
  }
};
struct SqrtGradOf {
  template <typename T>
  T operator()(T y, T g) const {
    return g == T(0) ? T(0) : Over(Times(T(0.5), g), Conjugate(y));
  }
};
struct RsqrtGradOf {
  template <typename T>
  T operator()(T y, T g) const {
    const T conjugate = Conjugate(y);
    return g == T(0) ? T(0) : Times(Times(T(-0.5), g), Times(conjugate, Times(conjugate, conjugate)));
  }
};
struct ReciprocalGradOf {
  template <typename T>
  T operator()(T y, T g) const {
    return g == T(0) ? T(0) : Times(-g, Times(Conjugate(y), Conjugate(y)));
  }
};

Status InferFromOutput(InferContext& c) {
  if (c.shape(0).complete() && c.shape(1).complete() && c.shape(0).num_elements() != c.shape(1).num_elements()) {
    return InvalidArgument("want as many elements in both inputs, got shapes ", c.shape(0), " and ", c.shape(1));
  }
  c.set_output(0, c.shape(0));
  return Status();
}

struct LeakyState : OpState {
  float alpha = 0;
};
Result<std::unique_ptr<OpState>> PrepareLeaky(PrepareContext& c) {
  auto state = std::make_unique<LeakyState>();
  state->alpha = c.attrs().Float("alpha");
  return std::unique_ptr<OpState>(std::move(state));
}
Status RunLeakyGrad(RunContext& c) {
  return RunTiles(c, kBinaryTiles<LeakyReluGradOf, float, double>, {.params = &c.state<LeakyState>().alpha});
}

// By position, whatever the second input's shape.
template <typename F>
Status RunFlat(RunContext& c) {
  const Shape& shape = c.output(0).shape();
  const TileShapes flat = {&shape, {&shape, &shape}};
  return RunTiles(c, kBinaryTiles<F, float, double, Complex64, Complex128>, {.shapes = &flat});
}

constexpr char kAnyReal[] = "T:type in {f32,f64,i32,u8,i16,i8,i64,bf16,u16,f16,u32,u64}";
constexpr char kFloats[] = "T:type in {f16,bf16,f32,f64}";
constexpr char kComplex[] = "T:type in {bf16,f16,f32,f64,c64,c128}";

constexpr OpDef kDefs[] = {
    {.name = "ReluGrad",
     .inputs = "gradients:T, features:T",
     .outputs = "backprops:T",
     .attrs = kAnyReal,
     .infer = InferSameShape,
     .run = RunBinaryInts<ReluGradOf, float, double>,
     .flags = kElementwise},
    {.name = "Relu6Grad",
     .inputs = "gradients:T, features:T",
     .outputs = "backprops:T",
     .attrs = kAnyReal,
     .infer = InferSameShape,
     .run = RunBinaryInts<Relu6GradOf, float, double>,
     .flags = kElementwise},
    {.name = "LeakyReluGrad",
     .inputs = "gradients:T, features:T",
     .outputs = "backprops:T",
     .attrs = "alpha:float=0.2; T:type=f32 in {f16,bf16,f32,f64}",
     .infer = InferSameShape,
     .prepare = PrepareLeaky,
     .run = RunLeakyGrad,
     .flags = kElementwise},
    {.name = "EluGrad",
     .inputs = "gradients:T, outputs:T",
     .outputs = "backprops:T",
     .attrs = kFloats,
     .infer = InferSameShape,
     .run = RunBinary<EluGradOf, float, double>,
     .flags = kElementwise},
    {.name = "SeluGrad",
     .inputs = "gradients:T, outputs:T",
     .outputs = "backprops:T",
     .attrs = kFloats,
     .infer = InferSameShape,
     .run = RunBinary<SeluGradOf, float, double>,
     .flags = kElementwise},
    {.name = "SoftplusGrad",
     .inputs = "gradients:T, features:T",
     .outputs = "backprops:T",
     .attrs = kFloats,
     .infer = InferSameShape,
     .run = RunBinary<SoftplusGradOf, float, double>,
     .flags = kElementwise},
    {.name = "SoftsignGrad",
     .inputs = "gradients:T, features:T",
     .outputs = "backprops:T",
     .attrs = kFloats,
     .infer = InferSameShape,
     .run = RunBinary<SoftsignGradOf, float, double>,
     .flags = kElementwise},
    {.name = "SigmoidGrad",
     .inputs = "y:T, dy:T",
     .outputs = "z:T",
     .attrs = kComplex,
     .infer = InferFromOutput,
     .run = RunFlat<SigmoidGradOf>,
     .flags = kElementwise},
    {.name = "TanhGrad",
     .inputs = "y:T, dy:T",
     .outputs = "z:T",
     .attrs = kComplex,
     .infer = InferFromOutput,
     .run = RunFlat<TanhGradOf>,
     .flags = kElementwise},
    {.name = "SqrtGrad",
     .inputs = "y:T, dy:T",
     .outputs = "z:T",
     .attrs = kComplex,
     .infer = InferFromOutput,
     .run = RunFlat<SqrtGradOf>,
     .flags = kElementwise},
    {.name = "RsqrtGrad",
     .inputs = "y:T, dy:T",
     .outputs = "z:T",
     .attrs = kComplex,
     .infer = InferFromOutput,
     .run = RunFlat<RsqrtGradOf>,
     .flags = kElementwise},
    {.name = "ReciprocalGrad",
     .inputs = "y:T, dy:T",
     .outputs = "z:T",
     .attrs = kComplex,
     .infer = InferFromOutput,
     .run = RunFlat<ReciprocalGradOf>,
     .flags = kElementwise},
    {.name = "InvGrad",
     .inputs = "y:T, dy:T",
     .outputs = "z:T",
     .attrs = kComplex,
     .infer = InferFromOutput,
     .run = RunFlat<ReciprocalGradOf>,
     .flags = kElementwise},
};

}  // namespace

RIVULET_OP_LIST(ActivationGrad, kDefs);

}  // namespace rivulet
