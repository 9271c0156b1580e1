// Products of codes, which passes/int8_products.cc makes: _Int8Conv2D, _Int8DepthwiseConv2D, _Int8MatMul.
//
//   y = (sum of (code - zero) * weight) * multiply[channel] + add[channel], within [low, high]
//
// codes [batch, h, w, in_c] or [m, k] of uint8; the filter of int8 as the float operators have it, known; multiply and
// add [channels]. Outside the input lies the code `zero`. y is of uint8, rounded to even, or float. Depthwise: one
// filter a channel, codes alone.
#include <cstring>
#include <memory>
#include <vector>

#include "engine/kernels/depthwise_int8.h"
#include "engine/kernels/gemm_int8.h"
#include "engine/ops/conv_shape.h"
#include "engine/ops/int8_steps.h"
#include "engine/ops/packed_operands.h"
#include "engine/ops/staging.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

enum class Kind { kDense, kDepthwise, kMatMul };

// Sums of so many products fit 32 bits.
constexpr int64_t kMostProducts = INT32_MAX / (255 * 128);

struct State : OpState {
  WindowSpec spec;
  Shape filter_shape;
  uint8_t zero = 0;
  std::shared_ptr<const PackedMatrixU8> packed;
  std::shared_ptr<const std::vector<int8_t>> depthwise;
  std::vector<int32_t> start;
  std::vector<float> multiply;
  std::vector<float> add;
  SumsTail tail;
};

FilterKind FilterKindOf(Kind kind) { return kind == Kind::kDepthwise ? FilterKind::kDepthwise : FilterKind::kDense; }

bool TransposesB(const AttrReader& attrs) { return attrs.Has("transpose_b") && attrs.Bool("transpose_b"); }

int64_t ChannelsOf(Kind kind, const Shape& filter, bool transposed) {
  if (kind == Kind::kDepthwise) return filter[2] * filter[3];
  if (kind == Kind::kDense) return filter[3];
  return filter[transposed ? 0 : 1];
}

Status Infer(InferContext& c, Kind kind) {
  const int rank = kind == Kind::kMatMul ? 2 : 4;
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, rank));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, rank));
  const Shape& filter = c.shape(1);
  const bool transposed = TransposesB(c.attrs());
  const int64_t channels = ChannelsOf(kind, filter, transposed);
  for (int i = 2; i < 4; ++i) {
    if (c.shape(i) != Shape({channels})) {
      return InvalidArgument("input ", i, ": want [", channels, "], got ", c.shape(i));
    }
  }
  if (c.attrs().Int("zero") < 0 || c.attrs().Int("zero") > 255) {
    return InvalidArgument("attr 'zero': want [0, 255], got ", c.attrs().Int("zero"));
  }
  if (channels == 0 || filter.num_elements() / channels > kMostProducts) {
    return InvalidArgument("filter: want at most ", kMostProducts, " products to a sum, got shape ", filter);
  }
  if (kind == Kind::kMatMul) {
    const int64_t inner = filter[transposed ? 1 : 0];
    if (c.shape(0).has_rank() && c.shape(0)[1] >= 0 && c.shape(0)[1] != inner) {
      return InvalidArgument("inner sizes differ: ", c.shape(0), " and ", filter);
    }
    c.set_output(0, {c.shape(0).has_rank() ? c.shape(0)[0] : Shape::kUnknownDim, channels});
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(const WindowSpec spec, ParseWindowSpec(c.attrs(), 2));
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, ComputeConvSizes(spec, c.shape(0), filter, FilterKindOf(kind)));
  if (kind == Kind::kDense && sizes.in_c >= 0 && sizes.groups != 1) {
    return InvalidArgument("filter ", filter, ": want one group");
  }
  if (kind == Kind::kDepthwise && (filter[3] != 1 || !FitsDepthwiseInt8(filter[0], filter[1]))) {
    return InvalidArgument("filter ", filter, ": want one filter a channel, at most ", kMaxDepthwiseQuads,
                           " times 4 rows of a column");
  }
  c.set_output(0, OutputShape(spec, sizes));
  return Status();
}

