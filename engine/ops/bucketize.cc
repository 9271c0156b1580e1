// Bucketize: for every element the number of boundaries that are not above it. The boundaries rise; NaN is above all.
// Integers are compared as floats, as the boundaries are.
#include <algorithm>

#include "engine/ops/elementwise.h"

namespace rivulet {
namespace {

struct State : OpState {
  std::vector<float> boundaries;
};

Status Infer(InferContext& c) {
  const std::vector<float> boundaries = c.attrs().Floats("boundaries");
  for (size_t i = 1; i < boundaries.size(); ++i) {
    if (boundaries[i] < boundaries[i - 1]) {
      return InvalidArgument("attr 'boundaries': want rising numbers, got ", boundaries[i], " after ",
                             boundaries[i - 1]);
    }
  }
  return InferLikeFirst(c);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->boundaries = c.attrs().Floats("boundaries");
  return std::unique_ptr<OpState>(std::move(state));
}

struct Bucket {
  explicit Bucket(const void* params) : boundaries(*static_cast<const std::vector<float>*>(params)) {}
  template <typename T>
  int32_t operator()(T x) const {
    using Compared = std::conditional_t<std::is_same_v<T, double>, double, float>;
    const auto value = static_cast<Compared>(x);
    // A bisection that stays in bounds even when the boundaries hold NaN.
    size_t first = 0, count = boundaries.size();
    while (count > 0) {
      const size_t half = count / 2;
      if (!(value < static_cast<Compared>(boundaries[first + half]))) {
        first += half + 1;
        count -= half + 1;
      } else {
        count = half;
      }
    }
    return static_cast<int32_t>(first);
  }
  const std::vector<float>& boundaries;
};

Status Run(RunContext& c) {
  return RunTiles(c, kUnaryTiles<Bucket, float, double, int32_t, int64_t>, {.params = &c.state<State>().boundaries});
}

constexpr OpDef kDefs[] = {
    {.name = "Bucketize",
     .inputs = "input:T",
     .outputs = "output:i32",
     .attrs = "T:type in {i32,i64,f32,f64}; boundaries:list(float)",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kElementwise},
};

}  // namespace

RIVULET_OP_LIST(Bucketize, kDefs);

}  // namespace rivulet
