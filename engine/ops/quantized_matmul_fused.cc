// QuantizedMatMulWithBias and what follows it: AndRelu, AndRequantize, AndReluAndRequantize, AndDequantize.
//
//   a [m, k] of quint8, b [k, n] of qint8, bias [n], min_a, max_a, min_b, max_b: scalars,
//   (min_freezed_output, max_freezed_output: scalars) -> out [m, n], min_out, max_out; or numbers alone
//
// A code is taken for code * step: of a (max - min) / 255 whatever min_a is, of b max(|min|, |max|) / 127. The bias is
// sums in qint32 as it is, or in float, where what min_a adds to a sum is put to it, as TensorFlow does it: multiplied
// by the steps once more than it should be; sums that are the result are then made in float, in the steps' unit, and
// brought back to codes, which shows beyond 2^24. AndDequantize with SCALED takes max(|min|, |max|) / 255 for a, but
// max / 255 for a bias of codes, and adds nothing. Sums are clamped to 32 bits, and rounded to even codes. Deviation:
// they are exact; where TensorFlow adds pairs of products in 16 bits, on processors without VNNI, large ones are cut
// off.
#include "engine/ops/quantized.h"
#include "engine/ops/signed_operand.h"

namespace rivulet {
namespace {

enum class After { kSums, kCodes, kNumbers };

struct State : OpState {
  bool scaled = false;
  std::shared_ptr<const PackedMatrixU8> packed;  // of a constant b; null when it is none
};

Status Infer(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  for (int i = 3; i < c.num_inputs(); ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  for (const char* name : {"transpose_a", "transpose_b"}) {
    if (c.attrs().Bool(name)) return Unimplemented(name, ": want false; TensorFlow has no kernel of it either");
  }
  const Shape a = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(2);
  const Shape b = c.shape(1).has_rank() ? c.shape(1) : Shape::OfUnknownDims(2);
  const int64_t k = a[1], other = b[0], n = b[1];
  if (k >= 0 && other >= 0 && k != other) {
    return InvalidArgument("a ", a, " and b ", b, " do not fit: want as many rows as columns, got ", other, " and ", k);
  }
  const int64_t biases = c.shape(2).has_rank() ? c.shape(2)[0] : Shape::kUnknownDim;
  if (n >= 0 && biases >= 0 && n != biases) {
    return InvalidArgument("bias: want one element for each of ", n, " columns, got ", biases);
  }
  if (c.num_outputs() == 3) {
    SetQuantizedOutputs(c, {a[0], n});
  } else {
    c.set_output(0, {a[0], n});
  }
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->scaled = c.attrs().Str("input_quant_mode") == "SCALED";
  if (const Tensor* b = c.constant(1); b != nullptr && b->rank() == 2) {
    RIVULET_ASSIGN_OR_RETURN(state->packed, PackSignedOnce(c, 1, b->dim(0), b->dim(1)));
  }
  return std::unique_ptr<OpState>(std::move(state));
}

float Largest(Range range) { return std::max(std::fabs(range.low), std::fabs(range.high)); }

// Everything of a run that does not depend on the row.
struct Steps {
  Range a, b;
  float a_step = 0;  // that the results are in
  float bias_scale = 0;
  float codes_scale = 1;  // of a bias of codes
  float shift = 0;        // what a column's sum of b is multiplied by
};

Result<Steps> ReadSteps(RunContext& c, bool scaled) {
  Steps s;
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 3, 4, false, &s.a));
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 5, 6, false, &s.b));
  const float a_range = scaled ? Largest(s.a) : s.a.high - s.a.low;
  if (!(a_range > 0) || !(Largest(s.b) > 0)) return InvalidArgument("ranges of a and b: want some that are not empty");
  s.a_step = a_range / 255;
  s.bias_scale = 255.0f * 127.0f / (a_range * Largest(s.b));
  if (scaled) s.codes_scale = s.a.high / a_range;
  s.shift = scaled ? 0.0f : 255 * s.a.low / a_range;
  return s;
}

// Scratch memory: b where it is not packed yet, the sums, a bias for each column.
struct Pieces {
  uint8_t* packed = nullptr;
  int32_t* sums = nullptr;
  double* biases = nullptr;
};

Result<Pieces> MakePieces(RunContext& c, const State& state, int64_t m, int64_t k, int64_t n) {
  const CheckedSize packed_bytes = state.packed != nullptr ? CheckedSize(0) : PackedMatrixU8::Bytes(k, n);
  const CheckedSize total = packed_bytes + CheckedSize(m) * n * 4 + CheckedSize(n) * 8 + 128;
  if (!total.valid()) return ResourceExhausted("matrices of ", m, ", ", k, " and ", n, " are too large");
  RIVULET_ASSIGN_OR_RETURN(void* scratch, c.Scratch(static_cast<size_t>(total.value())));
  Pieces pieces;
  pieces.packed = static_cast<uint8_t*>(scratch);
  pieces.biases = reinterpret_cast<double*>(pieces.packed + (packed_bytes.value() + 63) / 64 * 64);
  pieces.sums = reinterpret_cast<int32_t*>(pieces.biases + n);
  return pieces;
}

// What is added to the sums of each column; a float bias in the unit of the results' codes, or as it was given.
void FillBiases(RunContext& c, const Steps& steps, bool in_codes, const PackedMatrixU8& b, double* biases) {
  const bool codes = c.input(2).dtype() == DType::kQint32;
  for (int64_t j = 0; j < b.n(); ++j) {
    if (codes) {
      biases[j] = static_cast<const int32_t*>(c.input(2).raw())[j] * steps.codes_scale;
    } else {
      const float shift = static_cast<float>(SignedColumnSum(b, j)) * steps.shift;
      biases[j] = static_cast<double>((c.input(2).data<float>()[j] + shift) * (in_codes ? steps.bias_scale : 1));
    }
  }
}

