// FractionalMaxPool, FractionalAvgPool: pools whose windows are one of two neighbouring sizes, so that an extent
// shrinks by a fraction (Graham, "Fractional max-pooling", 2014).
//
//   value [batch, height, width, channels], pooling_ratio [1, r, s, 1] with 1 <= r, s
//   -> output [batch, floor(height / r), floor(width / s), channels], and where the windows start, with the end: one
//   more number than there are windows
//
// The starts come from TensorFlow's random stream of the seeds: sizes in random order, or with pseudo_random the steps
// of ceil(alpha (i + u)). With `deterministic` every run of a session draws the same; only then may there be seeds.
// With `overlapping` a window takes the first row and column of the next. Sums of integers wrap around, their means are
// cut towards 0.
#include <cmath>
#include <random>

#include "engine/kernels/philox.h"
#include "engine/ops/conv_shape.h"
#include "engine/ops/fractional_pool.h"
#include "engine/ops/number.h"
#include "engine/ops/rows.h"
#include "engine/ops/widen.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

struct State : OpState {
  std::array<float, 2> ratio = {1, 1};
  bool pseudo_random = false;
  bool overlapping = false;
  bool deterministic = false;
  uint64_t seed = 0;
  uint64_t seed2 = 0;
};

using Starts = std::array<std::vector<int64_t>, 2>;  // of rows and columns

Philox FromSystem() {
  std::random_device device;
  const uint64_t seed = Philox::Join(device(), device());
  return Philox::FromSeeds(seed, Philox::Join(device(), device()));
}

// Where the runs of a session start that are deterministic without seeds.
struct Beginning : Persistent {
  const Philox generator = FromSystem();
};

int64_t OutputExtent(int64_t extent, float ratio) {
  return extent < 0 ? -1 : static_cast<int64_t>(std::floor(static_cast<float>(extent) / ratio));
}

Status Infer(InferContext& c) {
  const std::vector<float> ratio = c.attrs().Floats("pooling_ratio");
  if (ratio.size() != 4) {
    return InvalidArgument("attr 'pooling_ratio': want 4 numbers, got ", static_cast<int64_t>(ratio.size()));
  }
  if (ratio[0] != 1 || ratio[3] != 1) {
    return Unimplemented("attr 'pooling_ratio': want 1 for batch and channels, got ", ratio[0], " and ", ratio[3]);
  }
  for (const float r : ratio) {
    if (!(r >= 1 && r <= static_cast<float>(kMaxExtent))) {
      return InvalidArgument("attr 'pooling_ratio': want [1, ", kMaxExtent, "], got ", r);
    }
  }
  if (!c.attrs().Bool("deterministic") && (c.attrs().Int("seed") != 0 || c.attrs().Int("seed2") != 0)) {
    return InvalidArgument("attrs 'seed' and 'seed2': want 0 where 'deterministic' is not set, got ",
                           c.attrs().Int("seed"), " and ", c.attrs().Int("seed2"));
  }
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 4));
  Shape out = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(4);
  for (int i = 0; i < 4; ++i) {
    const float r = ratio[static_cast<size_t>(i)];
    if (out[i] < 0) continue;
    if (out[i] > kMaxExtent || static_cast<float>(out[i]) < r) {
      return InvalidArgument("dim ", i, " of shape ", out, ": want [", r, ", ", kMaxExtent, "]");
    }
    out.set_dim(i, OutputExtent(out[i], r));
  }
  c.set_output(0, out);
  for (int i = 1; i < 3; ++i) c.set_output(i, {out[i] < 0 ? Shape::kUnknownDim : out[i] + 1});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  const std::vector<float> ratio = c.attrs().Floats("pooling_ratio");
  state->ratio = {ratio[1], ratio[2]};
  state->pseudo_random = c.attrs().Bool("pseudo_random");
  state->overlapping = c.attrs().Bool("overlapping");
  state->deterministic = c.attrs().Bool("deterministic");
  state->seed = static_cast<uint64_t>(c.attrs().Int("seed"));
  state->seed2 = static_cast<uint64_t>(c.attrs().Int("seed2"));
  return std::unique_ptr<OpState>(std::move(state));
}

