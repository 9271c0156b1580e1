// Max, Min, All and Any over any axes, with or without keep_dims.
//
//   input [..] of T, reduction_indices: the axes -> output [..] without them, or with extent 1
//
// NaN among the elements gives NaN. The maximum of nothing is -infinity, or the lowest integer; the minimum likewise.
#include <cstring>

#include "engine/ops/reduction.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

template <typename T>
T WorstMax() {
  if constexpr (std::is_integral_v<T>) return std::numeric_limits<T>::min();
  if constexpr (!std::is_integral_v<T>) return T(-std::numeric_limits<float>::infinity());
}
template <typename T>
T WorstMin() {
  if constexpr (std::is_integral_v<T>) return std::numeric_limits<T>::max();
  if constexpr (!std::is_integral_v<T>) return T(std::numeric_limits<float>::infinity());
}

template <typename T>
struct MaxOf {
  using In = T;
  using Acc = Wide<T>;
  using Out = T;
  static Acc Start() { return Widen(WorstMax<T>()); }
  static Acc Step(Acc acc, T x) {
    const Acc wide = Widen(x);
    return wide > acc || wide != wide ? wide : acc;
  }
  static T Finish(Acc acc, int64_t) { return T(acc); }
};

template <typename T>
struct MinOf : MaxOf<T> {
  using typename MaxOf<T>::Acc;
  static Acc Start() { return Widen(WorstMin<T>()); }
  static Acc Step(Acc acc, T x) {
    const Acc wide = Widen(x);
    return wide < acc || wide != wide ? wide : acc;
  }
};

struct AllOf {
  using In = uint8_t;
  using Acc = uint8_t;
  using Out = uint8_t;
  static uint8_t Start() { return 1; }
  static uint8_t Step(uint8_t acc, uint8_t x) { return static_cast<uint8_t>(acc & (x != 0)); }
  static uint8_t Finish(uint8_t acc, int64_t) { return acc; }
};
struct AnyOf : AllOf {
  static uint8_t Start() { return 0; }
  static uint8_t Step(uint8_t acc, uint8_t x) { return static_cast<uint8_t>(acc | (x != 0)); }
};

constexpr uint32_t kWiden = kWidenHalves | kWidenInts;

template <template <typename> typename Fold, ReduceKind kKind>
Status Run(RunContext& c) {
  const Tensor& input = c.input(0);
  if (input.dtype() == DType::kFloat) {
    if (input.num_elements() == 0) return RunFoldOfNothing<Fold<float>>(c);
    RIVULET_ASSIGN_OR_RETURN(const ReductionGroups groups, GroupAxes(input, c.input(1)));
    return RunFloatReduction(c, kKind, groups);
  }
  Status status;
  VisitLoops<kWiden, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>(
      input.dtype(), [&](auto tag) { status = RunFold<Fold<typename decltype(tag)::Type>>(c); });
  return status;
}

// Of nothing there is an extreme number of each type.
template <template <typename> typename Fold, ReduceKind kKind>
Status RunSmall(RunContext& c) {
  if (c.input(0).num_elements() > 0) return RunThroughWide<Run<Fold, kKind>, kWiden, void>(c);
  Status status;
  VisitType<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>(
      c.input(0).dtype(), [&](auto tag) { status = RunFoldOfNothing<Fold<typename decltype(tag)::Type>>(c); });
  return status;
}

template <template <typename> typename Fold, ReduceKind kKind>
constexpr Status (*kRun)(RunContext&) = kIsSmall ? RunSmall<Fold, kKind> : Run<Fold, kKind>;

#define RIVULET_ORDERED "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64}"
#define RIVULET_AXES "keep_dims:bool=false; Tidx:type=i32 in {i32,i64}"

constexpr OpDef kDefs[] = {
    {.name = "Max",
     .inputs = "input:T, reduction_indices:Tidx",
     .outputs = "output:T",
     .attrs = RIVULET_AXES "; " RIVULET_ORDERED,
     .infer = InferReduction,
     .run = kRun<MaxOf, ReduceKind::kMax>},
    {.name = "Min",
     .inputs = "input:T, reduction_indices:Tidx",
     .outputs = "output:T",
     .attrs = RIVULET_AXES "; " RIVULET_ORDERED,
     .infer = InferReduction,
     .run = kRun<MinOf, ReduceKind::kMin>},
    {.name = "All",
     .inputs = "input:bool, reduction_indices:Tidx",
     .outputs = "output:bool",
     .attrs = RIVULET_AXES,
     .infer = InferReduction,
     .run = RunFold<AllOf>},
    {.name = "Any",
     .inputs = "input:bool, reduction_indices:Tidx",
     .outputs = "output:bool",
     .attrs = RIVULET_AXES,
     .infer = InferReduction,
     .run = RunFold<AnyOf>},
};

}  // namespace

RIVULET_OP_LIST(ReduceOrder, kDefs);

}  // namespace rivulet
