// y = f(x), element by element: Relu, Relu6, LeakyRelu, Elu, Selu, Softplus, Softsign. NaN stays NaN.
//
//   LeakyRelu  x > 0 ? x : alpha x          Elu       x < 0 ? exp(x) - 1 : x
//   Softplus   ln(1 + exp(x))               Selu      scale * (x < 0 ? alpha (exp(x) - 1) : x)
//   Softsign   x / (1 + |x|), NaN at both infinities as in TensorFlow
#include <cmath>

#include "engine/ops/elementwise.h"

namespace rivulet {
namespace {

struct ReluOf {
  static constexpr UnaryKind kMap = UnaryKind::kRelu;
  template <typename T>
  T operator()(T x) const {
    return x < T(0) ? T(0) : x;
  }
};

struct Relu6Of {
  static constexpr UnaryKind kMap = UnaryKind::kRelu6;
  template <typename T>
  T operator()(T x) const {
    return x < T(0) ? T(0) : x > T(6) ? T(6) : x;
  }
};

struct LeakyReluOf {
  explicit LeakyReluOf(const void* params) : alpha(*static_cast<const float*>(params)) {}
  template <typename T>
  T operator()(T x) const {
    return x > T(0) ? x : x * static_cast<T>(alpha);
  }
  float alpha;
};

struct EluOf {
  static constexpr UnaryKind kMap = UnaryKind::kElu;
  template <typename T>
  T operator()(T x) const {
    return x < T(0) ? std::expm1(x) : x;
  }
};

// The constants of Klambauer et al., "Self-Normalizing Neural Networks".
struct SeluOf {
  static constexpr UnaryKind kMap = UnaryKind::kSelu;
  template <typename T>
  T operator()(T x) const {
    constexpr T kScale = static_cast<T>(1.0507009873554804934193349852946);
    constexpr T kScaledAlpha = static_cast<T>(1.7580993408473768599402175208123);
    return x < T(0) ? kScaledAlpha * std::expm1(x) : kScale * x;
  }
};

struct SoftplusOf {
  static constexpr UnaryKind kMap = UnaryKind::kSoftplus;
  template <typename T>
  T operator()(T x) const {
    return (x < T(0) ? T(0) : x) + std::log1p(std::exp(-std::abs(x)));
  }
};

struct SoftsignOf {
  template <typename T>
  T operator()(T x) const {
    return x / (T(1) + std::abs(x));
  }
};

struct LeakyState : OpState {
  float alpha = 0;
};
Result<std::unique_ptr<OpState>> PrepareLeaky(PrepareContext& c) {
  auto state = std::make_unique<LeakyState>();
  state->alpha = c.attrs().Float("alpha");
  return std::unique_ptr<OpState>(std::move(state));
}
Status RunLeaky(RunContext& c) {
  const float& alpha = c.state<LeakyState>().alpha;
  if (c.input(0).dtype() == DType::kFloat) {
    Tensor& output = c.output(0);
    MapActivation({.kind = ActivationKind::kLeakyRelu, .alpha = alpha}, c.input(0).data<float>(), output.num_elements(),
                  output.data<float>(), c.pool(), c.stop());
    return Status();
  }
  return RunTiles(c, kUnaryTiles<LeakyReluOf, float, double>, {.params = &alpha});
}

constexpr char kAnyReal[] = "T:type in {f32,f64,i32,u8,i16,i8,i64,bf16,u16,f16,u32,u64}";
constexpr char kFloats[] = "T:type in {f16,bf16,f32,f64}";

constexpr OpDef kDefs[] = {
    {.name = "Relu",
     .inputs = "features:T",
     .outputs = "activations:T",
     .attrs = kAnyReal,
     .infer = InferLikeFirst,
     .run = RunUnaryInts<ReluOf, float, double>,
     .flags = kElementwise},
    {.name = "Relu6",
     .inputs = "features:T",
     .outputs = "activations:T",
     .attrs = kAnyReal,
     .infer = InferLikeFirst,
     .run = RunUnaryInts<Relu6Of, float, double>,
     .flags = kElementwise},
    {.name = "LeakyRelu",
     .inputs = "features:T",
     .outputs = "activations:T",
     .attrs = "alpha:float=0.2; T:type=f32 in {f16,bf16,f32,f64}",
     .infer = InferLikeFirst,
     .prepare = PrepareLeaky,
     .run = RunLeaky,
     .flags = kElementwise},
    {.name = "Elu",
     .inputs = "features:T",
     .outputs = "activations:T",
     .attrs = kFloats,
     .infer = InferLikeFirst,
     .run = RunUnary<EluOf, float, double>,
     .flags = kElementwise},
    {.name = "Selu",
     .inputs = "features:T",
     .outputs = "activations:T",
     .attrs = kFloats,
     .infer = InferLikeFirst,
     .run = RunUnary<SeluOf, float, double>,
     .flags = kElementwise},
    {.name = "Softplus",
     .inputs = "features:T",
     .outputs = "activations:T",
     .attrs = kFloats,
     .infer = InferLikeFirst,
     .run = RunUnary<SoftplusOf, float, double>,
     .flags = kElementwise},
    {.name = "Softsign",
     .inputs = "features:T",
     .outputs = "activations:T",
     .attrs = kFloats,
     .infer = InferLikeFirst,
     .run = RunUnary<SoftsignOf, float, double>,
     .flags = kElementwise},
};

}  // namespace

RIVULET_OP_LIST(Activation, kDefs);

}  // namespace rivulet
