// Ftrl: with p(x) = x^-lr_power, new = accum + grad^2 and slope = grad (of FtrlV2: grad + 2 * l2_shrinkage * var),
//
//   linear += slope - (p(new) - p(accum)) / lr * var
//   var = (clamp(linear, -l1, l1) - linear) / (p(new) / lr + 2 * l2)
//
// and with multiply_linear_by_lr everything times lr:
//
//   linear += slope * lr - (p(new) - p(accum)) * var
//   var = (clamp(linear, -l1 * lr, l1 * lr) - linear) / (p(new) + 2 * l2 * lr)
//
// then accum = new. The dense forms give exactly 0 where |linear| is not above the bound, whatever the divisor.
#include "engine/ops/apply_update.h"

namespace rivulet {
namespace {

template <typename T>
struct FtrlStep {
  static constexpr size_t kSlots = 3;
  using N = Num<T>;
  N lr, l1, l2, shrinkage, power;
  bool multiplies, is_sparse, has_root;
  explicit FtrlStep(const UpdateArgs& args) : FtrlStep(args, N(), args.Scalar<T>(3)) {}
  FtrlStep(const UpdateArgs& args, N twice_shrinkage, N lr_power)
      : lr(args.Scalar<T>(0)),
        l1(args.Scalar<T>(1)),
        l2(args.Scalar<T>(2)),
        shrinkage(twice_shrinkage),
        power(-lr_power),
        multiplies(args.flag),
        is_sparse(args.is_sparse),
        has_root(lr_power == N::Of(-0.5)) {}

  N Power(N x) const { return has_root ? Sqrt(x) : N(T(std::pow(Widen(x.value), Widen(power.value)))); }
  void Update(N* x, N g, N slope) const {
    const N sum = x[1] + Square(g);
    const N grown = Power(sum) - Power(x[1]);
    x[2] = x[2] + (multiplies ? slope * lr - grown * x[0] : slope - grown / lr * x[0]);
    const N bound = multiplies ? l1 * lr : l1;
    const N divisor = multiplies ? Power(sum) + N::Of(2) * l2 * lr : Power(sum) / lr + N::Of(2) * l2;
    if (is_sparse) {
      x[0] = (Greater(Lesser(x[2], bound), -bound) - x[2]) / divisor;
    } else {
      x[0] = Magnitude(x[2]) > bound ? (bound * Sign(x[2]) - x[2]) / divisor : N();
    }
    x[1] = sum;
  }
  void operator()(N* x, N g) const { Update(x, g, g); }
};

template <typename T>
struct FtrlV2Step : FtrlStep<T> {
  using N = Num<T>;
  explicit FtrlV2Step(const UpdateArgs& args) : FtrlStep<T>(args, N::Of(2) * args.Scalar<T>(3), args.Scalar<T>(4)) {}
  void operator()(N* x, N g) const { this->Update(x, g, g + this->shrinkage * x[0]); }
};

constexpr auto kFtrl = FindUpdateOf<FtrlStep, float, double, Half, BFloat16>;
constexpr auto kFtrlV2 = FindUpdateOf<FtrlV2Step, float, double, Half, BFloat16>;
constexpr UpdateRules kRules = {.sparse = "+ppn", .sparse_wants_elements = true};
constexpr UpdateRules kV2Rules = {.sparse = "+pppn", .sparse_wants_elements = true};

#define RIVULET_SLOTS(kind) "var:" kind ", accum:" kind ", linear:" kind
#define RIVULET_SCALARS "lr:T, l1:T, l2:T, lr_power:T"
#define RIVULET_V2_SCALARS "lr:T, l1:T, l2:T, l2_shrinkage:T, lr_power:T"
#define RIVULET_FLAG "; multiply_linear_by_lr:bool=false"

constexpr OpDef kDefs[] = {
    RIVULET_UPDATE("Ftrl", RIVULET_SLOTS, "grad:T, " RIVULET_SCALARS, RIVULET_UPDATE_REAL, RIVULET_FLAG, kFtrl, kRules),
    RIVULET_SPARSE_UPDATE("Ftrl", RIVULET_SLOTS, "grad:T, indices:Tindices, " RIVULET_SCALARS, RIVULET_UPDATE_REAL,
                          RIVULET_FLAG, kFtrl, kRules),
    RIVULET_UPDATE("FtrlV2", RIVULET_SLOTS, "grad:T, " RIVULET_V2_SCALARS, RIVULET_UPDATE_REAL, RIVULET_FLAG, kFtrlV2,
                   kV2Rules),
    RIVULET_SPARSE_UPDATE("FtrlV2", RIVULET_SLOTS, "grad:T, indices:Tindices, " RIVULET_V2_SCALARS, RIVULET_UPDATE_REAL,
                          RIVULET_FLAG, kFtrlV2, kV2Rules),
};

}  // namespace

RIVULET_OP_LIST(ApplyFtrl, kDefs);

}  // namespace rivulet
