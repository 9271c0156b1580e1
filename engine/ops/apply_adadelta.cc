// Adadelta: accum = accum * rho + grad^2 * (1 - rho)
//           update = sqrt(accum_update + epsilon) / sqrt(accum + epsilon) * grad
//           accum_update = accum_update * rho + update^2 * (1 - rho)
//           var -= update * lr
#include "engine/ops/apply_update.h"

namespace rivulet {
namespace {

template <typename T>
struct AdadeltaStep {
  static constexpr size_t kSlots = 3;
  Num<T> lr, rho, epsilon, rest;
  explicit AdadeltaStep(const UpdateArgs& args)
      : lr(args.Scalar<T>(0)), rho(args.Scalar<T>(1)), epsilon(args.Scalar<T>(2)), rest(Num<T>::Of(1) - rho) {}
  void operator()(Num<T>* x, Num<T> g) const {
    x[1] = x[1] * rho + Square(g) * rest;
    const Num<T> update = Sqrt(x[2] + epsilon) * InverseSqrt(x[1] + epsilon) * g;
    x[0] = x[0] - update * lr;
    x[2] = x[2] * rho + Square(update) * rest;
  }
};

constexpr auto kAdadelta = FindUpdateOf<AdadeltaStep, float, double, Half, BFloat16, Complex64, Complex128>;
constexpr UpdateRules kRules;

#define RIVULET_SLOTS(kind) "var:" kind ", accum:" kind ", accum_update:" kind

constexpr OpDef kDefs[] = {
    RIVULET_UPDATE("Adadelta", RIVULET_SLOTS, "lr:T, rho:T, epsilon:T, grad:T", RIVULET_UPDATE_ALL, "", kAdadelta,
                   kRules),
    RIVULET_SPARSE_UPDATE("Adadelta", RIVULET_SLOTS, "lr:T, rho:T, epsilon:T, grad:T, indices:Tindices",
                          RIVULET_UPDATE_ALL, "", kAdadelta, kRules),
};

}  // namespace

RIVULET_OP_LIST(ApplyAdadelta, kDefs);

}  // namespace rivulet
