// What Sum, Mean, Prod and EuclideanNorm share.
#ifndef RIVULET_ENGINE_OPS_REDUCE_ARITHMETIC_H_
#define RIVULET_ENGINE_OPS_REDUCE_ARITHMETIC_H_

#include <cstring>

#include "engine/ops/reduction.h"
#include "engine/ops/widen.h"

namespace rivulet {

// The sum as T, so that it overflows where T does.
template <typename T, typename Acc>
T Rounded(Acc sum) {
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
    return T(static_cast<float>(sum));
  } else {
    return static_cast<T>(sum);
  }
}

// By Fold, which is told the number of elements unless `kind` is kSum; float32 by the kernel of `kind`.
template <template <typename> typename Fold, uint32_t kWidening>
Status RunArithmeticFold(RunContext& c, ReduceKind kind) {
  const bool counts = kind != ReduceKind::kSum;
  const Tensor& input = c.input(0);
  if (input.num_elements() > 0) {
    RIVULET_ASSIGN_OR_RETURN(const ReductionGroups groups, GroupAxes(input, c.input(1)));
    if (kind != ReduceKind::kSumOfSquares && groups.num_reduced == 1) {
      std::memcpy(c.output(0).raw(), input.raw(), input.bytes());
      return Status();
    }
    if (input.dtype() == DType::kFloat) return RunFloatReduction(c, kind, groups);
  }
  if (input.dtype() == DType::kFloat) return RunFoldOfNothing<Fold<float>>(c, counts);
  Status status;
  VisitLoops<kWidening, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t,
             uint64_t, Complex64, Complex128>(
      input.dtype(), [&](auto tag) { status = RunFold<Fold<typename decltype(tag)::Type>>(c, counts); });
  return status;
}

template <template <typename> typename Fold, ReduceKind kKind, uint32_t kWidening>
Status RunArithmetic(RunContext& c) {
  return RunArithmeticFold<Fold, kWidening>(c, kKind);
}

#define RIVULET_REDUCTION                                                                           \
  .inputs = "input:T, reduction_indices:Tidx", .outputs = "output:T",                               \
  .attrs =                                                                                          \
      "keep_dims:bool=false; T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,c64,c128}; " \
      "Tidx:type=i32 in {i32,i64}",                                                                 \
  .infer = InferReduction

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_REDUCE_ARITHMETIC_H_
