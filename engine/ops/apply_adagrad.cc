// accum += grad^2 first, but where update_slots is false. Then
//
//   Adagrad          var -= grad * lr / sqrt(accum)
//   AdagradV2        var -= grad * lr / (sqrt(accum) + epsilon)
//   ProximalAdagrad  rate = lr / sqrt(accum), v = var - grad * rate,
//                    var = sign(v) * max(|v| - rate * l1, 0) / (1 + l2 * rate); v / (1 + l2 * rate) for l1 = 0
#include "engine/ops/apply_update.h"

namespace rivulet {
namespace {

template <typename T>
struct AdagradStep {
  static constexpr size_t kSlots = 2;
  Num<T> lr;
  bool update_slots;
  explicit AdagradStep(const UpdateArgs& args) : lr(args.Scalar<T>(0)), update_slots(args.flag) {}
  void operator()(Num<T>* x, Num<T> g) const {
    if (update_slots) x[1] = x[1] + Square(g);
    x[0] = x[0] - g * lr * InverseSqrt(x[1]);
  }
};

template <typename T>
struct AdagradV2Step {
  static constexpr size_t kSlots = 2;
  Num<T> lr, epsilon;
  bool update_slots;
  explicit AdagradV2Step(const UpdateArgs& args)
      : lr(args.Scalar<T>(0)), epsilon(args.Scalar<T>(1)), update_slots(args.flag) {}
  void operator()(Num<T>* x, Num<T> g) const {
    if (update_slots) x[1] = x[1] + Square(g);
    x[0] = x[0] - g * lr / (Sqrt(x[1]) + epsilon);
  }
};

template <typename T>
struct ProximalAdagradStep {
  static constexpr size_t kSlots = 2;
  Num<T> lr, l1, l2;
  explicit ProximalAdagradStep(const UpdateArgs& args)
      : lr(args.Scalar<T>(0)), l1(args.Scalar<T>(1)), l2(args.Scalar<T>(2)) {}
  void operator()(Num<T>* x, Num<T> g) const {
    x[1] = x[1] + Square(g);
    const Num<T> rate = lr * InverseSqrt(x[1]);
    Num<T> v = x[0] - g * rate;
    if (l1 > Num<T>()) v = Sign(v) * Greater(Magnitude(v) - rate * l1, Num<T>());
    x[0] = v / (Num<T>::Of(1) + l2 * rate);
  }
};

constexpr auto kAdagrad = FindUpdateOf<AdagradStep, float, double, Half, BFloat16, Complex64, Complex128>;
constexpr auto kAdagradV2 = FindUpdateOf<AdagradV2Step, float, double, Half, BFloat16, Complex64, Complex128>;
constexpr auto kProximal = FindUpdateOf<ProximalAdagradStep, float, double>;
constexpr UpdateRules kRules = {.sparse_wants_elements = true};
constexpr UpdateRules kProximalRules = {.dense = "+pp", .sparse = "+pp", .sparse_wants_elements = true};

#define RIVULET_SLOTS(kind) "var:" kind ", accum:" kind
#define RIVULET_FLAG "; update_slots:bool=true"

constexpr OpDef kDefs[] = {
    RIVULET_UPDATE("Adagrad", RIVULET_SLOTS, "lr:T, grad:T", RIVULET_UPDATE_ALL, RIVULET_FLAG, kAdagrad, kRules),
    RIVULET_SPARSE_UPDATE("Adagrad", RIVULET_SLOTS, "lr:T, grad:T, indices:Tindices", RIVULET_UPDATE_ALL, RIVULET_FLAG,
                          kAdagrad, kRules),
    RIVULET_UPDATE("AdagradV2", RIVULET_SLOTS, "lr:T, epsilon:T, grad:T", RIVULET_UPDATE_ALL, RIVULET_FLAG, kAdagradV2,
                   kRules),
    RIVULET_SPARSE_UPDATE("AdagradV2", RIVULET_SLOTS, "lr:T, epsilon:T, grad:T, indices:Tindices", RIVULET_UPDATE_ALL,
                          RIVULET_FLAG, kAdagradV2, kRules),
    RIVULET_UPDATE("ProximalAdagrad", RIVULET_SLOTS, "lr:T, l1:T, l2:T, grad:T", "f32,f64", "", kProximal,
                   kProximalRules),
    RIVULET_SPARSE_UPDATE("ProximalAdagrad", RIVULET_SLOTS, "lr:T, l1:T, l2:T, grad:T, indices:Tindices", "f32,f64", "",
                          kProximal, kProximalRules),
};

}  // namespace

RIVULET_OP_LIST(ApplyAdagrad, kDefs);

}  // namespace rivulet
