// QuantizedMaxPool, QuantizedAvgPool, _QuantizedMaxPool3D: pools of codes, which keep the range. Means are cut to whole
// codes towards 0.
//
//   input [batch, height, width, channels] of T, min_input, max_input -> output of T, min, max
//
// Over three dimensions the channels may come first, and the range's ends in any order.
#include <optional>

#include "engine/kernels/int8_codes_pool.h"
#include "engine/ops/pool_shape.h"
#include "engine/ops/quantized.h"
#include "engine/ops/staging.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c, int rank) {
  RIVULET_RETURN_IF_ERROR(WantScalars(c, 1, 2));
  RIVULET_ASSIGN_OR_RETURN(const PoolSpec spec, ParsePoolSpec(c.attrs(), rank, false));
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, PoolSizesOf(spec, c.shape(0)));
  for (size_t i = 0; i < 3; ++i) {
    if (spec.window.padding == Padding::kValid && sizes.in[i] >= 0 && sizes.k[i] > sizes.in[i]) {
      return InvalidArgument("a window of ", sizes.k[i], " is larger than the input of ", sizes.in[i]);
    }
  }
  SetQuantizedOutputs(c, OutputShape(spec.window, sizes));
  return Status();
}

struct State : OpState {
  PoolSpec spec;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, int rank) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->spec, ParsePoolSpec(c.attrs(), rank, false));
  return std::unique_ptr<OpState>(std::move(state));
}

// One pixel of the output, at `place` of an image, whose codes are in `image`.
using PoolPixel = void (*)(const ConvSizes& s, const void* image, int64_t place, void* to);

// Of codes of one byte.
void ForPixels(RunContext& c, const ConvSizes& s, PoolPixel pool, const void* in, void* out) {
  const int64_t channels = s.in_c;
  c.ParallelFor(s.batch * s.out_pixels(), ConvGrain(WindowWork(s) * static_cast<double>(channels)),
                [&](int64_t begin, int64_t end) {
                  for (int64_t pixel = begin; pixel < end; ++pixel) {
                    pool(s, static_cast<const char*>(in) + pixel / s.out_pixels() * s.in_pixels() * channels,
                         pixel % s.out_pixels(), static_cast<char*>(out) + pixel * channels);
                  }
                });
}

template <typename T>
void MaxOfPixel(const ConvSizes& s, const void* image, int64_t place, void* out) {
  T* to = static_cast<T*>(out);
  std::fill_n(to, s.in_c, std::numeric_limits<T>::lowest());
  ForWindow(s, place, [&](int64_t tap) {
    const T* from = static_cast<const T*>(image) + tap * s.in_c;
    for (int64_t i = 0; i < s.in_c; ++i) to[i] = std::max(to[i], from[i]);
  });
}

template <typename T>
void MeanOfPixel(const ConvSizes& s, const void* image, int64_t place, void* out) {
  const int64_t channels = s.in_c, count = std::max<int64_t>(WindowCount(s, place), 1);
  constexpr int64_t kBlock = 64;
  for (int64_t first = 0; first < channels; first += kBlock) {
    const int64_t n = std::min(kBlock, channels - first);
    int64_t sums[kBlock];
    std::fill_n(sums, n, 0);
    ForWindow(s, place, [&](int64_t tap) {
      const T* from = static_cast<const T*>(image) + tap * channels + first;
      for (int64_t i = 0; i < n; ++i) sums[i] += from[i];
    });
    for (int64_t i = 0; i < n; ++i) static_cast<T*>(out)[first + i] = static_cast<T>(sums[i] / count);
  }
}

// Windows whose means of bytes single precision tells apart.
constexpr int64_t kMostOfMean = 4096;

