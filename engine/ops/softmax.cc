// Softmax, LogSoftmax over the last axis.
//
//   logits [.., n] of T -> e^x / sum e^x, or x - ln sum e^x, of the same shape. Rows with a NaN or +infinity are NaN,
//   as are rows of -infinity alone. float16 and bfloat16 are computed in float and rounded once.
#include <algorithm>
#include <cmath>

#include "engine/kernels/reduce.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  c.set_output(0, c.shape(0));
  return Status();
}

template <typename T, bool kLog>
void SoftmaxRow(const T* x, int64_t n, T* y) {
  Wide<T> max = -std::numeric_limits<Wide<T>>::infinity();
  for (int64_t i = 0; i < n; ++i) max = std::max(max, Widen(x[i]));
  Wide<T> sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += std::exp(Widen(x[i]) - max);
  const Wide<T> log_sum = std::log(sum);
  for (int64_t i = 0; i < n; ++i) {
    const Wide<T> shifted = Widen(x[i]) - max;
    y[i] = T(kLog ? shifted - log_sum : std::exp(shifted) / sum);
  }
}

template <bool kLog>
Status Run(RunContext& c) {
  const Tensor& logits = c.input(0);
  Tensor& output = c.output(0);
  if (logits.num_elements() == 0) return Status();
  const int64_t n = logits.dim(logits.rank() - 1);
  const int64_t rows = logits.num_elements() / n;
  if (logits.dtype() == DType::kFloat) {
    SoftmaxRows(logits.data<float>(), rows, n, kLog, output.data<float>(), c.pool(), c.stop());
    return Status();
  }
  VisitType<double, Half, BFloat16>(logits.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    const T* x = static_cast<const T*>(logits.raw());
    T* y = static_cast<T*>(output.raw());
    c.ParallelFor(rows, std::max<int64_t>((1 << 12) / n, 1), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) SoftmaxRow<T, kLog>(x + i * n, n, y + i * n);
    });
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "Softmax",
     .inputs = "logits:T",
     .outputs = "softmax:T",
     .attrs = "T:type in {bf16,f16,f32,f64}",
     .infer = Infer,
     .run = Run<false>},
    {.name = "LogSoftmax",
     .inputs = "logits:T",
     .outputs = "logsoftmax:T",
     .attrs = "T:type in {bf16,f16,f32,f64}",
     .infer = Infer,
     .run = Run<true>},
};

}  // namespace

RIVULET_OP_LIST(Softmax, kDefs);

}  // namespace rivulet
