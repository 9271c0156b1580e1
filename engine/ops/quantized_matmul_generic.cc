// _QuantizedMatMul: a product of codes with what follows it in an attribute.
//
//   device_inputs: a [m, k] of quint8 or qint8, b [k, n] of qint8 (or its transpose), bias [n], addend [m, n] where one
//     is added
//   host_inputs: min_a, max_a, min_b, max_b (scalars, or b's of each column), min_output and max_output where results
//   are
//     requantised
//   fused_ops: BiasAdd, [an activation, or Add], Dequantize; or BiasAdd, [an activation], Requantize
//
// Codes of b are steps of max(|min|, |max|) / 127. Those of a are steps of max(|min|, |max|) / 255, of qint8 / 127
// (SCALED), or of (max - min) / 255 or / 127 from min on (MIN_FIRST), where the code 0 is min. Requantised: steps of
// max(|min|, |max|) / 255 or / 127 and the range from -max, of quint8 from 0 (SCALED), or of (max - min) / 255 or / 127
// from min on (MIN_FIRST). Deviation: sums in qint32 and biases in codes are refused; TensorFlow 2.21 gives sums
// without the bias, and adds biases divided by the step instead of multiplied.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/kernels/half.h"
#include "engine/ops/fused_tail.h"
#include "engine/ops/quantized.h"
#include "engine/ops/signed_operand.h"

namespace rivulet {
namespace {

struct State : OpState {
  FusedTail tail;
  bool requantize = false;
  bool from_min = false;  // MIN_FIRST of the input
  bool to_min = false;    // MIN_FIRST of the output
  bool transpose_b = false;
  std::shared_ptr<const PackedMatrixU8> packed;  // a constant b; null when it is none

  int ranges() const { return 2 + tail.num_args(); }
};

// Everything that the attributes say.
Result<State> ReadAttributes(const AttrReader& attrs) {
  State state;
  std::vector<std::string> ops = attrs.Strs("fused_ops");
  if (ops.empty() || (ops.back() != "Dequantize" && ops.back() != "Requantize")) {
    return Unimplemented("attr 'fused_ops': want Dequantize or Requantize at the end");
  }
  state.requantize = ops.back() == "Requantize";
  ops.pop_back();
  RIVULET_ASSIGN_OR_RETURN(state.tail, ParseFusedTail(ops, attrs));
  const bool activates = state.tail.activation != TailActivation::kNone;
  if (!state.tail.bias || (state.tail.add && (activates || state.requantize))) {
    return Unimplemented("attr 'fused_ops': want BiasAdd, then an activation, or Add and Dequantize");
  }
  if (attrs.Bool("transpose_a")) return Unimplemented("attr 'transpose_a': want false, got true");
  state.transpose_b = attrs.Bool("transpose_b");
  state.from_min = attrs.Str("input_quant_mode") == "MIN_FIRST";
  state.to_min = attrs.Str("output_quant_mode") == "MIN_FIRST";
  const DType out = attrs.Type("Tout");
  if (state.requantize == (out == DType::kFloat || out == DType::kBfloat16)) {
    return InvalidArgument("attr 'Tout': ", out, " does not go with ", state.requantize ? "Requantize" : "Dequantize");
  }
  return state;
}

Status CheckOperands(const InferContext& c, const State& state) {
  std::vector<DType> wanted = {c.attrs().Type("T1"), c.attrs().Type("T2"), c.attrs().Type("Tbias")};
  if (state.tail.add) wanted.push_back(c.attrs().Type("U"));
  wanted.resize(wanted.size() + (state.requantize ? 6 : 4), DType::kFloat);
  if (c.num_inputs() != static_cast<int>(wanted.size())) {
    return InvalidArgument("want ", wanted.size(), " inputs, got ", c.num_inputs());
  }
  for (int i = 0; i < c.num_inputs(); ++i) {
    const DType dtype = wanted[static_cast<size_t>(i)];
    if (c.dtype(i) != dtype) return InvalidArgument("input ", i, ": want ", dtype, ", got ", c.dtype(i));
  }
  bool fits = c.num_outputs() == (state.requantize ? 3 : 1) && c.output_dtype(0) == c.attrs().Type("Tout");
  for (int i = 1; i < c.num_outputs(); ++i) fits = fits && c.output_dtype(i) == DType::kFloat;
  return fits ? Status() : InvalidArgument("outputs: want one of Tout, and two of float with Requantize");
}

// Input 2, the bias, and 3 where it is an addend, against the output.
Status CheckTail(const InferContext& c, bool add, int64_t m, int64_t n) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  const int64_t biases = c.shape(2).has_rank() ? c.shape(2)[0] : Shape::kUnknownDim;
  if (n >= 0 && biases >= 0 && n != biases) {
    return InvalidArgument("bias: want one element for each of ", n, " columns, got ", biases);
  }
  if (!add) return Status();
  RIVULET_RETURN_IF_ERROR(c.WantRank(3, 2));
  for (int i = 0; i < 2 && c.shape(3).has_rank(); ++i) {
    const int64_t wanted = i == 0 ? m : n;
    if (wanted >= 0 && c.shape(3)[i] >= 0 && c.shape(3)[i] != wanted) {
      return InvalidArgument("addend: want the output's shape ", Shape({m, n}), ", got ", c.shape(3));
    }
  }
  return Status();
}

Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const State state, ReadAttributes(c.attrs()));
  RIVULET_RETURN_IF_ERROR(CheckOperands(c, state));
  RIVULET_RETURN_IF_ERROR(c.WantRank(0, 2));
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 2));
  const Shape a = c.shape(0).has_rank() ? c.shape(0) : Shape::OfUnknownDims(2);
  const Shape b = c.shape(1).has_rank() ? c.shape(1) : Shape::OfUnknownDims(2);
  const int64_t k = a[1], other = b[state.transpose_b ? 1 : 0], n = b[state.transpose_b ? 0 : 1];
  if (k >= 0 && other >= 0 && k != other) {
    return InvalidArgument("a ", a, " and b ", b, " do not fit: want as many rows as columns, got ", other, " and ", k);
  }
  RIVULET_RETURN_IF_ERROR(CheckTail(c, state.tail.add, a[0], n));
  for (int i = state.ranges(); i < c.num_inputs(); ++i) {
    const bool of_b = i == state.ranges() + 2 || i == state.ranges() + 3;
    if (!of_b) {
      RIVULET_RETURN_IF_ERROR(WantOneElement(c, i, 1));
    } else if (c.shape(i).complete() && n >= 0 && c.shape(i).num_elements() != 1 && c.shape(i) != Shape{n}) {
      return InvalidArgument("range of b: want one element, or one for each of ", n, " columns, got ", c.shape(i));
    }
  }
  const Shape &low = c.shape(state.ranges() + 2), &high = c.shape(state.ranges() + 3);
  if (low.complete() && high.complete() && low != high) {
    return InvalidArgument("range of b: want one shape, got ", low, " and ", high);
  }
  c.set_output(0, {a[0], n});
  for (int i = 1; i < c.num_outputs(); ++i) c.set_output(i, {});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  RIVULET_ASSIGN_OR_RETURN(State read, ReadAttributes(c.attrs()));
  auto state = std::make_unique<State>(std::move(read));
  if (const Tensor* b = c.constant(1); b != nullptr && b->rank() == 2) {
    const int64_t k = b->dim(state->transpose_b ? 1 : 0), n = b->dim(state->transpose_b ? 0 : 1);
    RIVULET_ASSIGN_OR_RETURN(state->packed, PackSignedOnce(c, 1, k, n, state->transpose_b));
  }
  return std::unique_ptr<OpState>(std::move(state));
}

