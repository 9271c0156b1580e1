// RequantizationRange, Requantize, QuantizeDownAndShrinkRange: 32-bit codes to 8-bit ones.
//
//   input [..] of qint32, input_min, input_max, (requested_output_min, requested_output_max)
//   -> (output [..] of qint8 or quint8), output_min, output_max
//
// To quint8 the codes are computed in fixed point with 16 bits, as in TensorFlow; to qint8 in floating point.
#include "engine/kernels/quantized_codes.h"
#include "engine/ops/quantized_ranges.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  if (c.num_outputs() == 3) {
    RIVULET_RETURN_IF_ERROR(WantScalars(c, 1, c.num_inputs() - 1));
    SetQuantizedOutputs(c, c.shape(0));
  } else {
    RIVULET_RETURN_IF_ERROR(WantOneElement(c, 1, 2));
    c.set_output(0, {});
    c.set_output(1, {});
  }
  return Status();
}

Range UsedRange(const Tensor& input, Range range) {
  int32_t low = std::numeric_limits<int32_t>::max(), high = std::numeric_limits<int32_t>::lowest();
  ExtremesOfCodes(static_cast<const int32_t*>(input.raw()), input.num_elements(), &low, &high);
  return UsedRange(low, high, range);
}

void ToUint8(RunContext& c, Range from, Range to) {
  const RequantizeScale how(from, to);
  const int32_t* x = static_cast<const int32_t*>(c.input(0).raw());
  auto* y = static_cast<uint8_t*>(c.output(0).raw());
  c.ParallelFor(c.output(0).num_elements(), 1 << 14, [&](int64_t begin, int64_t end) {
    RequantizeCodes(x + begin, end - begin, how.scale, how.offset, y + begin);
  });
}

void ToInt8(RunContext& c, Range from, Range to) {
  const int32_t* x = static_cast<const int32_t*>(c.input(0).raw());
  auto* y = static_cast<int8_t*>(c.output(0).raw());
  c.ParallelFor(c.output(0).num_elements(), 1 << 12, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = Recode<int32_t, int8_t>(x[i], from, to);
  });
}

Status RunRange(RunContext& c) {
  Range range;
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 1, 2, false, &range));
  WriteRange(c, 0, UsedRange(c.input(0), range));
  return Status();
}

Status RunShrink(RunContext& c) {
  Range range;
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 1, 2, false, &range));
  const Range used = UsedRange(c.input(0), range);
  ToUint8(c, range, used);
  WriteRange(c, 1, used);
  return Status();
}

Status Run(RunContext& c) {
  Range from, to;
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 1, 2, false, &from));
  RIVULET_RETURN_IF_ERROR(ReadRange(c, 3, 4, false, &to));
  if (to.low > 0) return InvalidArgument("requested_output_min: want <= 0, got ", to.low);
  c.output(0).dtype() == DType::kQuint8 ? ToUint8(c, from, to) : ToInt8(c, from, to);
  WriteRange(c, 1, to);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "RequantizationRange",
     .inputs = "input:Tinput, input_min:f32, input_max:f32",
     .outputs = "output_min:f32, output_max:f32",
     .attrs = "Tinput:type in {qi32}",
     .infer = Infer,
     .run = RunRange},
    {.name = "Requantize",
     .inputs = "input:Tinput, input_min:f32, input_max:f32, requested_output_min:f32, requested_output_max:f32",
     .outputs = "output:out_type, output_min:f32, output_max:f32",
     .attrs = "Tinput:type in {qi32}; out_type:type in {qi8,qu8}",
     .infer = Infer,
     .run = Run},
    {.name = "QuantizeDownAndShrinkRange",
     .inputs = "input:Tinput, input_min:f32, input_max:f32",
     .outputs = "output:out_type, output_min:f32, output_max:f32",
     .attrs = "Tinput:type in {qi32}; out_type:type in {qu8}",
     .infer = Infer,
     .run = RunShrink},
};

}  // namespace

RIVULET_OP_LIST(Requantize, kDefs);

}  // namespace rivulet