// Both draw whole blocks, of four words, from the stream.
std::vector<int64_t> PseudoRandomStarts(int64_t in, int64_t out, Philox* stream) {
  const double alpha = static_cast<double>(in) / static_cast<double>(out);
  const int64_t k = in / out;
  // With a larger u the first window would be more than k + 1 wide, or the last less than k.
  const double most = std::min(static_cast<double>(k + 2) / alpha - 1,
                               static_cast<double>(in + 1 - k) / alpha - static_cast<double>(out - 1));
  PhiloxWords words(*stream);
  stream->Skip(1);
  const uint64_t high = words.Next() & 0xfffff;
  const uint64_t mantissa = high << 32 | words.Next();
  const double u = (BitCast<double>(uint64_t{1023} << 52 | mantissa) - 1.0) * most;
  std::vector<int64_t> starts(static_cast<size_t>(out + 1), 0);
  for (int64_t i = 1; i < out; ++i) {
    const auto at = static_cast<int64_t>(std::ceil(alpha * (static_cast<double>(i) + u))) - 1;
    starts[static_cast<size_t>(i)] = std::clamp(at, starts[static_cast<size_t>(i - 1)], in);
  }
  starts[static_cast<size_t>(out)] = in;
  return starts;
}

std::vector<int64_t> ShuffledStarts(int64_t in, int64_t out, Philox* stream) {
  std::vector<int64_t> sizes(static_cast<size_t>(out), in / out);
  for (int64_t i = 0; i < in % out; ++i) ++sizes[static_cast<size_t>(i)];
  PhiloxWords words(*stream);
  stream->Skip(static_cast<uint64_t>((out + 3) / 4));
  for (int64_t i = 0; i + 1 < out; ++i) {
    const int64_t j = i + static_cast<int64_t>(words.Next() % static_cast<uint32_t>(out - i));
    std::swap(sizes[static_cast<size_t>(i)], sizes[static_cast<size_t>(j)]);
  }
  std::vector<int64_t> starts(1, 0);
  for (const int64_t size : sizes) starts.push_back(starts.back() + size);
  return starts;
}

Starts DrawStarts(RunContext& c, const Tensor& in, const Tensor& out) {
  const auto& state = c.state<State>();
  const bool seeded = state.seed != 0 || state.seed2 != 0;
  Philox stream = seeded                                             ? Philox::FromSeeds(state.seed, state.seed2)
                  : state.deterministic && c.persistent() != nullptr ? c.persistent()->Get<Beginning>().generator
                                                                     : FromSystem();
  Starts starts;
  for (int i = 0; i < 2; ++i) {
    const auto draw = state.pseudo_random ? PseudoRandomStarts : ShuffledStarts;
    starts[static_cast<size_t>(i)] = draw(in.dim(i + 1), out.dim(i + 1), &stream);
  }
  return starts;
}

// What the windows of one image have alike; strides are in elements.
struct Pooled {
  int64_t row;
  int64_t channels;
};

// The pixel of a window, whose first element is at `corner`.
using PoolWindow = void (*)(const Pooled& image, const void* corner, int64_t height, int64_t width, void* pixel);

template <typename T>
void MaxOfWindow(const Pooled& image, const void* corner, int64_t height, int64_t width, void* pixel) {
  T* best = static_cast<T*>(pixel);
  std::fill_n(best, image.channels, std::numeric_limits<T>::lowest());
  for (int64_t h = 0; h < height; ++h) {
    const T* from = static_cast<const T*>(corner) + h * image.row;
    for (int64_t w = 0; w < width; ++w, from += image.channels) {
      for (int64_t k = 0; k < image.channels; ++k) best[k] = best[k] < from[k] ? from[k] : best[k];
    }
  }
}

