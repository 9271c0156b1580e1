// RandomGamma, StatelessRandomGammaV2 and V3: numbers of the gamma distribution with scale 1.
//
//   RandomGamma: shape [k], alpha of T -> shape + alpha's shape;  Stateless: shape (ending with alpha's), seed [2] or
//   key [1], counter [2 or more] and alg, alpha -> shape
//
// Marsaglia and Tsang, "A simple method for generating gamma variables", 2000: for alpha >= 1, d = alpha - 1/3 and
// v = (1 + x / (3 sqrt d))^3 with a normal x, d v is accepted with a uniform u below exp(x^2/2 + d - d v + d log v).
// For alpha < 1 it is drawn for alpha + 1 and multiplied by u^(1/alpha). TensorFlow's numbers; an alpha for which its
// loop has no end (NaN, or below -2/3) gives NaN.
#include <cmath>
#include <limits>

#include "engine/ops/random_rejection.h"
#include "engine/ops/widen.h"

namespace rivulet {
namespace {

double DrawGamma(double alpha, Philox stream) {
  UniformBackwards<double> uniform(stream);
  if (alpha == 1) return -std::log1p(-uniform.Next());
  NormalBackwards normal(stream);
  const bool small = alpha < 1;
  const double d = alpha + (small ? 2.0 / 3 : -1.0 / 3);
  const double c = 1.0 / 3 / std::sqrt(d);
  if (!(c >= 0)) return std::numeric_limits<double>::quiet_NaN();
  for (;;) {
    const double x = normal.Next();
    double v = 1 + c * x;
    if (v <= 0) continue;
    v = v * v * v;
    const double u = uniform.Next();
    // The first comparison decides most cases without logarithms.
    if (u < 1 - 0.0331 * (x * x) * (x * x) || std::log(u) < 0.5 * x * x + d * (1 - v + std::log(v))) {
      return small ? d * v * std::pow(uniform.Next(), 1 / alpha) : d * v;
    }
    if (!(d < std::numeric_limits<double>::infinity())) return std::numeric_limits<double>::infinity();
  }
}

Status Fill(RunContext& c, const Tensor& alpha, const Philox& generator) {
  Tensor& out = c.output(0);
  if (out.num_elements() == 0) return Status();
  const int64_t alphas = alpha.num_elements(), samples = out.num_elements() / alphas;
  VisitLoops<kWidenFloats, float, double, Half>(out.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::Type;
    c.ParallelFor(out.num_elements(), 1 << 8, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end && !c.stop().stopped(); ++i) {
        // Samples of one alpha are drawn one after the other and lie apart.
        const double a = static_cast<double>(Widen(static_cast<const T*>(alpha.raw())[i / samples]));
        static_cast<T*>(out.raw())[i % samples * alphas + i / samples] =
            T(static_cast<Wide<T>>(DrawGamma(a, StreamOfOutput(generator, i))));
      }
    });
  });
  return Status();
}

Status Infer(InferContext& c) { return InferSamplesOfEach(c, 0, 1); }

Status InferStateless(InferContext& c) {
  const bool keyed = c.num_inputs() == 5;
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  const int64_t want = keyed ? 1 : 2;
  if (c.shape(1).complete() && c.shape(1)[0] != want) {
    return InvalidArgument(keyed ? "key" : "seed", ": want ", want, " elements, got ", c.shape(1)[0]);
  }
  if (keyed) {
    RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
    if (c.shape(2).complete() && c.shape(2)[0] < 2) {
      return InvalidArgument("counter: want at least 2 elements, got ", c.shape(2)[0]);
    }
    RIVULET_RETURN_IF_ERROR(c.WantScalar(3));
  }
  return InferEndsWith(c, 0, c.shape(keyed ? 4 : 2), false);
}

Status Run(RunContext& c) {
  const auto count = static_cast<uint64_t>(c.output(0).num_elements());
  if (count == 0) return Status();
  return Fill(c, c.input(1), TakeStream(c, c.state<SeedState>(), count * kBlocksAnOutput));
}

Status RunSeeded(RunContext& c) { return Fill(c, c.input(2), StatelessStream(c.input(1))); }

Status RunKeyed(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Philox generator, KeyedStream(c.input(1), c.input(2), c.input(3)));
  return Fill(c, c.input(4), generator);
}

constexpr OpDef kDefs[] = {
    {.name = "RandomGamma",
     .inputs = "shape:S, alpha:T",
     .outputs = "output:T",
     .attrs = "seed:int=0; seed2:int=0; S:type in {i32,i64}; T:type in {f16,f32,f64}",
     .infer = Infer,
     .prepare = PrepareSeeds,
     .run = kWidened<Run, kWidenFloats, SeedState>,
     .flags = kStateful},
    {.name = "StatelessRandomGammaV2",
     .inputs = "shape:T, seed:Tseed, alpha:dtype",
     .outputs = "output:dtype",
     .attrs = "dtype:type in {f16,f32,f64}; T:type in {i32,i64}; Tseed:type=i64 in {i32,i64}",
     .infer = InferStateless,
     .run = kWidened<RunSeeded, kWidenFloats>},
    {.name = "StatelessRandomGammaV3",
     .inputs = "shape:shape_dtype, key:u64, counter:u64, alg:i32, alpha:dtype",
     .outputs = "output:dtype",
     .attrs = "dtype:type in {f16,f32,f64}; shape_dtype:type=i32 in {i32,i64}",
     .infer = InferStateless,
     .run = kWidened<RunKeyed, kWidenFloats>},
};

}  // namespace

RIVULET_OP_LIST(RandomGamma, kDefs);

}  // namespace rivulet