double Largest(Range range) {
  return std::max(std::fabs(static_cast<double>(range.low)), std::fabs(static_cast<double>(range.high)));
}

// What a column's sums are multiplied by, and what is added for where the codes of a begin.
struct ColumnStep {
  float step = 0;
  float shift = 0;
};

Status FillColumns(RunContext& c, const State& state, const PackedMatrixU8& b, ColumnStep* columns) {
  Range a;
  RIVULET_RETURN_IF_ERROR(ReadRange(c, state.ranges(), state.ranges() + 1, false, &a));
  const double extent = state.from_min ? static_cast<double>(a.high) - static_cast<double>(a.low) : Largest(a);
  const double a_step = extent / (c.input(0).dtype() == DType::kQuint8 ? 255 : 127);
  const Tensor &lows = c.input(state.ranges() + 2), &highs = c.input(state.ranges() + 3);
  for (int64_t j = 0; j < b.n(); ++j) {
    const int64_t own = lows.num_elements() == 1 ? 0 : j;
    const Range range = {lows.data<float>()[own], highs.data<float>()[own]};
    if (!(range.low <= range.high)) {
      return InvalidArgument("range of b: want a minimum not above the maximum, got ", range.low, " and ", range.high);
    }
    const double b_step = Largest(range) / 127;
    columns[j].step = static_cast<float>(a_step * b_step);
    const double shift = static_cast<double>(a.low) * b_step * SignedColumnSum(b, j);
    columns[j].shift = state.from_min ? static_cast<float>(shift) : 0.0f;
  }
  return Status();
}

// Numbers as codes of the range that is asked for, which goes to outputs 1 and 2 as it is used.
template <typename Code>
Status Requantize(RunContext& c, const State& state, const float* numbers) {
  Range range;
  const int at = state.ranges() + 4;
  RIVULET_RETURN_IF_ERROR(ReadRange(c, at, at + 1, false, &range));
  constexpr double kCodes = std::numeric_limits<Code>::max();
  if (!state.to_min) {
    const auto largest = static_cast<float>(Largest(range));
    range = {std::numeric_limits<Code>::lowest() < 0 ? -largest : 0.0f, largest};
  }
  const double low = state.to_min ? static_cast<double>(range.low) : 0.0;
  const double scale = kCodes / (static_cast<double>(range.high) - low);
  if (!std::isfinite(scale)) return InvalidArgument("range of the output: want one that is not empty");
  WriteRange(c, 1, range);
  auto* codes = static_cast<Code*>(c.output(0).raw());
  c.ParallelFor(c.output(0).num_elements(), 1 << 14, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      codes[i] = Saturate<Code>(std::nearbyint((static_cast<double>(numbers[i]) - low) * scale));
    }
  });
  return Status();
}

