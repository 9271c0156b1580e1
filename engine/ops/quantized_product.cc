// QuantizedMatMul, QuantizedConv2D: products of quint8 codes, summed in qint32. With a filter of qint8, where
// TensorFlow computes by oneDNN, it is the convolution of quantized_conv.h.
//
//   a [m, k], b [k, n] (either transposed), or input NHWC and filter [h, w, in, out]; the ranges of both
//   -> output of qint32, min, max
//
// The sums are of codes less the code of 0, so padding adds nothing where 0 has a code: in TensorFlow, and here, the
// padding is the code of 0 modulo 256, and nothing where that is negative. A code of 0 outside of 32 bits, from a range
// far from 0, wraps around as the sums do. Where strides leave rows or columns over, the windows lie in the middle.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/kernels/gemm_int8.h"
#include "engine/kernels/gemm_u8.h"
#include "engine/kernels/winograd_u8.h"
#include "engine/ops/code_steps.h"
#include "engine/ops/conv_shape.h"
#include "engine/ops/packed_operands.h"
#include "engine/ops/quantized.h"
#include "engine/ops/quantized_conv.h"
#include "engine/ops/signed_operand.h"
#include "engine/ops/staging.h"

namespace rivulet {
namespace {

constexpr QuantizedConvForm kSignedForm = {.channel_ranges = false};

struct State : OpState {
  bool transpose_a = false;
  bool transpose_b = false;
  WindowSpec spec;
  std::shared_ptr<const PackedMatrixU8> packed;      // a constant second operand; null when it is none
  Shape packed_shape;                                // of it, which run does not get then
  std::shared_ptr<const WinogradFilterU8> winograd;  // of a constant 3x3 filter of a known range, where that pays
  std::unique_ptr<OpState> of_signed;                // of a filter of qint8, and nothing else then
  std::unique_ptr<CodeSteps> steps;                  // that follow
};

Status InferMatMul(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 2));
  RIVULET_RETURN_IF_ERROR(WantScalars(c, 2, 1));
  RIVULET_RETURN_IF_ERROR(WantOneElement(c, 3, 3));
  const bool turn_a = c.attrs().Bool("transpose_a"), turn_b = c.attrs().Bool("transpose_b");
  const Shape a = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(2);
  const Shape b = c.shape(1).has_rank() ? c.shape(1) : Shape::OfUnknownDims(2);
  const int64_t k = a[turn_a ? 0 : 1], other = b[turn_b ? 1 : 0];
  if (k >= 0 && other >= 0 && k != other) {
    return InvalidArgument("a ", a, " and b ", b, " do not fit: want as many rows as columns, got ", other, " and ", k);
  }
  SetQuantizedOutputs(c, {a[turn_a ? 1 : 0], b[turn_b ? 0 : 1]});
  return Status();
}

Status InferConv(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantScalars(c, 2, 4));
  RIVULET_ASSIGN_OR_RETURN(const WindowSpec spec, ParseWindowSpec(c.attrs(), 2));
  if (c.dtype(1) == DType::kQint8) return InferQuantizedConv(c, kSignedForm, spec);
  RIVULET_ASSIGN_OR_RETURN(const ConvSizes sizes, ComputeConvSizes(spec, c.shape(0), c.shape(1), FilterKind::kDense));
  if (sizes.groups > 1)
    return Unimplemented("filter: want as many channels as the input has, got it in ", sizes.groups, " groups");
  SetQuantizedOutputs(c, OutputShape(spec, sizes));
  return Status();
}

int32_t Zero(Range range) {
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(CodeUnclamped<uint8_t>(0, range))));
}

