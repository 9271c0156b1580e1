// What stands between products of codes, made by passes: _Int8Quantize, _Int8Dequantize, _Int8Add, _Int8Lookup,
// _Int8AvgPool.
//
//   Quantize    code = the level of FakeQuantWithMinMax.. (fake_quant_steps.h), counted from the lowest
//   Dequantize  x = (code - zero) * step: with Quantize before it the same bits as FakeQuant, but for NaN
//   Add         code = a * factor_a + b * factor_b + add
//   Lookup      code = table[code]
//   AvgPool     code = (mean of the window's codes inside the input) * factor + add
//
// Codes of Add and AvgPool are within [low, high], rounded to even.
#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "engine/kernels/int8_codes.h"
#include "engine/kernels/int8_codes_pool.h"
#include "engine/ops/int8_steps.h"
#include "engine/ops/pool_shape.h"

namespace rivulet {
namespace {

struct QuantizeState : OpState {
  CodesOfFloats to;
};

Status InferSame(InferContext& c) {
  c.set_output(0, c.shape(0));
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareQuantize(PrepareContext& c) {
  auto state = std::make_unique<QuantizeState>();
  const AttrReader attrs = c.attrs();
  state->to = {.low = attrs.Float("low"),
               .high = attrs.Float("high"),
               .step = attrs.Float("step"),
               .steps_of_one = attrs.Float("steps_of_one"),
               .zero = static_cast<float>(attrs.Int("zero")),
               .divides = attrs.Bool("divides")};
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunQuantize(RunContext& c) {
  MakeCodes(c.input(0).data<float>(), c.output(0).num_elements(), c.state<QuantizeState>().to,
            c.output(0).data<uint8_t>(), c.pool(), c.stop());
  return Status();
}

struct DequantizeState : OpState {
  int32_t zero = 0;
  float step = 1;
};

Result<std::unique_ptr<OpState>> PrepareDequantize(PrepareContext& c) {
  auto state = std::make_unique<DequantizeState>();
  state->zero = static_cast<int32_t>(std::clamp<int64_t>(c.attrs().Int("zero"), 0, 255));
  state->step = c.attrs().Float("step");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunDequantize(RunContext& c) {
  const auto& state = c.state<DequantizeState>();
  FloatsOfCodes(c.input(0).data<uint8_t>(), c.output(0).num_elements(), state.zero, state.step,
                c.output(0).data<float>(), c.pool(), c.stop());
  return Status();
}

struct AddState : OpState {
  CodeAddition how;
};

Status InferAdd(InferContext& c) {
  auto merged = MergeShapes(c.shape(0), c.shape(1));
  if (!merged.ok()) return std::move(merged).status().Framed("codes to be added");
  c.set_output(0, *merged);
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareAdd(PrepareContext& c) {
  auto state = std::make_unique<AddState>();
  const AttrReader attrs = c.attrs();
  state->how = {attrs.Float("factor_a"), attrs.Float("factor_b"), attrs.Float("add"), attrs.Float("low"),
                attrs.Float("high")};
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunAdd(RunContext& c) {
  AddCodes(c.input(0).data<uint8_t>(), c.input(1).data<uint8_t>(), c.output(0).num_elements(), c.state<AddState>().how,
           c.output(0).data<uint8_t>(), c.pool(), c.stop());
  return Status();
}

Status InferLookup(InferContext& c) {
  if (c.shape(1) != Shape({256})) return InvalidArgument("table: want [256], got ", c.shape(1));
  return InferSame(c);
}

Status RunLookup(RunContext& c) {
  LookUpCodes(c.input(0).data<uint8_t>(), c.output(0).num_elements(), c.input(1).data<uint8_t>(),
              c.output(0).data<uint8_t>(), c.pool(), c.stop());
  return Status();
}

struct PoolState : OpState {
  PoolSpec spec;
  float factor = 1;
  float add = 0;
  float low = 0;
  float high = 255;
};

// A window's codes fit 32 bits.
constexpr int64_t kMostCodes = INT32_MAX / 255;

Status InferPool(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const PoolSpec spec, ParsePoolSpec(c.attrs(), 2, false));
  if (CheckedSize window = CheckedSize(spec.ksize[1]) * spec.ksize[2]; !window.valid() || window.value() > kMostCodes) {
    return InvalidArgument("attr 'ksize': want at most ", kMostCodes, " codes, got ", spec.ksize[1], " x ",
                           spec.ksize[2]);
  }
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, PoolSizesOf(spec, c.shape(0)));
  c.set_output(0, OutputShape(spec.window, sizes));
  return Status();
}

Result<std::unique_ptr<OpState>> PreparePool(PrepareContext& c) {
  auto state = std::make_unique<PoolState>();
  RIVULET_ASSIGN_OR_RETURN(state->spec, ParsePoolSpec(c.attrs(), 2, false));
  state->factor = c.attrs().Float("factor");
  state->add = c.attrs().Float("add");
  state->low = c.attrs().Float("low");
  state->high = c.attrs().Float("high");
  return std::unique_ptr<OpState>(std::move(state));
}

// Channels are taken so many at a time, so that their sums stay in a near cache.
constexpr int64_t kPooledChannels = 256;

void PoolChannels(const PoolState& state, const ConvSizes& s, const uint8_t* image, int64_t pixel, int64_t channel,
                  int64_t count, uint8_t* to) {
  int32_t sums[kPooledChannels];
  std::fill_n(sums, count, 0);
  const TapRange height = TapsOf(s, 1, pixel / s.out[2]), width = TapsOf(s, 2, pixel % s.out[2]);
  int64_t rows = height.end - height.begin, columns = width.end - width.begin;
  const int64_t seen = rows * columns;
  const int64_t first =
      InputIndex(s, 1, pixel / s.out[2], height.begin) * s.in[2] + InputIndex(s, 2, pixel % s.out[2], width.begin);
  const uint8_t* from = image + first * s.in_c + channel;
  if (columns == s.in[2] && seen > 0) {  // neighbours, from row to row
    columns = seen;
    rows = 1;
  }
  for (int64_t i = 0; i < rows && seen > 0; ++i) {
    AddPixels(from + i * s.in[2] * s.in_c, columns, s.in_c, count, sums);
  }
  const float factor = state.factor / static_cast<float>(std::max<int64_t>(seen, 1));
  CodesOfMeans(sums, count, factor, state.add, state.low, state.high, to);
}

Status RunPool(RunContext& c) {
  const auto& state = c.state<PoolState>();
  if (c.output(0).num_elements() == 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes s, PoolSizesOf(state.spec, c.input(0).shape()));
  const auto* in = c.input(0).data<uint8_t>();
  auto* out = c.output(0).data<uint8_t>();
  const int64_t parts = (s.in_c + kPooledChannels - 1) / kPooledChannels;
  c.ParallelFor(s.batch * s.out_pixels() * parts, ConvGrain(WindowWork(s) * kPooledChannels / 4),
                [&](int64_t begin, int64_t end) {
                  for (int64_t i = begin; i < end; ++i) {
                    const int64_t pixel = i / parts;
                    const int64_t channel = i % parts * kPooledChannels;
                    const uint8_t* image = in + pixel / s.out_pixels() * s.in_pixels() * s.in_c;
                    PoolChannels(state, s, image, pixel % s.out_pixels(), channel,
                                 std::min(kPooledChannels, s.in_c - channel), out + pixel * s.in_c + channel);
                  }
                });
  return Status();
}

}  // namespace

#define RIVULET_BOUNDS "low:float; high:float"

const OpDef kInt8Quantize = {
    .name = "_Int8Quantize",
    .inputs = "x:f32",
    .outputs = "codes:u8",
    .attrs = RIVULET_BOUNDS "; step:float; steps_of_one:float; zero:int; divides:bool; last:int",
    .infer = InferSame,
    .prepare = PrepareQuantize,
    .run = RunQuantize};
const OpDef kInt8Dequantize = {.name = "_Int8Dequantize",
                               .inputs = "codes:u8",
                               .outputs = "x:f32",
                               .attrs = "zero:int; step:float",
                               .infer = InferSame,
                               .prepare = PrepareDequantize,
                               .run = RunDequantize};
const OpDef kInt8Add = {.name = "_Int8Add",
                        .inputs = "a:u8, b:u8",
                        .outputs = "sum:u8",
                        .attrs = "factor_a:float; factor_b:float; add:float; " RIVULET_BOUNDS,
                        .infer = InferAdd,
                        .prepare = PrepareAdd,
                        .run = RunAdd,
                        .flags = kElementwise};
const OpDef kInt8Lookup = {.name = "_Int8Lookup",
                           .inputs = "codes:u8, table:u8",
                           .outputs = "y:u8",
                           .attrs = "",
                           .infer = InferLookup,
                           .run = RunLookup};
const OpDef kInt8AvgPool = {.name = "_Int8AvgPool",
                            .inputs = "codes:u8",
                            .outputs = "y:u8",
                            .attrs =
                                "ksize:list(int) >=4; strides:list(int) >=4; padding:string in {SAME,VALID}; "
                                "data_format:string=\"NHWC\" in {NHWC}; factor:float; add:float; " RIVULET_BOUNDS,
                            .infer = InferPool,
                            .prepare = PreparePool,
                            .run = RunPool};
#undef RIVULET_BOUNDS

}  // namespace rivulet
