// ParameterizedTruncatedNormal, StatelessParameterizedTruncatedNormal: normal numbers of any mean and deviation within
// any bounds.
//
//   Parameterized: shape [k] -> shape; means, stdevs, minvals, maxvals are scalars, or have one element for each row.
//   Stateless: shape (ending with the shape the parameters broadcast to), seed [2]
//
// Normalised to mean 0 and deviation 1, with the bounds mirrored where that makes them positive, a number is drawn by
// rejection: from the normal distribution where the bounds leave most of it, from a uniform one where they are close to
// each other, else from an exponential one (Robert, "Simulation of truncated normal variables", 1995). TensorFlow's
// numbers as it computes them in one thread.
#include <cmath>
#include <limits>
#include <utility>

#include "engine/graph/shape_math.h"
#include "engine/ops/random_fill.h"
#include "engine/ops/random_rejection.h"

namespace rivulet {
namespace {

constexpr int kMaxTries = 1000;

// The elements of one block, as numbers of T.
template <typename T>
inline constexpr int kPerBlock = sizeof(T) == 8 ? 2 : 4;

template <typename T>
void Uniforms(Philox& stream, T* out) {
  const Philox::Block b = stream.Next();
  if constexpr (std::is_same_v<T, double>) {
    out[0] = UniformDouble(b[0], b[1]);
    out[1] = UniformDouble(b[2], b[3]);
  } else {
    for (size_t i = 0; i < 4; ++i) {
      if constexpr (std::is_same_v<T, Half>) {
        out[i] = UniformHalf(b[i]);
      } else {
        out[i] = UniformFloat(b[i]);
      }
    }
  }
}

template <typename T>
void Normals(Philox& stream, T* out) {
  const Philox::Block b = stream.Next();
  if constexpr (std::is_same_v<T, double>) {
    const auto pair = NormalDoubles(b[0], b[1], b[2], b[3]);
    out[0] = pair[0];
    out[1] = pair[1];
  } else {
    const auto first = NormalFloats(b[0], b[1]), second = NormalFloats(b[2], b[3]);
    const float all[4] = {first[0], first[1], second[0], second[1]};
    for (int i = 0; i < 4; ++i) out[i] = T(all[i]);
  }
}

// Arithmetic in T with every step rounded, so that float16 takes TensorFlow's branches.
template <typename T>
struct Rounded {
  T v;
  explicit Rounded(T x) : v(x) {}
  static Rounded Of(double x) { return Rounded(T(static_cast<Wide<T>>(x))); }
  Wide<T> wide() const { return Widen(v); }
  friend Rounded operator+(Rounded a, Rounded b) { return Rounded(Plus(a.v, b.v)); }
  friend Rounded operator-(Rounded a, Rounded b) { return Rounded(Minus(a.v, b.v)); }
  friend Rounded operator*(Rounded a, Rounded b) { return Rounded(Product(a.v, b.v)); }
  friend Rounded operator/(Rounded a, Rounded b) { return Rounded(T(a.wide() / b.wide())); }
  friend Rounded operator-(Rounded a) { return Rounded(T(-a.wide())); }
  friend bool operator<(Rounded a, Rounded b) { return a.wide() < b.wide(); }
  friend bool operator<=(Rounded a, Rounded b) { return a.wide() <= b.wide(); }
};
template <typename T>
Rounded<T> Exp(Rounded<T> x) {
  return Rounded<T>(T(std::exp(x.wide())));
}
template <typename T>
Rounded<T> Log(Rounded<T> x) {
  return Rounded<T>(T(std::log(x.wide())));
}
template <typename T>
Rounded<T> Sqrt(Rounded<T> x) {
  return Rounded<T>(T(std::sqrt(x.wide())));
}

// Draws `count` numbers into out[0], out[stride], ...
template <typename T>
Status DrawBounded(T mean_value, T deviation_value, T low_value, T high_value, Philox& stream, const StopToken& stop,
                   int64_t count, int64_t stride, T* out) {
  using R = Rounded<T>;
  R mean(mean_value), deviation(deviation_value), low(low_value), high(high_value);
  if (!(deviation.wide() > 0 && low < high && (std::isfinite(low.wide()) || std::isfinite(high.wide())))) {
    return InvalidArgument("want deviations above 0 and bounds in order of which one is finite, got a deviation of ",
                           static_cast<float>(deviation.wide()), " and bounds ", static_cast<float>(low.wide()),
                           " and ", static_cast<float>(high.wide()));
  }
  if ((std::isinf(low.wide()) && low.wide() < 0) || high < mean) {
    std::swap(low, high);
    deviation = -deviation;
  }
  const R from = (low - mean) / deviation;
  const R to = (high - mean) / deviation;
  const R factor = Sqrt(from * from + R::Of(4.0));
  const R cutoff = R::Of(2.0) * Exp(R::Of(0.5) + (from * (from - factor)) / R::Of(4.0)) / (from + factor);
  const R range = to - from;
  constexpr int kSize = kPerBlock<T>;
  const R most = R::Of(1.3);
  int tries = 0;
  int64_t done = 0;
  const auto take = [&](R z) {
    out[done++ * stride] = (z * deviation + mean).v;
    tries = 0;
    return done == count;
  };
  const Status failed = InvalidArgument("the bounds leave too little of the distribution to draw from");
  T numbers[kSize], others[kSize];
  if ((from < -most && to.wide() >= 0) || (most < to && from.wide() <= 0)) {
    while (done < count && !stop.stopped()) {
      Normals(stream, numbers);
      for (const T number : numbers) {
        if (from <= R(number) && R(number) <= to) {
          if (take(R(number))) break;
        } else if (++tries > kMaxTries) {
          return failed;
        }
      }
    }
  } else if (range < cutoff) {
    const R plus = from.wide() < 0 ? R::Of(0.0) : from * from;
    while (done < count && !stop.stopped()) {
      Uniforms(stream, numbers);
      Uniforms(stream, others);
      for (int i = 0; i < kSize; ++i) {
        const R z = R(numbers[i]) * range + from;
        if (R(others[i]) <= Exp((plus - z * z) / R::Of(2.0))) {
          if (take(z)) break;
        } else if (++tries >= kMaxTries) {
          return failed;
        }
      }
    }
  } else {
    const R alpha = (from + factor) / R::Of(2.0);
    while (done < count && !stop.stopped()) {
      Uniforms(stream, numbers);
      for (int i = 0; i < kSize; i += 2) {
        const R z = -Log(R(numbers[i])) / alpha + from;
        const R x = from < alpha ? alpha - z : from - alpha;
        if (R(numbers[i + 1]) <= Exp(-x * x / R::Of(2.0)) && z < to) {
          if (take(z)) break;
        } else if (++tries >= kMaxTries) {
          return failed;
        }
      }
    }
  }
  return Status();
}

// ---- ParameterizedTruncatedNormal ----

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 1));
  if (c.shape(0).complete() && c.shape(0)[0] == 0) return InvalidArgument("shape: want at least one dim, got none");
  RIVULET_ASSIGN_OR_RETURN(Shape out, ShapeFromInput(c, 0));
  static constexpr const char* kNames[] = {"means", "stdevs", "minvals", "maxvals"};
  bool one_each = true;
  for (int i = 1; i < 5; ++i) {
    const Shape& shape = c.shape(i);
    if (shape.has_rank() && shape.rank() > 1) {
      return InvalidArgument(kNames[i - 1], ": want a scalar or a vector, got ", shape);
    }
    one_each = one_each && shape.complete() && (shape.rank() == 0 || shape[0] == 1);
  }
  for (int i = 1; i < 5 && !one_each; ++i) {
    const Shape& shape = c.shape(i);
    if (shape.complete() && shape.rank() == 1 && shape[0] != 1 && out.complete() && shape[0] != out[0]) {
      return InvalidArgument(kNames[i - 1], ": want 1 element or ", out[0], ", got ", shape[0]);
    }
  }
  c.set_output(0, std::move(out));
  return Status();
}

