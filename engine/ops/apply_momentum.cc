// Momentum: accum = accum * momentum + grad; var -= accum * lr, and with use_nesterov
// var -= grad * lr + accum * momentum * lr.
//
// KerasMomentum: accum = accum * momentum - grad * lr; var += accum, and with use_nesterov
// var += accum * momentum - grad * lr.
#include "engine/ops/apply_update.h"

namespace rivulet {
namespace {

template <typename T>
struct MomentumStep {
  static constexpr size_t kSlots = 2;
  Num<T> lr, momentum;
  bool nesterov;
  explicit MomentumStep(const UpdateArgs& args)
      : lr(args.Scalar<T>(0)), momentum(args.Scalar<T>(1)), nesterov(args.flag) {}
  void operator()(Num<T>* x, Num<T> g) const {
    x[1] = x[1] * momentum + g;
    x[0] = x[0] - (nesterov ? g * lr + x[1] * momentum * lr : x[1] * lr);
  }
};

template <typename T>
struct KerasStep {
  static constexpr size_t kSlots = 2;
  Num<T> lr, momentum;
  bool nesterov;
  explicit KerasStep(const UpdateArgs& args)
      : lr(args.Scalar<T>(0)), momentum(args.Scalar<T>(1)), nesterov(args.flag) {}
  void operator()(Num<T>* x, Num<T> g) const {
    x[1] = x[1] * momentum - g * lr;
    x[0] = x[0] + (nesterov ? x[1] * momentum - g * lr : x[1]);
  }
};

constexpr auto kMomentum = FindUpdateOf<MomentumStep, float, double, Half, BFloat16, Complex64, Complex128>;
constexpr auto kKeras = FindUpdateOf<KerasStep, float, double, Half, BFloat16, Complex64, Complex128>;
constexpr UpdateRules kRules;

#define RIVULET_SLOTS(kind) "var:" kind ", accum:" kind
#define RIVULET_DENSE "lr:T, grad:T, momentum:T"
#define RIVULET_SPARSE "lr:T, grad:T, indices:Tindices, momentum:T"
#define RIVULET_FLAG "; use_nesterov:bool=false"

constexpr OpDef kDefs[] = {
    RIVULET_UPDATE("Momentum", RIVULET_SLOTS, RIVULET_DENSE, RIVULET_UPDATE_ALL, RIVULET_FLAG, kMomentum, kRules),
    RIVULET_SPARSE_UPDATE("Momentum", RIVULET_SLOTS, RIVULET_SPARSE, RIVULET_UPDATE_ALL, RIVULET_FLAG, kMomentum,
                          kRules),
    RIVULET_UPDATE_DEF("ResourceApplyKerasMomentum", RIVULET_SLOTS("resource"), "", RIVULET_DENSE, RIVULET_UPDATE_ALL,
                       RIVULET_FLAG, kKeras, kRules),
    RIVULET_UPDATE_DEF("ResourceSparseApplyKerasMomentum", RIVULET_SLOTS("resource"), "", RIVULET_SPARSE,
                       RIVULET_UPDATE_ALL, RIVULET_SPARSE_FLAG(RIVULET_FLAG), kKeras, kRules),
};

}  // namespace

RIVULET_OP_LIST(ApplyMomentum, kDefs);

}  // namespace rivulet
