// AdagradDA: sum += grad, squares += grad^2; with the number of steps n,
//
//   var = -lr * shrunk(sum, n * l1) / (l2 * n * lr + sqrt(squares))
//
// where shrunk(x, by) = sign(x) * max(|x| - by, 0), and x where l1 is not above 0. In the sparse form, where rows have
// more than one element, numerator and denominator are divided by n * lr, which shows where that is 0.
#include "engine/ops/apply_update.h"

namespace rivulet {
namespace {

template <typename T>
struct DualStep {
  static constexpr size_t kSlots = 3;
  using N = Num<T>;
  N lr, l1, l2, steps, steps_lr;
  bool divided;
  explicit DualStep(const UpdateArgs& args)
      : lr(args.Scalar<T>(0)),
        l1(args.Scalar<T>(1)),
        l2(args.Scalar<T>(2)),
        divided(args.is_sparse && !args.is_single) {
    const int64_t n = args.Scalar<int64_t>(3).value;
    // The dense form goes through float.
    steps = N(args.is_sparse ? static_cast<T>(n) : static_cast<T>(static_cast<float>(n)));
    steps_lr = steps * lr;
  }
  void operator()(N* x, N g) const {
    x[1] = x[1] + g;
    x[2] = x[2] + Square(g);
    const bool shrinks = l1 > N();
    if (divided) {
      N sum = x[1] / steps;
      if (shrinks) sum = Sign(x[1]) * Greater(Magnitude(x[1]) / steps - l1, N());
      x[0] = -sum / (l2 + Sqrt(x[2]) / steps_lr);
    } else {
      N sum = x[1];
      if (shrinks) sum = Sign(sum) * Greater(Magnitude(sum) - steps * l1, N());
      x[0] = -(lr * sum) / (l2 * steps_lr + Sqrt(x[2]));
    }
  }
};

constexpr auto kDual = FindUpdateOf<DualStep, float, double>;
constexpr UpdateRules kRules = {.sparse_wants_elements = true};

#define RIVULET_SLOTS(kind) "var:" kind ", gradient_accumulator:" kind ", gradient_squared_accumulator:" kind

constexpr OpDef kDefs[] = {
    RIVULET_UPDATE("AdagradDA", RIVULET_SLOTS, "grad:T, lr:T, l1:T, l2:T, global_step:i64", "f32,f64", "", kDual,
                   kRules),
    RIVULET_SPARSE_UPDATE("AdagradDA", RIVULET_SLOTS, "grad:T, indices:Tindices, lr:T, l1:T, l2:T, global_step:i64",
                          "f32,f64", "", kDual, kRules),
};

}  // namespace

RIVULET_OP_LIST(ApplyAdagradDA, kDefs);

}  // namespace rivulet