// Means of bytes: with a half of a byte more the sum lies between two multiples of the count, so that the nearest of
// what is a half below is the quotient cut off.
void MeanOfBytes(const ConvSizes& s, const void* image, int64_t place, void* out) {
  const int64_t channels = s.in_c;
  constexpr int64_t kBlock = 1024;
  int32_t sums[kBlock];
  const auto part = 1.0f / static_cast<float>(std::max<int64_t>(WindowCount(s, place), 1));
  for (int64_t first = 0; first < channels; first += kBlock) {
    const int64_t n = std::min(kBlock, channels - first);
    std::fill_n(sums, n, 0);
    const uint8_t* from = static_cast<const uint8_t*>(image) + first;
    ForWindow(s, place, [&](int64_t tap) { AddPixels(from + tap * channels, 1, channels, n, sums); });
    CodesOfMeans(sums, n, part, part / 2 - 0.5f, 0, 255, static_cast<uint8_t*>(out) + first);
  }
}

// Hands the range on; the sizes, or nothing where there is nothing to pool.
Result<std::optional<ConvSizes>> Begin(RunContext& c) {
  const State& state = c.state<State>();
  Range range;
  const Status ordered = ReadRange(c, 1, 2, false, &range);
  if (state.spec.window.spatial_rank == 2) RIVULET_RETURN_IF_ERROR(ordered);
  WriteRange(c, 1, range);
  if (c.output(0).num_elements() == 0) return std::optional<ConvSizes>();
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, PoolSizesOf(state.spec, c.input(0).shape()));
  return std::optional<ConvSizes>(sizes);
}

Status RunMax(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::optional<ConvSizes> sizes, Begin(c));
  if (!sizes) return Status();
  const WindowSpec& window = c.state<State>().spec.window;
  ScratchPieces pieces;
  const StagedInput input(c.input(0), window.channels_last, pieces);
  const StagedOutput output(c.output(0), window.channels_last, pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  const void* in = input.Fill(c, pieces);
  void* out = output.data(pieces);
  if (c.output(0).dtype() == DType::kQint8) {
    ForPixels(c, *sizes, MaxOfPixel<int8_t>, in, out);
  } else if (window.spatial_rank == 2) {
    MaxPoolBytes(static_cast<const uint8_t*>(in), ToPoolGeometry(*sizes), static_cast<uint8_t*>(out), c.pool(),
                 c.stop());
  } else {
    ForPixels(c, *sizes, MaxOfPixel<uint8_t>, in, out);
  }
  output.Finish(c, pieces);
  return Status();
}

Status RunAverage(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::optional<ConvSizes> sizes, Begin(c));
  if (!sizes) return Status();
  const bool is_bytes = c.output(0).dtype() == DType::kQuint8;
  const PoolPixel pool = !is_bytes                                  ? MeanOfPixel<int8_t>
                         : sizes->k[1] * sizes->k[2] <= kMostOfMean ? MeanOfBytes
                                                                    : MeanOfPixel<uint8_t>;
  ForPixels(c, *sizes, pool, c.input(0).raw(), c.output(0).raw());
  return Status();
}

#define RIVULET_ATTRS "T:type in {qi8,qu8}; ksize:list(int); strides:list(int); padding:string in {SAME,VALID}"

constexpr OpDef kDefs[] = {
    {.name = "QuantizedMaxPool",
     .inputs = "input:T, min_input:f32, max_input:f32",
     .outputs = "output:T, min_output:f32, max_output:f32",
     .attrs = RIVULET_ATTRS,
     .infer = With<Infer, 2>,
     .prepare = With<Prepare, 2>,
     .run = RunMax},
    {.name = "QuantizedAvgPool",
     .inputs = "input:T, min_input:f32, max_input:f32",
     .outputs = "output:T, min_output:f32, max_output:f32",
     .attrs = RIVULET_ATTRS,
     .infer = With<Infer, 2>,
     .prepare = With<Prepare, 2>,
     .run = RunAverage},
    {.name = "_QuantizedMaxPool3D",
     .inputs = "input:T, min_input:f32, max_input:f32",
     .outputs = "output:T, min_output:f32, max_output:f32",
     .attrs = "T:type in {qi8,qu8}; ksize:list(int) >=5; strides:list(int) >=5; padding:string in {SAME,VALID}; "
              "data_format:string=\"NDHWC\" in {NDHWC,NCDHW}",
     .infer = With<Infer, 3>,
     .prepare = With<Prepare, 3>,
     .run = RunMax},
};

}  // namespace

RIVULET_OP_LIST(QuantizedPool, kDefs);

}  // namespace rivulet
