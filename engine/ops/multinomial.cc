// Multinomial, StatelessMultinomial: classes drawn at random with probabilities proportional to exp(logits).
//
//   logits [batch, classes] of T, num_samples scalar, (Stateless: seed [2]) -> [batch, num_samples] of output_dtype
//
// TensorFlow's numbers as it computes them in one thread: one stream goes through all rows. (Where its threads share
// large batches, TensorFlow's own numbers depend on their number.) Logits that are not finite count as impossible.
#include <algorithm>
#include <cmath>

#include "engine/ops/number.h"
#include "engine/ops/random_stream.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  if (c.num_inputs() > 2) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
    if (c.shape(2).complete() && c.shape(2)[0] != 2)
      return InvalidArgument("seed: want 2 elements, got ", c.shape(2)[0]);
  }
  const Shape& logits = c.shape(0);
  Shape out = Shape::OfUnknownDims(2);
  if (logits.has_rank()) {
    if (logits[1] == 0) return InvalidArgument("logits: want at least one class, got ", logits);
    out.set_dim(0, logits[0]);
  }
  if (c.known(1)) {
    const int64_t count = c.ints(1)[0];
    if (count < 0) return InvalidArgument("num_samples: want at least 0, got ", count);
    out.set_dim(1, count);
  }
  c.set_output(0, std::move(out));
  return Status();
}

// Sums of exp(logit - largest) up to each class; the last one is returned.
template <typename T>
double Accumulate(const T* logits, int64_t classes, double* sums) {
  auto largest = static_cast<double>(Widen(Lowest<T>()));
  const auto value = [&](int64_t i) { return static_cast<double>(Widen(logits[i])); };
  for (int64_t i = 0; i < classes; ++i) {
    if (std::isfinite(value(i))) largest = std::max(largest, value(i));
  }
  double sum = 0;
  for (int64_t i = 0; i < classes; ++i) {
    if (std::isfinite(value(i))) sum += std::exp(value(i) - largest);
    sums[i] = sum;
  }
  return sum;
}

Status Draw(RunContext& c, const Philox& generator) {
  const Tensor& logits = c.input(0);
  Tensor& out = c.output(0);
  const int64_t classes = logits.dim(1), count = out.dim(1);
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(classes) * sizeof(double)));
  auto* sums = static_cast<double*>(scratch);
  PhiloxWords words(generator);
  for (int64_t row = 0; row < out.dim(0) && !c.stop().stopped(); ++row) {
    double total = 0;
    VisitType<float, double, Half, BFloat16>(logits.dtype(), [&](auto tag) {
      using T = typename decltype(tag)::Type;
      total = Accumulate(static_cast<const T*>(logits.raw()) + row * classes, classes, sums);
    });
    for (int64_t i = 0; i < count; ++i) {
      const uint32_t high = words.Next();
      const double sought = UniformDouble(high, words.Next()) * total;
      const int64_t found = std::upper_bound(sums, sums + classes, sought) - sums;
      if (out.dtype() == DType::kInt32) {
        out.data<int32_t>()[row * count + i] = static_cast<int32_t>(found);
      } else {
        out.data<int64_t>()[row * count + i] = found;
      }
    }
  }
  return Status();
}

Status Run(RunContext& c) {
  if (c.output(0).num_elements() == 0) return Status();
  // TensorFlow sets aside 256 blocks for each word, and rounds a row's samples up to fours.
  const int64_t words_a_row = (c.output(0).dim(1) + 3) / 4 * 4 * 2;
  return Draw(c, TakeStream(c, c.state<SeedState>(), static_cast<uint64_t>(c.output(0).dim(0) * words_a_row) * 256));
}

Status RunStateless(RunContext& c) {
  if (c.output(0).num_elements() == 0) return Status();
  return Draw(c, StatelessStream(c.input(2)));
}

#define RIVULET_LOGITS "T:type in {f16,bf16,f32,f64}; output_dtype:type=i64 in {i32,i64}"
constexpr OpDef kDefs[] = {
    {.name = "Multinomial",
     .inputs = "logits:T, num_samples:i32",
     .outputs = "output:output_dtype",
     .attrs = "seed:int=0; seed2:int=0; " RIVULET_LOGITS,
     .infer = Infer,
     .prepare = PrepareSeeds,
     .run = Run,
     .flags = kStateful},
    {.name = "StatelessMultinomial",
     .inputs = "logits:T, num_samples:i32, seed:Tseed",
     .outputs = "output:output_dtype",
     .attrs = "Tseed:type=i64 in {i32,i64}; " RIVULET_LOGITS,
     .infer = Infer,
     .run = RunStateless},
};
#undef RIVULET_LOGITS

}  // namespace

RIVULET_OP_LIST(Multinomial, kDefs);

}  // namespace rivulet