Status Run(RunContext& c, After after, bool is_relu) {
  const auto& state = c.state<State>();
  RIVULET_ASSIGN_OR_RETURN(const Steps steps, ReadSteps(c, after == After::kNumbers && state.scaled));
  const float step = steps.a_step * (Largest(steps.b) / 127);
  float scale = after == After::kNumbers ? step : 1.0f;
  if (after == After::kSums) {
    const float one = StepOf<uint8_t>(steps.a) * ((steps.b.high - steps.b.low) / 254);
    WriteRange(c, 1, {one * -2147483648.0f, one * 2147483648.0f});
  } else if (after == After::kCodes) {
    const Range to = {c.input(7).data<float>()[0], c.input(8).data<float>()[0]};
    if (!(Largest(to) > 0)) return InvalidArgument("min_freezed_output, max_freezed_output: both are 0");
    scale = 255 * (step / Largest(to));
    WriteRange(c, 1, to);
  }
  Tensor& output = c.output(0);
  if (output.num_elements() == 0) return Status();
  const int64_t m = output.dim(0), n = output.dim(1), k = c.input(0).num_elements() / m;

  RIVULET_ASSIGN_OR_RETURN(const Pieces pieces, MakePieces(c, state, m, k, n));
  int32_t* sums = pieces.sums;
  double* biases = pieces.biases;
  const PackedMatrixU8 b = state.packed != nullptr ? *state.packed : PackSignedInto(c, 1, k, n, pieces.packed);
  if (c.stop().stopped()) return c.stop().Why();
  MatMulU8(static_cast<const uint8_t*>(c.input(0).raw()), c.input(0).dim(1), false, 0, m, b, kSignedZero, sums, n,
           c.pool(), c.stop());
  if (c.stop().stopped()) return c.stop().Why();
  const bool float_sums = after == After::kSums && c.input(2).dtype() == DType::kFloat;
  const float inverse = 1 / step;
  FillBiases(c, steps, !float_sums, b, biases);
  c.ParallelFor(m, std::max<int64_t>((1 << 12) / n, 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * n; i < end * n; ++i) {
      const double bias = biases[i % n];
      double x =
          float_sums ? (static_cast<float>(sums[i]) * step + static_cast<float>(bias)) * inverse : sums[i] + bias;
      if (is_relu) x = std::max(x, 0.0);
      if (after == After::kNumbers) {
        static_cast<float*>(output.raw())[i] = static_cast<float>(x) * scale;
      } else if (after == After::kSums) {
        static_cast<int32_t*>(output.raw())[i] = Saturate<int32_t>(std::nearbyint(x));
      } else {
        static_cast<uint8_t*>(output.raw())[i] = Saturate<uint8_t>(std::nearbyint(x * static_cast<double>(scale)));
      }
    }
  });
  return Status();
}
template <After kAfter, bool kRelu>
Status Run(RunContext& c) {
  return Run(c, kAfter, kRelu);
}

#define RIVULET_OPERANDS(bias) "a:T1, b:T2, bias:" bias ", min_a:f32, max_a:f32, min_b:f32, max_b:f32"
#define RIVULET_CODES "T1:type in {qu8}; T2:type in {qi8}; "
#define RIVULET_MODES \
  "transpose_a:bool=false; transpose_b:bool=false; input_quant_mode:string=MIN_FIRST in {MIN_FIRST,SCALED}"
constexpr OpDef kDefs[] = {
    {.name = "QuantizedMatMulWithBias",
     .inputs = RIVULET_OPERANDS("Tbias"),
     .outputs = "out:Toutput, min_out:f32, max_out:f32",
     .attrs = RIVULET_CODES "Tbias:type in {f32,qi32}; Toutput:type=qi32 in {qi32}; " RIVULET_MODES,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run<After::kSums, false>},
    {.name = "QuantizedMatMulWithBiasAndDequantize",
     .inputs = RIVULET_OPERANDS("Tbias") ", min_freezed_output:f32, max_freezed_output:f32",
     .outputs = "out:Toutput",
     .attrs = RIVULET_CODES "Tbias:type in {f32,qi32}; Toutput:type in {f32}; " RIVULET_MODES,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run<After::kNumbers, false>},
    {.name = "QuantizedMatMulWithBiasAndRelu",
     .inputs = RIVULET_OPERANDS("f32"),
     .outputs = "out:Toutput, min_out:f32, max_out:f32",
     .attrs = RIVULET_CODES "Toutput:type=qi32 in {qi32}; " RIVULET_MODES,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run<After::kSums, true>},
    {.name = "QuantizedMatMulWithBiasAndReluAndRequantize",
     .inputs = RIVULET_OPERANDS("Tbias") ", min_freezed_output:f32, max_freezed_output:f32",
     .outputs = "out:Toutput, min_out:f32, max_out:f32",
     .attrs = RIVULET_CODES "Tbias:type in {f32,qi32}; Toutput:type=qu8 in {qu8}; " RIVULET_MODES,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run<After::kCodes, true>},
    {.name = "QuantizedMatMulWithBiasAndRequantize",
     .inputs = RIVULET_OPERANDS("Tbias") ", min_freezed_output:f32, max_freezed_output:f32",
     .outputs = "out:Toutput, min_out:f32, max_out:f32",
     .attrs = RIVULET_CODES "Tbias:type in {f32,qi32}; Toutput:type=qu8 in {qu8}; " RIVULET_MODES,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run<After::kCodes, false>},
};
#undef RIVULET_OPERANDS
#undef RIVULET_CODES
#undef RIVULET_MODES

}  // namespace

RIVULET_OP_LIST(QuantizedMatMulFused, kDefs);

}  // namespace rivulet
