// ms += (grad^2 - ms) * (1 - rho). Then
//
//   RMSProp          mom = mom * momentum + grad * lr / sqrt(ms + epsilon)
//   CenteredRMSProp  mg += (grad - mg) * (1 - rho); mom = mom * momentum + grad * lr / sqrt(ms - mg^2 + epsilon)
//
// and var -= mom.
#include "engine/ops/apply_update.h"

namespace rivulet {
namespace {

template <typename T>
struct RmsStep {
  static constexpr size_t kSlots = 3;
  Num<T> lr, rho, momentum, epsilon, rest;
  bool is_sparse;
  explicit RmsStep(const UpdateArgs& args)
      : lr(args.Scalar<T>(0)),
        rho(args.Scalar<T>(1)),
        momentum(args.Scalar<T>(2)),
        epsilon(args.Scalar<T>(3)),
        rest(Num<T>::Of(1) - rho),
        is_sparse(args.is_sparse) {}
  // The mean of the old mean and x. The two forms round differently.
  Num<T> Mean(Num<T> mean, Num<T> x) const { return is_sparse ? mean * rho + x * rest : mean + (x - mean) * rest; }
  void Move(Num<T>* var, Num<T>* mom, Num<T> square, Num<T> g) const {
    *mom = *mom * momentum + (is_sparse ? InverseSqrt(square) * lr * g : g * lr / Sqrt(square));
    *var = *var - *mom;
  }
  void operator()(Num<T>* x, Num<T> g) const {
    x[1] = Mean(x[1], Square(g));
    Move(&x[0], &x[2], x[1] + epsilon, g);
  }
};

template <typename T>
struct CenteredStep : RmsStep<T> {
  static constexpr size_t kSlots = 4;
  using RmsStep<T>::RmsStep;
  void operator()(Num<T>* x, Num<T> g) const {
    x[2] = this->Mean(x[2], Square(g));
    x[1] = this->Mean(x[1], g);
    const Num<T> square = this->is_sparse ? x[2] + this->epsilon - Square(x[1]) : x[2] - Square(x[1]) + this->epsilon;
    this->Move(&x[0], &x[3], square, g);
  }
};

constexpr auto kRms = FindUpdateOf<RmsStep, float, double, Half, BFloat16, Complex64, Complex128>;
constexpr auto kCentered = FindUpdateOf<CenteredStep, float, double, Half, BFloat16, Complex64, Complex128>;
constexpr UpdateRules kRules;

#define RIVULET_SLOTS(kind) "var:" kind ", ms:" kind ", mom:" kind
#define RIVULET_CENTERED(kind) "var:" kind ", mg:" kind ", ms:" kind ", mom:" kind
#define RIVULET_REST "lr:T, rho:T, momentum:T, epsilon:T, grad:T"
#define RIVULET_SPARSE_TYPES "f32,f64,f16,c64,c128"

constexpr OpDef kDefs[] = {
    RIVULET_UPDATE("RMSProp", RIVULET_SLOTS, RIVULET_REST, RIVULET_UPDATE_ALL, "", kRms, kRules),
    RIVULET_SPARSE_UPDATE("RMSProp", RIVULET_SLOTS, RIVULET_REST ", indices:Tindices", RIVULET_SPARSE_TYPES, "", kRms,
                          kRules),
    RIVULET_UPDATE("CenteredRMSProp", RIVULET_CENTERED, RIVULET_REST, RIVULET_UPDATE_ALL, "", kCentered, kRules),
    RIVULET_SPARSE_UPDATE("CenteredRMSProp", RIVULET_CENTERED, RIVULET_REST ", indices:Tindices", RIVULET_SPARSE_TYPES,
                          "", kCentered, kRules),
};

}  // namespace

RIVULET_OP_LIST(ApplyRMSProp, kDefs);

}  // namespace rivulet