// A filter for a transformed domain, beside the one that every input may take.
Status PrepareWinograd(PrepareContext& c, const Tensor& filter, State* state) {
  const Tensor *low = c.constant(4), *high = c.constant(5);
  if (low == nullptr || high == nullptr || low->num_elements() != 1 || high->num_elements() != 1) return Status();
  if (filter.dim(0) != 3 || filter.dim(1) != 3) return Status();
  if (!WinogradFilterU8::Pays(filter.dim(2), filter.dim(3))) return Status();
  Range range;
  std::memcpy(&range.low, low->raw(), sizeof(float));
  std::memcpy(&range.high, high->raw(), sizeof(float));
  const int32_t zero = Zero(range);
  if (zero < 0 || zero > 255) return Status();
  const auto pack = [&] {
    return WinogradFilterU8::Pack(static_cast<const uint8_t*>(filter.raw()), filter.dim(2), filter.dim(3), zero,
                                  c.allocator());
  };
  RIVULET_ASSIGN_OR_RETURN(state->winograd, PackOnce<WinogradFilterU8>(filter, Cat("winograd bytes ", zero), pack));
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c, bool is_conv) {
  auto state = std::make_unique<State>();
  if (is_conv) {
    RIVULET_ASSIGN_OR_RETURN(state->spec, ParseWindowSpec(c.attrs(), 2));
    if (c.dtype(1) == DType::kQint8) {
      RIVULET_ASSIGN_OR_RETURN(state->of_signed, PrepareQuantizedConv(c, kSignedForm, state->spec));
      return std::unique_ptr<OpState>(std::move(state));
    }
  } else {
    state->transpose_a = c.attrs().Bool("transpose_a");
    state->transpose_b = c.attrs().Bool("transpose_b");
  }
  if (const Tensor* b = c.constant(1); b != nullptr && b->rank() == (is_conv ? 4 : 2) && b->num_elements() > 0) {
    const int64_t last = b->dim(b->rank() - 1), rest = b->num_elements() / last;
    const bool t = state->transpose_b;
    const int64_t k = t ? last : rest, n = t ? rest : last;
    const auto* bytes = static_cast<const uint8_t*>(b->raw());
    const int64_t line = is_conv ? b->dim(1) * b->dim(2) : 0;
    if (is_conv && PaddedLineInt8(line) != line) {
      const auto pack = [&] { return PackConvInt8(bytes, b->dim(0), line, n, 0, c.allocator()); };
      RIVULET_ASSIGN_OR_RETURN(
          state->packed, PackOnce<PackedMatrixU8>(*b, Cat("bytes ", b->dim(0), " ", line, " ", n, " by rows"), pack));
    } else {
      const auto pack = [&] { return PackedMatrixU8::Pack(bytes, k, n, t, c.allocator()); };
      const std::string key = Cat("bytes ", k, " ", n, t ? " transposed" : "");
      RIVULET_ASSIGN_OR_RETURN(state->packed, PackOnce<PackedMatrixU8>(*b, key, StoredBytesMatrix{k, n}, pack));
    }
    state->packed_shape = b->shape();
    if (is_conv) RIVULET_RETURN_IF_ERROR(PrepareWinograd(c, *b, state.get()));
    c.Consume(1);
  }
  return std::unique_ptr<OpState>(std::move(state));
}
template <bool kConv>
Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  return Prepare(c, kConv);
}

Result<PackedMatrixU8> PackB(RunContext& c, const State& state, int64_t k, int64_t n) {
  if (state.packed != nullptr) return *state.packed;
  const CheckedSize bytes = PackedMatrixU8::Bytes(k, n);
  if (!bytes.valid()) return ResourceExhausted("a matrix of ", k, " by ", n, " is too large");
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(bytes.value())));
  return PackedMatrixU8::PackInto(static_cast<const uint8_t*>(c.input(1).raw()), k, n, state.transpose_b, scratch);
}

// The pads of TensorFlow's kernel: half of what the windows reach over or leave over, cut towards 0, and with VALID
// half of one more.
void CenterWindows(Padding padding, ConvSizes* sizes) {
  const int64_t one_more = padding == Padding::kValid ? 1 : 0;
  for (size_t i = 1; i < 3; ++i) {
    sizes->pad[i] = ((sizes->out[i] - 1) * sizes->stride[i] + sizes->k[i] - sizes->in[i] + one_more) / 2;
  }
}

