// StatelessRandomBinomial: how many of `counts` trials succeed, each with the probability `probs`.
//
//   shape (ending with the shape that counts and probs broadcast to), seed [2], counts, probs of T -> shape, of dtype
//
// With p = min(prob, 1 - prob): below 10 expected successes, geometric numbers are added up until they exceed the
// count; else Hormann's transformed rejection ("The generation of binomial random variates", 1993). TensorFlow's
// numbers; where its loop has no end (an infinite count) NaN, or 0 in integers.
#include <cmath>
#include <limits>

#include "engine/graph/shape_math.h"
#include "engine/ops/random_binomial.h"
#include "engine/ops/random_rejection.h"

namespace rivulet {
namespace {

double SumGeometric(double count, double p, const StopToken& stop, Philox stream) {
  UniformBackwards<double> uniform(stream);
  double sum = 0;
  for (int64_t trials = 0; !stop.stopped(); ++trials) {
    sum += std::ceil(std::log(uniform.Next()) / std::log1p(-p));
    if (!(sum <= count)) return static_cast<double>(trials);
  }
  return 0;
}

// ln k! minus Stirling's approximation of it: (k + 1/2) ln(k + 1) - (k + 1) + ln(2 pi) / 2.
double StirlingRest(double k) {
  constexpr double kExact[] = {0.0810614667953272,  0.0413406959554092, 0.0276779256849983, 0.02079067210376509,
                               0.0166446911898211,  0.0138761288230707, 0.0118967099458917, 0.0104112652619720,
                               0.00925546218271273, 0.00833056343336287};
  if (k <= 9) return kExact[static_cast<int>(k)];
  const double square = (k + 1) * (k + 1);
  return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1);
}

double Reject(double count, double p, const StopToken& stop, Philox stream) {
  UniformBackwards<double> uniform(stream);
  const double deviation = std::sqrt(count * p * (1 - p));
  const double b = 1.15 + 2.53 * deviation;
  const double a = -0.0873 + 0.0248 * b + 0.01 * p;
  const double c = count * p + 0.5;
  const double tight = 0.92 - 4.2 / b;
  const double odds = p / (1 - p);
  const double alpha = (2.83 + 5.1 / b) * deviation;
  const double m = std::floor((count + 1) * p);
  while (!stop.stopped()) {
    const double u = uniform.Next() - 0.5;
    double v = uniform.Next();
    const double us = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / us + b) * u + c);
    if (us >= 0.07 && v <= tight) return k;
    if (k < 0 || k > count) continue;
    v = std::log(v * alpha / (a / (us * us) + b));
    const double bound = (m + 0.5) * std::log((m + 1) / (odds * (count - m + 1))) +
                         (count + 1) * std::log((count - m + 1) / (count - k + 1)) +
                         (k + 0.5) * std::log(odds * (count - k + 1) / (k + 1)) + StirlingRest(m) +
                         StirlingRest(count - m) - StirlingRest(k) - StirlingRest(count - k);
    if (v <= bound) return k;
  }
  return 0;
}

// Comparisons are made in T, as TensorFlow makes them.
template <typename T>
double DrawBinomial(T count, T prob, const StopToken& stop, const Philox& generator, int64_t output) {
  const auto n = static_cast<double>(Widen(count));
  const Wide<T> p = Widen(prob);
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (!std::isfinite(n) || !(p == p)) return std::numeric_limits<double>::quiet_NaN();
  const bool mirrored = p > Wide<T>(0.5);
  const T q = mirrored ? Minus(T(1), prob) : prob;
  const auto chance = static_cast<double>(Widen(q));
  Philox stream = generator;
  const bool many = Widen(Product(count, q)) >= 10;
  // TensorFlow sets aside less for an output of the first kind.
  stream.Skip(static_cast<uint64_t>(output) * (many ? kBlocksAnOutput : 42));
  const double drawn = many ? Reject(n, chance, stop, stream) : SumGeometric(n, chance, stop, stream);
  return mirrored ? n - drawn : drawn;
}

template <typename T>
double DrawOne(const void* counts, int64_t count, const void* probs, int64_t prob, const StopToken& stop,
               const Philox& generator, int64_t output) {
  return DrawBinomial(static_cast<const T*>(counts)[count], static_cast<const T*>(probs)[prob], stop, generator,
                      output);
}

template <typename U>
U FromNumber(double number) {
  if constexpr (std::is_integral_v<U>) {
    if (!(number < static_cast<double>(Highest<U>()))) return number == number ? Highest<U>() : U{0};
    return static_cast<U>(number);
  } else {
    return U(static_cast<Wide<U>>(number));
  }
}

template <typename U>
void StoreOne(void* out, int64_t at, double number) {
  static_cast<U*>(out)[at] = FromNumber<U>(number);
}

}  // namespace

Status FillBinomial(RunContext& c, const Philox& generator, const Tensor& counts, const Tensor& probs, Tensor& out) {
  if (out.num_elements() == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(const Shape each, BroadcastShapes(counts.shape(), probs.shape()));
  const int64_t parameters = each.num_elements(), samples = out.num_elements() / parameters;
  decltype(&DrawOne<double>) draw = nullptr;
  decltype(&StoreOne<double>) store = nullptr;
  VisitType<float, double, Half>(counts.dtype(), [&](auto tag) { draw = DrawOne<typename decltype(tag)::Type>; });
  VisitType<float, double, Half, int32_t, int64_t>(out.dtype(),
                                                   [&](auto tag) { store = StoreOne<typename decltype(tag)::Type>; });
  c.ParallelFor(out.num_elements(), 1 << 8, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end && !c.stop().stopped(); ++i) {
      const int64_t which = i / samples;
      const int64_t count = BroadcastIndex(counts.shape(), each, which);
      const int64_t prob = BroadcastIndex(probs.shape(), each, which);
      store(out.raw(), i % samples * parameters + which,
            draw(counts.raw(), count, probs.raw(), prob, c.stop(), generator, i));
    }
  });
  return Status();
}

namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  if (c.shape(1).complete() && c.shape(1)[0] != 2) return InvalidArgument("seed: want 2 elements, got ", c.shape(1)[0]);
  RIVULET_ASSIGN_OR_RETURN(const Shape parameters, BroadcastShapes(c.shape(2), c.shape(3)));
  return InferEndsWith(c, 0, parameters, true);
}

Status Run(RunContext& c) { return FillBinomial(c, StatelessStream(c.input(1)), c.input(2), c.input(3), c.output(0)); }

constexpr OpDef kDefs[] = {
    {.name = "StatelessRandomBinomial",
     .inputs = "shape:S, seed:Tseed, counts:T, probs:T",
     .outputs = "output:dtype",
     .attrs = "S:type in {i32,i64}; Tseed:type=i64 in {i32,i64}; T:type=f64 in {f16,f32,f64}; "
              "dtype:type=i64 in {f16,f32,f64,i32,i64}",
     .infer = Infer,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(RandomBinomial, kDefs);

}  // namespace rivulet