// The filter's part of the state; `sums` gets the sum of each channel's weights.
Status Pack(PrepareContext& c, Kind kind, State* state, std::vector<int64_t>* sums) {
  const Tensor& filter = *c.constant(1);
  const auto* weights = static_cast<const int8_t*>(filter.raw());
  const auto channels = static_cast<int64_t>(sums->size());
  const int64_t k = filter.num_elements() / channels;
  if (kind == Kind::kDepthwise) {
    for (int64_t i = 0; i < filter.num_elements(); ++i) (*sums)[static_cast<size_t>(i % channels)] += weights[i];
    RIVULET_ASSIGN_OR_RETURN(
        state->depthwise,
        PackOnce<std::vector<int8_t>>(
            filter, Cat("depthwise int8 ", filter.dim(0), "x", filter.dim(1)), [&]() -> Result<std::vector<int8_t>> {
              const auto bytes =
                  static_cast<size_t>(DepthwiseInt8Bytes(filter.dim(0), filter.dim(1), channels).value());
              std::vector<int8_t> packed(bytes);
              PackDepthwiseInt8(weights, filter.dim(0), filter.dim(1), channels, packed.data());
              return packed;
            }));
    return Status();
  }
  if (kind == Kind::kDense) {
    const int64_t line = filter.dim(1) * filter.dim(2);
    RIVULET_ASSIGN_OR_RETURN(
        state->packed, PackOnce<PackedMatrixU8>(filter, Cat("int8 ", filter.dim(0), "x", line, "x", channels), [&] {
          return PackConvInt8(static_cast<const uint8_t*>(filter.raw()), filter.dim(0), line, channels,
                              PackedMatrixU8::kSignedByte, c.allocator());
        }));
  } else {
    const bool transposed = TransposesB(c.attrs());
    RIVULET_ASSIGN_OR_RETURN(
        state->packed, PackOnce<PackedMatrixU8>(filter, Cat("int8 ", k, "x", channels, transposed ? "t" : ""), [&] {
          return PackedMatrixU8::Pack(static_cast<const uint8_t*>(filter.raw()), k, channels, transposed, c.allocator(),
                                      PackedMatrixU8::kSignedByte);
        }));
  }
  const int64_t rows = state->packed->k();
  for (int64_t j = 0; j < channels; ++j) (*sums)[static_cast<size_t>(j)] = state->packed->column_sums()[j] - 128 * rows;
  return Status();
}

std::vector<float> FloatsOf(const Tensor& tensor, int64_t elements) {
  std::vector<float> out(static_cast<size_t>(elements));
  std::memcpy(out.data(), tensor.raw(), tensor.bytes());
  return out;
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, Kind kind) {
  auto state = std::make_unique<State>();
  if (kind != Kind::kMatMul) {
    RIVULET_ASSIGN_OR_RETURN(state->spec, ParseWindowSpec(c.attrs(), 2));
  }
  for (int i = 1; i < 4; ++i) {
    if (c.constant(i) == nullptr) return Internal("a product of codes without constants");
  }
  state->filter_shape = c.constant(1)->shape();
  state->zero = static_cast<uint8_t>(c.attrs().Int("zero"));
  const int64_t channels = ChannelsOf(kind, state->filter_shape, TransposesB(c.attrs()));
  const int64_t elements = TailElements(channels);
  std::vector<int64_t> sums(static_cast<size_t>(channels));
  RIVULET_RETURN_IF_ERROR(Pack(c, kind, state.get(), &sums));
  state->start.resize(static_cast<size_t>(elements));
  for (size_t j = 0; j < sums.size(); ++j) state->start[j] = static_cast<int32_t>(-sums[j] * state->zero);
  state->multiply = FloatsOf(*c.constant(2), elements);
  state->add = FloatsOf(*c.constant(3), elements);
  state->tail = {.start = state->start.data(),
                 .multiply = state->multiply.data(),
                 .add = state->add.data(),
                 .low = c.attrs().Float("low"),
                 .high = c.attrs().Float("high"),
                 .floats = c.output(0).dtype == DType::kFloat};
  for (int i = 1; i < 4; ++i) c.Consume(i);
  return std::unique_ptr<OpState>(std::move(state));
}