// Where the sums go: the output, or the step's memory.
struct SumsPlace {
  int32_t* sums = nullptr;
  void* scratch = nullptr;
  int32_t* extremes = nullptr;  // null: not wanted
  int64_t extremes_stride = 0;
  const RowsFinish* finish = nullptr;
  bool finished = false;  // all sums went there
};

// With a second operand that is packed.
void Sums(RunContext& c, const State& state, const OperandU8& left, int64_t m, int32_t a_zero, int32_t b_zero,
          SumsPlace& place) {
  place.finished = SumsU8(left, m, a_zero, *state.packed, b_zero, place.sums, place.scratch, c.pool(), c.stop(),
                          place.extremes, place.extremes_stride, place.finish);
}

Status ReadRanges(RunContext& c, bool is_conv, Range* a, Range* b) {
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 2, 3, !is_conv, a));
  return ReadRange(c, 4, 5, !is_conv, b);
}

bool TakesWinograd(const State& state, const ConvGeometry& geometry, int32_t a_zero, int32_t b_zero) {
  return state.winograd != nullptr && a_zero >= 0 && a_zero <= 255 && b_zero == state.winograd->zero() &&
         TakesWinogradU8(geometry, *state.winograd);
}

// `*place`: what is found of it; its extremes are null where they are not.
Status Multiply(RunContext& c, bool is_conv, int32_t a_zero, int32_t b_zero, SumsPlace* place) {
  const auto& state = c.state<State>();
  const Tensor& a = c.input(0);
  const Shape& b = state.packed != nullptr ? state.packed_shape : c.input(1).shape();
  const Tensor& output = c.output(0);
  int32_t* out = place->sums;
  if (a.num_elements() == 0 || b.num_elements() == 0) {
    std::fill_n(out, output.num_elements(), 0);
    place->extremes = nullptr;
    return Status();
  }
  const auto* from = static_cast<const uint8_t*>(a.raw());
  if (is_conv) {
    RIVULET_ASSIGN_OR_RETURN(ConvSizes sizes, ComputeConvSizes(state.spec, a.shape(), b, FilterKind::kDense));
    CenterWindows(state.spec.padding, &sizes);
    const ConvGeometry geometry = ToConvGeometry(sizes);
    if (TakesWinograd(state, geometry, a_zero, b_zero)) {
      WinogradSumsU8(from, a_zero, *state.winograd, geometry, out, place->scratch, c.pool(), c.stop(), place->extremes,
                     place->extremes_stride);
      return Status();
    }
    if (state.packed != nullptr && a_zero >= 0) {
      Sums(c, state, {from, geometry.in_c, &geometry}, sizes.batch * sizes.out_pixels(), a_zero, b_zero, *place);
      return Status();
    }
    place->extremes = nullptr;
    RIVULET_ASSIGN_OR_RETURN(const PackedMatrixU8 filter, PackB(c, state, sizes.taps() * sizes.in_c, sizes.out_c));
    Conv2DU8(from, a_zero, filter, b_zero, geometry, out, c.pool(), c.stop());
  } else {
    const int64_t m = output.dim(0), n = output.dim(1), k = a.num_elements() / m;
    if (state.packed != nullptr && !state.transpose_a) {
      Sums(c, state, {from, a.dim(1), nullptr}, m, a_zero, b_zero, *place);
      return Status();
    }
    place->extremes = nullptr;
    RIVULET_ASSIGN_OR_RETURN(const PackedMatrixU8 right, PackB(c, state, k, n));
    MatMulU8(from, a.dim(1), state.transpose_a, a_zero, m, right, b_zero, out, n, c.pool(), c.stop());
  }
  return Status();
}

