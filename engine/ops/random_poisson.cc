// RandomPoisson, RandomPoissonV2, StatelessRandomPoisson: numbers of the Poisson distribution.
//
//   shape [k], rate of R -> shape + rate's shape;  Stateless: shape (ending with rate's), seed [2], rate -> shape
//
// Rates below 10: uniform numbers are multiplied until the product falls to exp(-rate) (Knuth). Others: Hormann's
// transformed rejection ("The transformed rejection method for generating Poisson random variables", 1993).
// TensorFlow's numbers; a rate of NaN, for which its loop has no end, gives NaN (0 in integers).
#include <cmath>
#include <limits>

#include "engine/kernels/special.h"
#include "engine/ops/random_rejection.h"

namespace rivulet {
namespace {

// `highest` is the output type's; larger numbers are drawn again. C is the type computed in.
template <typename C>
C DrawPoisson(C rate, C highest, const StopToken& stop, Philox stream) {
  UniformBackwards<C> uniform(stream);
  if (rate < 10) {
    const C limit = std::exp(-rate);
    C product = 1;
    C count = 0;
    for (;;) {
      product *= uniform.Next();
      if (product <= limit && count <= highest) return count;
      count += 1;
    }
  }
  if (rate != rate) return rate;
  // Also where the type hardly has a number of the distribution, six deviations below the mean.
  if (std::isinf(rate) || rate - 6 * std::sqrt(rate) > highest) return std::numeric_limits<C>::infinity();
  const C log_rate = std::log(rate);
  const C b = C(0.931) + C(2.53) * std::sqrt(rate);
  const C a = C(-0.059) + C(0.02483) * b;
  const C inverse_alpha = C(1.1239) + C(1.1328) / (b - C(3.4));
  while (!stop.stopped()) {
    const C u = uniform.Next() - C(0.5);
    const C v = uniform.Next();
    const C us = C(0.5) - std::abs(u);
    const C k = std::floor((2 * a / us + b) * u + rate + C(0.43));
    if (k > highest) continue;
    if (us >= C(0.07) && v <= C(0.9277) - C(3.6224) / (b - 2)) return k;
    if (k < 0 || (us < C(0.013) && v > us)) continue;
    const C s = std::log(v * inverse_alpha / (a / (us * us) + b));
    const C t = -rate + k * log_rate - static_cast<C>(special::LogGamma(static_cast<double>(k + 1)));
    if (s <= t) return k;
  }
  return 0;
}

template <typename U, typename C>
U FromCount(C count) {
  if constexpr (std::is_integral_v<U>) {
    if (!(count < static_cast<C>(Highest<U>()))) return count == count ? Highest<U>() : U{0};
    return static_cast<U>(count);
  } else {
    return U(static_cast<Wide<U>>(count));
  }
}

template <typename R>
double RateOf(const void* rates, int64_t at) {
  return static_cast<double>(Widen(static_cast<const R*>(rates)[at]));
}

template <typename U>
void StoreCount(void* out, int64_t at, double count) {
  static_cast<U*>(out)[at] = FromCount<U>(count);
}

Status Fill(RunContext& c, const Tensor& rate, const Philox& generator) {
  Tensor& out = c.output(0);
  if (out.num_elements() == 0) return Status();
  const int64_t rates = rate.num_elements(), samples = out.num_elements() / rates;
  decltype(&RateOf<double>) rate_of = nullptr;
  decltype(&StoreCount<double>) store = nullptr;
  double highest = 0;
  VisitType<float, double, Half, int32_t, int64_t>(rate.dtype(),
                                                   [&](auto tag) { rate_of = RateOf<typename decltype(tag)::Type>; });
  VisitType<float, double, Half, int32_t, int64_t>(out.dtype(), [&](auto tag) {
    using U = typename decltype(tag)::Type;
    store = StoreCount<U>;
    highest = static_cast<double>(Widen(Highest<U>()));
  });
  c.ParallelFor(out.num_elements(), 1 << 8, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end && !c.stop().stopped(); ++i) {
      store(out.raw(), i % samples * rates + i / samples,
            DrawPoisson(rate_of(rate.raw(), i / samples), highest, c.stop(), StreamOfOutput(generator, i)));
    }
  });
  return Status();
}

Status Infer(InferContext& c) { return InferSamplesOfEach(c, 0, 1); }

Status InferStateless(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  if (c.shape(1).complete() && c.shape(1)[0] != 2) return InvalidArgument("seed: want 2 elements, got ", c.shape(1)[0]);
  return InferEndsWith(c, 0, c.shape(2), false);
}

Status Run(RunContext& c) {
  const auto count = static_cast<uint64_t>(c.output(0).num_elements());
  if (count == 0) return Status();
  return Fill(c, c.input(1), TakeStream(c, c.state<SeedState>(), count * kBlocksAnOutput));
}

Status RunStateless(RunContext& c) { return Fill(c, c.input(2), StatelessStream(c.input(1))); }

#define RIVULET_SEEDS "seed:int=0; seed2:int=0; S:type in {i32,i64}; "
constexpr OpDef kDefs[] = {
    {.name = "RandomPoisson",
     .inputs = "shape:S, rate:dtype",
     .outputs = "output:dtype",
     .attrs = RIVULET_SEEDS "dtype:type in {f16,f32,f64}",
     .infer = Infer,
     .prepare = PrepareSeeds,
     .run = Run,
     .flags = kStateful},
    {.name = "RandomPoissonV2",
     .inputs = "shape:S, rate:R",
     .outputs = "output:dtype",
     .attrs = RIVULET_SEEDS "R:type=f64 in {f16,f32,f64,i32,i64}; dtype:type=i64 in {f16,f32,f64,i32,i64}",
     .infer = Infer,
     .prepare = PrepareSeeds,
     .run = Run,
     .flags = kStateful},
    {.name = "StatelessRandomPoisson",
     .inputs = "shape:T, seed:Tseed, lam:Rtype",
     .outputs = "output:dtype",
     .attrs = "Rtype:type in {f16,f32,f64,i32,i64}; dtype:type in {f16,f32,f64,i32,i64}; T:type in {i32,i64}; "
              "Tseed:type=i64 in {i32,i64}",
     .infer = InferStateless,
     .run = RunStateless},
};
#undef RIVULET_SEEDS

}  // namespace

RIVULET_OP_LIST(RandomPoisson, kDefs);

}  // namespace rivulet
