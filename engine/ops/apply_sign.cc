// m = m * beta + grad * (1 - beta) and s = sign(grad) * sign(m). Then
//
//   AddSign    var -= lr * (alpha + sign_decay * s) * grad
//   PowerSign  var -= lr * exp(logbase * sign_decay * s) * grad
#include "engine/ops/apply_update.h"

namespace rivulet {
namespace {

template <typename T>
struct SignStep {
  static constexpr size_t kSlots = 2;
  Num<T> lr, base, decay, beta, rest;  // base: alpha or logbase
  explicit SignStep(const UpdateArgs& args)
      : lr(args.Scalar<T>(0)),
        base(args.Scalar<T>(1)),
        decay(args.Scalar<T>(2)),
        beta(args.Scalar<T>(3)),
        rest(Num<T>::Of(1) - beta) {}
  Num<T> Agreement(Num<T>* x, Num<T> g) const {
    x[1] = x[1] * beta + g * rest;
    return Sign(g) * Sign(x[1]);
  }
};

template <typename T>
struct AddSignStep : SignStep<T> {
  using SignStep<T>::SignStep;
  void operator()(Num<T>* x, Num<T> g) const {
    const Num<T> agreement = this->Agreement(x, g);
    x[0] = x[0] - this->lr * (this->base + this->decay * agreement) * g;
  }
};

template <typename T>
struct PowerSignStep : SignStep<T> {
  using SignStep<T>::SignStep;
  void operator()(Num<T>* x, Num<T> g) const {
    const Num<T> power = this->base * this->decay * this->Agreement(x, g);
    x[0] = x[0] - this->lr * Num<T>(T(std::exp(Widen(power.value)))) * g;
  }
};

constexpr auto kAddSign = FindUpdateOf<AddSignStep, float, double, Half, BFloat16>;
constexpr auto kPowerSign = FindUpdateOf<PowerSignStep, float, double, Half, BFloat16>;
constexpr UpdateRules kRules;

#define RIVULET_SLOTS(kind) "var:" kind ", m:" kind

constexpr OpDef kDefs[] = {
    RIVULET_UPDATE("AddSign", RIVULET_SLOTS, "lr:T, alpha:T, sign_decay:T, beta:T, grad:T", RIVULET_UPDATE_REAL, "",
                   kAddSign, kRules),
    RIVULET_UPDATE("PowerSign", RIVULET_SLOTS, "lr:T, logbase:T, sign_decay:T, beta:T, grad:T", RIVULET_UPDATE_REAL, "",
                   kPowerSign, kRules),
};

}  // namespace

RIVULET_OP_LIST(ApplySign, kDefs);

}  // namespace rivulet