CheckedSize SumsScratchBytes(RunContext& c, const State& state) {
  if (state.packed == nullptr) return 0;
  const int threads = c.pool().num_threads();
  const CheckedSize direct = SumsU8ScratchBytes(state.packed->k(), state.packed->n(), threads);
  if (state.winograd == nullptr || !direct.valid()) return direct;
  const CheckedSize transformed = WinogradU8ScratchBytes(state.winograd->in_c(), threads);
  return !transformed.valid() || transformed.value() > direct.value() ? transformed : direct;
}

Status Run(RunContext& c, bool is_conv) {
  const auto& state = c.state<State>();
  if (state.of_signed != nullptr) return RunQuantizedConv(c, static_cast<const QuantizedConvState&>(*state.of_signed));
  Range a_range, b_range;
  RIVULET_RETURN_IF_ERROR(ReadRanges(c, is_conv, &a_range, &b_range));
  WriteRange(c, 1, ProductRange<uint8_t, uint8_t>(a_range, b_range));
  if (c.output(0).num_elements() == 0) return Status();
  SumsPlace place{.sums = static_cast<int32_t*>(c.output(0).raw())};
  ScratchPieces pieces;
  const int64_t scratch = pieces.Add(SumsScratchBytes(c, state));
  if (state.packed != nullptr) {
    RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
    place.scratch = pieces.At<void>(scratch);
  }
  return Multiply(c, is_conv, Zero(a_range), Zero(b_range), &place);
}

// How far from 0 a sum of `k` products of codes less their zeros can be; not beyond 2^31.
double MostOf(int32_t a_zero, int32_t b_zero, int64_t k) {
  const auto most = [](int32_t zero) {
    const double at = zero;
    return std::max(std::fabs(at), std::fabs(255 - at));
  };
  return std::min(static_cast<double>(k) * most(a_zero) * most(b_zero), 0x1p31);
}

// With the steps that follow. The filter is a constant.
template <bool kConv>
Status RunWithSteps(RunContext& c) {
  const auto& state = c.state<State>();
  Range a_range, b_range;
  RIVULET_RETURN_IF_ERROR(ReadRanges(c, kConv, &a_range, &b_range));
  const Shape& shape = c.output(0).shape();
  const int64_t count = shape.num_elements(), channels = shape[shape.rank() - 1];
  const int threads = c.pool().num_threads();
  const int64_t stride = StagedElements(channels);
  ScratchPieces pieces;
  const int64_t scratch = pieces.Add(SumsScratchBytes(c, state));
  const int64_t extremes = pieces.Add(CheckedSize(ExtremesElements(channels, threads)) * int64_t{sizeof(int32_t)});
  const int64_t memory = pieces.Add(CodeStepsBytes(*state.steps, channels, threads));
  const int64_t sums = pieces.AddCentered(CheckedSize(count) * static_cast<int64_t>(sizeof(int32_t)));
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));
  SumsPlace place{.sums = pieces.At<int32_t>(sums), .scratch = pieces.At<void>(scratch)};
  if (state.steps->finds) {
    place.extremes = pieces.At<int32_t>(extremes);
    place.extremes_stride = stride;
  }
  CodeStepsSource source;
  if (state.steps->finds || count == 0) {
    if (count > 0) RIVULET_RETURN_IF_ERROR(Multiply(c, kConv, Zero(a_range), Zero(b_range), &place));
  } else {
    source.make = [&](const RowsFinish& finish, bool* finished) {
      place.finish = &finish;
      const Status status = Multiply(c, kConv, Zero(a_range), Zero(b_range), &place);
      *finished = place.finished;
      return status;
    };
  }
  source.values.type = StageType::kCodes;
  source.values.values = place.sums;
  source.range = ProductRange<uint8_t, uint8_t>(a_range, b_range);
  source.count = count;
  source.channels = channels;
  source.most = MostOf(Zero(a_range), Zero(b_range), state.packed->k());
  if (count > 0) source.extremes = place.extremes;
  return RunCodeSteps(c, *state.steps, source, pieces.At<void>(memory));
}

