// m += (grad - m) * (1 - beta1) in all; with alpha = lr * sqrt(1 - beta2_power) / (1 - beta1_power),
//
//   Adam             v += (grad^2 - v) * (1 - beta2); var -= m * alpha / (sqrt(v) + epsilon), and with use_nesterov
//                    grad * (1 - beta1) + beta1 * m in place of m
//   AdamWithAmsgrad  as Adam, with vhat = max(vhat, v) in place of v
//   AdaMax           v = max(beta2 * v, |grad|); var -= lr / (1 - beta1_power) * (m / (v + epsilon))
#include "engine/ops/apply_update.h"

namespace rivulet {
namespace {

template <typename T>
struct AdamStep {
  static constexpr size_t kSlots = 3;
  Num<T> alpha, beta1, rest1, rest2, epsilon;
  bool nesterov;
  explicit AdamStep(const UpdateArgs& args)
      : alpha(args.Scalar<T>(2) * Sqrt(Num<T>::Of(1) - args.Scalar<T>(1)) / (Num<T>::Of(1) - args.Scalar<T>(0))),
        beta1(args.Scalar<T>(3)),
        rest1(Num<T>::Of(1) - beta1),
        rest2(Num<T>::Of(1) - args.Scalar<T>(4)),
        epsilon(args.Scalar<T>(5)),
        nesterov(args.flag) {}
  void Moments(Num<T>* x, Num<T> g) const {
    x[1] = x[1] + (g - x[1]) * rest1;
    x[2] = x[2] + (Square(g) - x[2]) * rest2;
  }
  void operator()(Num<T>* x, Num<T> g) const {
    Moments(x, g);
    const Num<T> m = nesterov ? g * rest1 + beta1 * x[1] : x[1];
    x[0] = x[0] - (m * alpha) / (Sqrt(x[2]) + epsilon);
  }
};

template <typename T>
struct AmsgradStep : AdamStep<T> {
  static constexpr size_t kSlots = 4;
  using AdamStep<T>::AdamStep;
  void operator()(Num<T>* x, Num<T> g) const {
    this->Moments(x, g);
    x[3] = Greater(x[3], x[2]);
    x[0] = x[0] - (x[1] * this->alpha) / (Sqrt(x[3]) + this->epsilon);
  }
};

template <typename T>
struct AdaMaxStep {
  static constexpr size_t kSlots = 3;
  Num<T> rate, rest1, beta2, epsilon;
  explicit AdaMaxStep(const UpdateArgs& args)
      : rate(args.Scalar<T>(1) / (Num<T>::Of(1) - args.Scalar<T>(0))),
        rest1(Num<T>::Of(1) - args.Scalar<T>(2)),
        beta2(args.Scalar<T>(3)),
        epsilon(args.Scalar<T>(4)) {}
  void operator()(Num<T>* x, Num<T> g) const {
    x[1] = x[1] + (g - x[1]) * rest1;
    x[2] = Greater(beta2 * x[2], Magnitude(g));
    x[0] = x[0] - rate * (x[1] / (x[2] + epsilon));
  }
};

constexpr auto kAdam = FindUpdateOf<AdamStep, float, double, Half, BFloat16, Complex64, Complex128>;
constexpr auto kAmsgrad = FindUpdateOf<AmsgradStep, float, double, Half, BFloat16>;
constexpr auto kAdaMax = FindUpdateOf<AdaMaxStep, float, double, Half>;
constexpr UpdateRules kRules;

#define RIVULET_SLOTS(kind) "var:" kind ", m:" kind ", v:" kind

constexpr OpDef kDefs[] = {
    RIVULET_UPDATE("Adam", RIVULET_SLOTS, "beta1_power:T, beta2_power:T, lr:T, beta1:T, beta2:T, epsilon:T, grad:T",
                   RIVULET_UPDATE_ALL, "; use_nesterov:bool=false", kAdam, kRules),
    RIVULET_UPDATE_DEF("ResourceApplyAdamWithAmsgrad", RIVULET_SLOTS("resource") ", vhat:resource", "",
                       "beta1_power:T, beta2_power:T, lr:T, beta1:T, beta2:T, epsilon:T, grad:T", RIVULET_UPDATE_REAL,
                       "", kAmsgrad, kRules),
    RIVULET_UPDATE("AdaMax", RIVULET_SLOTS, "beta1_power:T, lr:T, beta1:T, beta2:T, epsilon:T, grad:T", "f32,f64,f16",
                   "", kAdaMax, kRules),
};

}  // namespace

RIVULET_OP_LIST(ApplyAdam, kDefs);

}  // namespace rivulet