Status Run(RunContext& c, Kind kind) {
  const auto& state = c.state<State>();
  if (c.output(0).num_elements() == 0) return Status();
  const auto* codes = static_cast<const uint8_t*>(c.input(0).raw());
  SumsTail tail = state.tail;
  tail.output = c.output(0).raw();
  ScratchPieces pieces;
  int64_t scratch = 0;
  if (kind != Kind::kDepthwise) {
    scratch = pieces.Add(MatMulInt8ScratchBytes(state.packed->k(), state.packed->n(), c.pool().num_threads()));
    RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  }
  if (kind == Kind::kMatMul) {
    MatMulInt8(codes, state.packed->k(), c.input(0).dim(0), *state.packed, tail, pieces.At<void>(scratch), c.pool(),
               c.stop());
    return Status();
  }
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes,
                           ComputeConvSizes(state.spec, c.input(0).shape(), state.filter_shape, FilterKindOf(kind)));
  if (kind == Kind::kDepthwise) {
    DepthwiseInt8(codes, state.zero, state.depthwise->data(), ToDepthwiseGeometry(sizes), tail, c.pool(), c.stop());
  } else if (sizes.groups != 1) {
    return InvalidArgument("input of ", sizes.in_c, " channels: want those of the filter");
  } else {
    Conv2DInt8(codes, state.zero, *state.packed, ToConvGeometry(sizes), tail, pieces.At<void>(scratch), c.pool(),
               c.stop());
  }
  return Status();
}

}  // namespace

#define RIVULET_INPUTS "codes:u8, filter:i8, multiply:f32, add:f32"
#define RIVULET_TAIL "T:type in {u8,f32}; zero:int; low:float; high:float"
#define RIVULET_WINDOW                                                      \
  "; strides:list(int); padding:string in {SAME,VALID,EXPLICIT}; "          \
  "explicit_paddings:list(int)=[]; data_format:string=\"NHWC\" in {NHWC}; " \
  "dilations:list(int)=[1,1,1,1]"
#define RIVULET_FUNCTIONS(kind) .infer = With<Infer, kind>, .prepare = With<Prepare, kind>, .run = With<Run, kind>

const OpDef kInt8Conv2D = {.name = "_Int8Conv2D",
                           .inputs = RIVULET_INPUTS,
                           .outputs = "y:T",
                           .attrs = RIVULET_TAIL RIVULET_WINDOW,
                           RIVULET_FUNCTIONS(Kind::kDense)};
const OpDef kInt8DepthwiseConv2D = {.name = "_Int8DepthwiseConv2D",
                                    .inputs = RIVULET_INPUTS,
                                    .outputs = "y:T",
                                    .attrs = "T:type in {u8}; zero:int; low:float; high:float" RIVULET_WINDOW,
                                    RIVULET_FUNCTIONS(Kind::kDepthwise)};
const OpDef kInt8MatMul = {.name = "_Int8MatMul",
                           .inputs = RIVULET_INPUTS,
                           .outputs = "y:T",
                           .attrs = RIVULET_TAIL "; transpose_b:bool=false",
                           RIVULET_FUNCTIONS(Kind::kMatMul)};
#undef RIVULET_INPUTS
#undef RIVULET_TAIL
#undef RIVULET_WINDOW
#undef RIVULET_FUNCTIONS

}  // namespace rivulet