template <typename T>
void MeanOfWindow(const Pooled& image, const void* corner, int64_t height, int64_t width, void* pixel) {
  T* sum = static_cast<T*>(pixel);
  std::fill_n(sum, image.channels, T{0});
  for (int64_t h = 0; h < height; ++h) {
    const T* from = static_cast<const T*>(corner) + h * image.row;
    for (int64_t w = 0; w < width; ++w, from += image.channels) {
      for (int64_t k = 0; k < image.channels; ++k) sum[k] = Plus(sum[k], from[k]);
    }
  }
  for (int64_t k = 0; k < image.channels; ++k) sum[k] /= static_cast<T>(height * width);
}

void Pool(RunContext& c, const Starts& starts, PoolWindow pool) {
  const bool overlapping = c.state<State>().overlapping;
  const Tensor& in = c.input(0);
  Tensor& out = c.output(0);
  const int64_t rows = in.dim(1), columns = in.dim(2), channels = in.dim(3);
  const int64_t out_rows = out.dim(1), out_columns = out.dim(2);
  const Pooled image{columns * channels, channels};
  c.ParallelFor(in.dim(0) * out_rows, std::max<int64_t>((1 << 14) / (out_columns * channels), 1),
                [&](int64_t begin, int64_t end) {
                  for (int64_t i = begin; i < end; ++i) {
                    const FractionalWindow y = WindowAt(starts[0].data(), i % out_rows, overlapping, rows);
                    for (int64_t j = 0; j < out_columns; ++j) {
                      const FractionalWindow x = WindowAt(starts[1].data(), j, overlapping, columns);
                      const int64_t corner = ((i / out_rows * rows + y.begin) * columns + x.begin) * channels;
                      pool(image, ElementAt(in.raw(), in.dtype(), corner), y.end - y.begin, x.end - x.begin,
                           ElementAt(out.raw(), out.dtype(), (i * out_columns + j) * channels));
                    }
                  }
                });
}

constexpr uint32_t kWidenMax = kWidenFloats | kWidenInts;
// Sums of integers that wrap around are divided.
constexpr uint32_t kWidenMean = kWidenFloats;

Status Run(RunContext& c, bool max) {
  const Starts starts = DrawStarts(c, c.input(0), c.output(0));
  for (int i = 0; i < 2; ++i) {
    const std::vector<int64_t>& list = starts[static_cast<size_t>(i)];
    std::copy(list.begin(), list.end(), c.output(i + 1).data<int64_t>());
  }
  const DType dtype = c.output(0).dtype();
  PoolWindow pool = nullptr;
  if (max) {
    VisitLoops<kWidenMax, float, double, int32_t, int64_t>(
        dtype, [&](auto tag) { pool = MaxOfWindow<typename decltype(tag)::Type>; });
  } else {
    VisitLoops<kWidenMean, float, double, int32_t, int64_t>(
        dtype, [&](auto tag) { pool = MeanOfWindow<typename decltype(tag)::Type>; });
  }
  if (pool != nullptr) Pool(c, starts, pool);
  return Status();
}

#define RIVULET_FORWARD                                                                           \
  .inputs = "value:T", .outputs = "output:T, row_pooling_sequence:i64, col_pooling_sequence:i64", \
  .attrs =                                                                                        \
      "pooling_ratio:list(float); pseudo_random:bool=false; overlapping:bool=false; "             \
      "deterministic:bool=false; seed:int=0; seed2:int=0; T:type in {f32,f64,i32,i64}",           \
  .infer = Infer, .prepare = Prepare

constexpr OpDef kDefs[] = {
    {.name = "FractionalMaxPool",
     RIVULET_FORWARD,
     .run = kWidened<With<Run, true>, kWidenMax, State>,
     .flags = kStateful},
    {.name = "FractionalAvgPool",
     RIVULET_FORWARD,
     .run = kWidened<With<Run, false>, kWidenMean, State>,
     .flags = kStateful},
};

}  // namespace

RIVULET_OP_LIST(FractionalPool, kDefs);

}  // namespace rivulet
