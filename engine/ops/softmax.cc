// Softmax, LogSoftmax over the last axis.
//
//   logits [.., n] of T -> e^x / sum e^x, or x - ln sum e^x, of the same shape. Rows with a NaN or +infinity are NaN,
//   as are rows of -infinity alone. float16 and bfloat16 are computed in float and rounded once.
#include <algorithm>
#include <cmath>

#include "engine/kernels/reduce.h"
#include "engine/ops/number.h"
#include "engine/ops/op.h"
#include "engine/ops/rows.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(0, 1));
  c.set_output(0, c.shape(0));
  return Status();
}

using SoftmaxOfRow = void (*)(const void* logits, int64_t n, bool log, void* output);

template <typename T>
void SoftmaxRow(const void* logits, int64_t n, bool log, void* output) {
  const T* x = static_cast<const T*>(logits);
  T* y = static_cast<T*>(output);
  Wide<T> max = -std::numeric_limits<Wide<T>>::infinity();
  for (int64_t i = 0; i < n; ++i) max = std::max(max, Widen(x[i]));
  Wide<T> sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += std::exp(Widen(x[i]) - max);
  if (log) {
    const Wide<T> log_sum = std::log(sum);
    for (int64_t i = 0; i < n; ++i) y[i] = T(Widen(x[i]) - max - log_sum);
  } else {
    for (int64_t i = 0; i < n; ++i) y[i] = T(std::exp(Widen(x[i]) - max) / sum);
  }
}

Status Run(RunContext& c, bool log) {
  const Tensor& logits = c.input(0);
  Tensor& output = c.output(0);
  if (logits.num_elements() == 0) return Status();
  const DType dtype = logits.dtype();
  const int64_t n = logits.dim(logits.rank() - 1);
  const int64_t rows = logits.num_elements() / n;
  if (dtype == DType::kFloat) {
    SoftmaxRows(logits.data<float>(), rows, n, log, output.data<float>(), c.pool(), c.stop());
    return Status();
  }
  SoftmaxOfRow softmax = nullptr;
  VisitType<double, Half, BFloat16>(dtype, [&](auto tag) { softmax = SoftmaxRow<typename decltype(tag)::Type>; });
  if (softmax == nullptr) return Status();
  c.ParallelFor(rows, std::max<int64_t>((1 << 12) / n, 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      softmax(ElementAt(logits.raw(), dtype, i * n), n, log, ElementAt(output.raw(), dtype, i * n));
    }
  });
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "Softmax",
     .inputs = "logits:T",
     .outputs = "softmax:T",
     .attrs = "T:type in {bf16,f16,f32,f64}",
     .infer = Infer,
     .run = With<Run, false>},
    {.name = "LogSoftmax",
     .inputs = "logits:T",
     .outputs = "logsoftmax:T",
     .attrs = "T:type in {bf16,f16,f32,f64}",
     .infer = Infer,
     .run = With<Run, true>},
};

}  // namespace

RIVULET_OP_LIST(Softmax, kDefs);

}  // namespace rivulet