template <bool kConv>
Status InferWithSteps(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(kConv ? InferConv(c) : InferMatMul(c));
  if (c.dtype(1) != DType::kQuint8 || c.input(1).shape.num_elements() == 0) {
    return InvalidArgument("filter: want quint8, got ", c.dtype(1), c.shape(1));
  }
  return CheckCodeSteps(c.attrs().Strs("steps"), StageType::kCodes, c.num_inputs() - 6, c.output_dtype(0));
}

template <bool kConv>
Result<std::unique_ptr<OpState>> PrepareWithSteps(PrepareContext& c) {
  RIVULET_ASSIGN_OR_RETURN(std::unique_ptr<OpState> state, Prepare(c, kConv));
  auto& own = static_cast<State&>(*state);
  if (own.packed == nullptr) return Internal("a product with steps has no constant filter");
  own.steps = std::make_unique<CodeSteps>(ReadCodeSteps(c.attrs().Strs("steps"), 6));
  return state;
}

template <bool kConv>
Status Run(RunContext& c) {
  return Run(c, kConv);
}

constexpr OpDef kDefs[] = {
    {.name = "QuantizedMatMul",
     .inputs = "a:T1, b:T2, min_a:f32, max_a:f32, min_b:f32, max_b:f32",
     .outputs = "out:Toutput, min_out:f32, max_out:f32",
     .attrs = "T1:type in {qu8}; T2:type in {qu8}; Toutput:type=qi32 in {qi32}; transpose_a:bool=false; "
              "transpose_b:bool=false; Tactivation:type=qu8 in {qi8,qu8,qi32,qi16,qu16}",
     .infer = InferMatMul,
     .prepare = Prepare<false>,
     .run = Run<false>},
    {.name = "QuantizedConv2D",
     .inputs = "input:Tinput, filter:Tfilter, min_input:f32, max_input:f32, min_filter:f32, max_filter:f32",
     .outputs = "output:out_type, min_output:f32, max_output:f32",
     .attrs = "Tinput:type in {qu8}; Tfilter:type in {qi8,qu8}; out_type:type=qi32 in {qi32}; strides:list(int); "
              "padding:string in {SAME,VALID}; dilations:list(int)=[1,1,1,1]",
     .infer = InferConv,
     .prepare = Prepare<true>,
     .run = Run<true>},
};

}  // namespace

RIVULET_OP_LIST(QuantizedProduct, kDefs);

#define RIVULET_INPUTS \
  "input:Tinput, filter:Tfilter, min_input:f32, max_input:f32, min_filter:f32, max_filter:f32, arguments:list(Targ)"
#define RIVULET_STEPS \
  "Tinput:type in {qu8}; Tfilter:type in {qu8}; Targ:list(type); T:type in {qu8,f32}; steps:list(string)"

const OpDef kQuantizedConv2DSteps = {
    .name = "_QuantizedConv2DSteps",
    .inputs = RIVULET_INPUTS,
    .outputs = "y:T, min:f32, max:f32",
    .attrs = RIVULET_STEPS "; strides:list(int); padding:string in {SAME,VALID}; dilations:list(int)=[1,1,1,1]",
    .infer = InferWithSteps<true>,
    .prepare = PrepareWithSteps<true>,
    .run = RunWithSteps<true>};
const OpDef kQuantizedMatMulSteps = {.name = "_QuantizedMatMulSteps",
                                     .inputs = RIVULET_INPUTS,
                                     .outputs = "y:T, min:f32, max:f32",
                                     .attrs = RIVULET_STEPS "; transpose_a:bool=false; transpose_b:bool=false",
                                     .infer = InferWithSteps<false>,
                                     .prepare = PrepareWithSteps<false>,
                                     .run = RunWithSteps<false>};
#undef RIVULET_INPUTS
#undef RIVULET_STEPS

}  // namespace rivulet