template <typename T>
Status FillRows(RunContext& c, Tensor& out) {
  // With one distribution for all, TensorFlow cuts the whole into batches of 100; each starts with a fresh block. It
  // takes bounds of rank 1 for one of each row even where they have one element.
  bool one_each = c.input(3).rank() == 0 && c.input(4).rank() == 0;
  for (int i = 1; i < 3; ++i) one_each = one_each && c.input(i).num_elements() == 1;
  const int64_t count = out.num_elements();
  const int64_t rows = one_each ? (count + 99) / 100 : out.dim(0);
  const int64_t size = one_each ? 100 : count / std::max<int64_t>(out.dim(0), 1);
  Philox stream = TakeStream(c, c.state<SeedState>(), static_cast<uint64_t>(rows * 2 * kMaxTries * (size + 3) / 4));
  const auto parameter = [&](int i, int64_t row) {
    return static_cast<const T*>(c.input(i).raw())[c.input(i).num_elements() == 1 ? 0 : row];
  };
  for (int64_t row = 0; row < rows && !c.stop().stopped(); ++row) {
    const int64_t begin = row * size, end = std::min(begin + size, count);
    RIVULET_RETURN_IF_ERROR(DrawBounded<T>(parameter(1, row), parameter(2, row), parameter(3, row), parameter(4, row),
                                           stream, c.stop(), end - begin, 1, static_cast<T*>(out.raw()) + begin));
  }
  return Status();
}