Status Finish(RunContext& c, const State& state, const float* numbers) {
  switch (c.output(0).dtype()) {
    case DType::kQint8: return Requantize<int8_t>(c, state, numbers);
    case DType::kQuint8: return Requantize<uint8_t>(c, state, numbers);
    case DType::kBfloat16:
      NarrowToHalf(DType::kBfloat16, numbers, c.output(0).num_elements(), c.output(0).raw());
      return Status();
    default: return Status();  // made where they belong
  }
}

Status Run(RunContext& c) {
  const auto& state = c.state<State>();
  const int64_t m = c.output(0).dim(0), n = c.output(0).dim(1), k = c.input(0).dim(1), count = m * n;
  ScratchPieces pieces;
  const int64_t packed_at = state.packed != nullptr ? 0 : pieces.Add(PackedMatrixU8::Bytes(k, n));
  const bool turn = c.input(0).dtype() == DType::kQint8;
  const int64_t turned_at = pieces.Add(turn ? c.input(0).num_elements() : 0);
  const int64_t sums_at = pieces.Add(CheckedSize(count) * 4);
  const bool in_place = c.output(0).dtype() == DType::kFloat;
  const int64_t numbers_at = pieces.Add(in_place ? CheckedSize(0) : CheckedSize(count) * 4);
  const int64_t columns_at = pieces.Add(CheckedSize(n) * static_cast<int64_t>(sizeof(ColumnStep)));
  FloatTail tail(c, state.tail, true, pieces);
  RIVULET_RETURN_IF_ERROR(pieces.Allocate(c));

  const PackedMatrixU8 b = state.packed != nullptr
                               ? *state.packed
                               : PackSignedInto(c, 1, k, n, pieces.At<uint8_t>(packed_at), state.transpose_b);
  auto* columns = pieces.At<ColumnStep>(columns_at);
  RIVULET_RETURN_IF_ERROR(FillColumns(c, state, b, columns));
  float* numbers = in_place ? c.output(0).data<float>() : pieces.At<float>(numbers_at);
  if (count == 0) return Finish(c, state, numbers);
  const auto* a = static_cast<const uint8_t*>(c.input(0).raw());
  if (turn) {
    auto* turned = pieces.At<uint8_t>(turned_at);
    c.ParallelFor(m * k, 1 << 16, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) turned[i] = static_cast<uint8_t>(a[i] ^ PackedMatrixU8::kSignedByte);
    });
    a = turned;
  }
  auto* sums = pieces.At<int32_t>(sums_at);
  MatMulU8(a, k, false, turn ? kSignedZero : 0, m, b, kSignedZero, sums, n, c.pool(), c.stop());
  if (c.stop().stopped()) return c.stop().Why();
  c.ParallelFor(m, std::max<int64_t>((1 << 14) / n, 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        numbers[i * n + j] = static_cast<float>(sums[i * n + j]) * columns[j].step + columns[j].shift;
      }
    }
  });
  ApplyEpilogue(c, tail.MakeEpilogue(c, pieces), m, n, numbers);
  tail.Finish(c, m, n, numbers);
  if (c.stop().stopped()) return c.stop().Why();
  return Finish(c, state, numbers);
}

constexpr OpDef kDefs[] = {
    {.name = "_QuantizedMatMul",
     .inputs = "device_inputs:list(Tdevice_inputs), host_inputs:list(Thost_inputs)",
     .outputs = "device_outputs:list(Tdevice_outputs), host_outputs:list(Thost_outputs)",
     .attrs = "Tdevice_inputs:list(type)=[]; Thost_inputs:list(type)=[]; "
              "Tdevice_outputs:list(type)=[] in {f32,bf16,qi8,qu8}; Thost_outputs:list(type)=[]; "
              "T1:type in {qi8,qu8}; T2:type in {qi8}; Tbias:type=f32 in {f32,bf16}; U:type=f32 in {f32,bf16}; "
              "Tout:type=f32 in {f32,bf16,qi8,qu8}; transpose_a:bool=false; transpose_b:bool=false; "
              "is_weight_const:bool=true; is_bias_const:bool=true; fused_ops:list(string)=[]; "
              "input_quant_mode:string=SCALED in {MIN_FIRST,SCALED}; "
              "output_quant_mode:string=SCALED in {MIN_FIRST,SCALED}; leakyrelu_alpha:float=0.2",
     .infer = Infer,
     .prepare = Prepare,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(QuantizedMatMulGeneric, kDefs);

}  // namespace rivulet
