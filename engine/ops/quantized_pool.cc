// QuantizedMaxPool, QuantizedAvgPool: pools of codes, which keep the range. Means are cut to whole codes towards 0.
//
//   input [batch, height, width, channels] of T, min_input, max_input -> output of T, min, max
#include "engine/kernels/int8_codes_pool.h"
#include "engine/ops/pool_shape.h"
#include "engine/ops/quantized.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantOneElement(c, 1, 2));
  RIVULET_ASSIGN_OR_RETURN(const PoolSpec spec, ParsePoolSpec(c.attrs(), 2, false));
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, PoolSizesOf(spec, c.shape(0)));
  for (size_t i = 1; i < 3; ++i) {
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

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  RIVULET_ASSIGN_OR_RETURN(state->spec, ParsePoolSpec(c.attrs(), 2, false));
  return std::unique_ptr<OpState>(std::move(state));
}

template <typename T, bool kMax>
void Pool(RunContext& c, const ConvSizes& s) {
  const T* in = static_cast<const T*>(c.input(0).raw());
  T* out = static_cast<T*>(c.output(0).raw());
  const int64_t channels = s.in_c;
  c.ParallelFor(s.batch * s.out_pixels(), ConvGrain(WindowWork(s) * static_cast<double>(channels)),
                [&](int64_t begin, int64_t end) {
                  for (int64_t pixel = begin; pixel < end; ++pixel) {
                    const T* image = in + pixel / s.out_pixels() * s.in_pixels() * channels;
                    const int64_t place = pixel % s.out_pixels();
                    const int64_t count = std::max<int64_t>(WindowCount(s, place), 1);
                    constexpr int64_t kBlock = 64;
                    for (int64_t first = 0; first < channels; first += kBlock) {
                      const int64_t n = std::min(kBlock, channels - first);
                      int64_t values[kBlock];
                      std::fill_n(values, n, kMax ? int64_t{std::numeric_limits<T>::lowest()} : int64_t{0});
                      ForWindow(s, place, [&](int64_t tap) {
                        const T* from = image + tap * channels + first;
                        for (int64_t i = 0; i < n; ++i)
                          values[i] = kMax ? std::max<int64_t>(values[i], from[i]) : values[i] + from[i];
                      });
                      for (int64_t i = 0; i < n; ++i) {
                        out[pixel * channels + first + i] = static_cast<T>(kMax ? values[i] : values[i] / count);
                      }
                    }
                  }
                });
}

// Windows whose means of bytes single precision tells apart.
constexpr int64_t kMostOfMean = 4096;

// Means of bytes: with a half of a byte more the sum lies between two multiples of the count, so that the nearest of
// what is a half below is the quotient cut off.
void AveragePoolBytes(RunContext& c, const ConvSizes& s) {
  const auto* in = static_cast<const uint8_t*>(c.input(0).raw());
  auto* out = static_cast<uint8_t*>(c.output(0).raw());
  const int64_t channels = s.in_c;
  c.ParallelFor(s.batch * s.out_pixels(), ConvGrain(WindowWork(s) * static_cast<double>(channels)),
                [&](int64_t begin, int64_t end) {
                  constexpr int64_t kBlock = 1024;
                  int32_t sums[kBlock];
                  for (int64_t pixel = begin; pixel < end; ++pixel) {
                    const uint8_t* image = in + pixel / s.out_pixels() * s.in_pixels() * channels;
                    const int64_t place = pixel % s.out_pixels();
                    const auto part = 1.0f / static_cast<float>(std::max<int64_t>(WindowCount(s, place), 1));
                    for (int64_t first = 0; first < channels; first += kBlock) {
                      const int64_t n = std::min(kBlock, channels - first);
                      std::fill_n(sums, n, 0);
                      ForWindow(s, place,
                                [&](int64_t tap) { AddPixels(image + tap * channels + first, 1, channels, n, sums); });
                      CodesOfMeans(sums, n, part, part / 2 - 0.5f, 0, 255, out + pixel * channels + first);
                    }
                  }
                });
}

template <bool kMax>
Status Run(RunContext& c) {
  Range range;
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 1, 2, false, &range));
  WriteRange(c, 1, range);
  if (c.output(0).num_elements() == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, PoolSizesOf(c.state<State>().spec, c.input(0).shape()));
  if (kMax && c.output(0).dtype() == DType::kQuint8) {
    MaxPoolBytes(static_cast<const uint8_t*>(c.input(0).raw()), ToPoolGeometry(sizes),
                 static_cast<uint8_t*>(c.output(0).raw()), c.pool(), c.stop());
    return Status();
  }
  if (!kMax && c.output(0).dtype() == DType::kQuint8 && sizes.k[1] * sizes.k[2] <= kMostOfMean) {
    AveragePoolBytes(c, sizes);
    return Status();
  }
  c.output(0).dtype() == DType::kQuint8 ? Pool<uint8_t, kMax>(c, sizes) : Pool<int8_t, kMax>(c, sizes);
  return Status();
}

#define RIVULET_ATTRS "T:type in {qi8,qu8}; ksize:list(int); strides:list(int); padding:string in {SAME,VALID}"

constexpr OpDef kDefs[] = {
    {.name = "QuantizedMaxPool",
     .inputs = "input:T, min_input:f32, max_input:f32",
     .outputs = "output:T, min_output:f32, max_output:f32",
     .attrs = RIVULET_ATTRS,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run<true>},
    {.name = "QuantizedAvgPool",
     .inputs = "input:T, min_input:f32, max_input:f32",
     .outputs = "output:T, min_output:f32, max_output:f32",
     .attrs = RIVULET_ATTRS,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run<false>},
};

}  // namespace

RIVULET_OP_LIST(QuantizedPool, kDefs);

}  // namespace rivulet