Status Run(RunContext& c) {
  Tensor& out = c.output(0);
  if (out.num_elements() == 0) return Status();
  switch (out.dtype()) {
    case DType::kDouble: return FillRows<double>(c, out);
    case DType::kHalf: return FillRows<Half>(c, out);
    default: return FillRows<float>(c, out);
  }
}

// ---- StatelessParameterizedTruncatedNormal ----

Status InferStateless(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  if (c.shape(1).complete() && c.shape(1)[0] != 2) return InvalidArgument("seed: want 2 elements, got ", c.shape(1)[0]);
  Shape parameters = c.shape(2);
  for (int i = 3; i < 6; ++i) {
    RIVULET_ASSIGN_OR_RETURN(parameters, BroadcastShapes(parameters, c.shape(i)));
  }
  return InferEndsWith(c, 0, parameters, true);
}

template <typename T>
Status FillStateless(RunContext& c, Tensor& out) {
  Shape each = c.input(2).shape();
  for (int i = 3; i < 6; ++i) {
    RIVULET_ASSIGN_OR_RETURN(each, BroadcastShapes(each, c.input(i).shape()));
  }
  const int64_t parameters = each.num_elements(), samples = out.num_elements() / parameters;
  Philox stream = StatelessStream(c.input(1));
  const auto parameter = [&](int i, int64_t which) {
    return static_cast<const T*>(c.input(i).raw())[BroadcastIndex(c.input(i).shape(), each, which)];
  };
  for (int64_t which = 0; which < parameters && !c.stop().stopped(); ++which) {
    RIVULET_RETURN_IF_ERROR(DrawBounded<T>(parameter(2, which), parameter(3, which), parameter(4, which),
                                           parameter(5, which), stream, c.stop(), samples, parameters,
                                           static_cast<T*>(out.raw()) + which));
  }
  return Status();
}

Status RunStateless(RunContext& c) {
  Tensor& out = c.output(0);
  if (out.num_elements() == 0) return Status();
  switch (out.dtype()) {
    case DType::kDouble: return FillStateless<double>(c, out);
    case DType::kHalf: return FillStateless<Half>(c, out);
    default: return FillStateless<float>(c, out);
  }
}

constexpr OpDef kDefs[] = {
    {.name = "ParameterizedTruncatedNormal",
     .inputs = "shape:T, means:dtype, stdevs:dtype, minvals:dtype, maxvals:dtype",
     .outputs = "output:dtype",
     .attrs = "seed:int=0; seed2:int=0; dtype:type in {f16,f32,f64}; T:type in {i32,i64}",
     .infer = Infer,
     .prepare = PrepareSeeds,
     .run = Run,
     .flags = kStateful},
    {.name = "StatelessParameterizedTruncatedNormal",
     .inputs = "shape:S, seed:Tseed, means:dtype, stddevs:dtype, minvals:dtype, maxvals:dtype",
     .outputs = "output:dtype",
     .attrs = "S:type in {i32,i64}; Tseed:type=i64 in {i32,i64}; dtype:type in {f16,f32,f64}",
     .infer = InferStateless,
     .run = RunStateless},
};

}  // namespace

RIVULET_OP_LIST(RandomBoundedNormal, kDefs);

}  // namespace rivulet
