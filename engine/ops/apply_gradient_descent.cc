// GradientDescent: var -= delta * alpha.
//
// ProximalGradientDescent: v = var - delta * alpha; var = sign(v) * max(|v| - alpha * l1, 0) / (1 + l2 * alpha), and
// v / (1 + l2 * alpha) where l1 is not above 0.
#include "engine/ops/apply_update.h"

namespace rivulet {
namespace {

template <typename T>
struct DescentStep {
  static constexpr size_t kSlots = 1;
  Num<T> alpha;
  explicit DescentStep(const UpdateArgs& args) : alpha(args.Scalar<T>(0)) {}
  void operator()(Num<T>* x, Num<T> g) const { x[0] = x[0] - g * alpha; }
};

template <typename T>
struct ProximalDescentStep {
  static constexpr size_t kSlots = 1;
  Num<T> alpha, l1, l2;
  explicit ProximalDescentStep(const UpdateArgs& args)
      : alpha(args.Scalar<T>(0)), l1(args.Scalar<T>(1)), l2(args.Scalar<T>(2)) {}
  void operator()(Num<T>* x, Num<T> g) const {
    Num<T> v = x[0] - g * alpha;
    if (l1 > Num<T>()) v = Sign(v) * Greater(Magnitude(v) - alpha * l1, Num<T>());
    x[0] = v / (Num<T>::Of(1) + l2 * alpha);
  }
};

constexpr auto kDescent = FindUpdateOf<DescentStep, float, double, Half, BFloat16, Complex64, Complex128>;
constexpr auto kProximal = FindUpdateOf<ProximalDescentStep, float, double>;
constexpr UpdateRules kRules = {.sparse_wants_elements = true};

#define RIVULET_SLOTS(kind) "var:" kind

constexpr OpDef kDefs[] = {
    RIVULET_UPDATE("GradientDescent", RIVULET_SLOTS, "alpha:T, delta:T", RIVULET_UPDATE_ALL, "", kDescent, kRules),
    RIVULET_UPDATE("ProximalGradientDescent", RIVULET_SLOTS, "alpha:T, l1:T, l2:T, delta:T", "f32,f64", "", kProximal,
                   kRules),
    RIVULET_SPARSE_UPDATE("ProximalGradientDescent", RIVULET_SLOTS, "alpha:T, l1:T, l2:T, grad:T, indices:Tindices",
                          "f32,f64", "", kProximal, kRules),
};

}  // namespace

RIVULET_OP_LIST(ApplyGradientDescent, kDefs);

}  // namespace rivulet
