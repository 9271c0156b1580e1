// Pad, PadV2: paddings[i] = [before, after] places of zeros (PadV2: of constant_values) around axis i.
#include <string>

#include "engine/base/checked.h"
#include "engine/ops/dims.h"
#include "engine/ops/padding_input.h"
#include "engine/ops/axis_copy.h"

namespace rivulet {
namespace {

Status InferPad(InferContext& c) {
  if (c.num_inputs() > 2) RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  RIVULET_ASSIGN_OR_RETURN(Shape out, PaddedFromInputs(c));
  c.set_output(0, std::move(out));
  return Status();
}

Status RunPad(RunContext& c) {
  const Tensor& input = c.input(0);
  Tensor& output = c.output(0);
  RIVULET_ASSIGN_OR_RETURN(const std::vector<AxisPadding> pads, ReadPaddings(c.input(1), input.rank()));
  RIVULET_ASSIGN_OR_RETURN(const Shape padded, PaddedShape(input.shape(), pads));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, padded));
  if (output.num_elements() == 0) return Status();
  if (input.num_elements() < output.num_elements()) {
    if (c.num_inputs() > 2) {
      if (c.input(2).num_elements() != 1) {
        return InvalidArgument("constant_values: want a scalar, got shape ", c.input(2).shape());
      }
      RIVULET_RETURN_IF_ERROR(FillTensor(c, output, c.input(2).raw()));
    } else {
      RIVULET_RETURN_IF_ERROR(ClearTensor(c, output));
    }
  }
  if (input.num_elements() == 0) return Status();
  AxisCopy copy(input.dtype());
  int64_t from_step = input.num_elements(), to_step = output.num_elements(), to = 0;
  for (int i = 0; i < input.rank(); ++i) {
    from_step /= input.dim(i);
    to_step /= output.dim(i);
    to += pads[static_cast<size_t>(i)].before * to_step;
    copy.Axis(input.dim(i), from_step, to_step);
  }
  return copy.Run(c, input.raw(), 0, output.raw(), to);
}

#define RIVULET_ANY "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi32}; "

constexpr OpDef kDefs[] = {
    {.name = "Pad",
     .inputs = "input:T, paddings:Tpaddings",
     .outputs = "output:T",
     .attrs = RIVULET_ANY "Tpaddings:type=i32 in {i32,i64}",
     .infer = InferPad,
     .run = RunPad},
    {.name = "PadV2",
     .inputs = "input:T, paddings:Tpaddings, constant_values:T",
     .outputs = "output:T",
     .attrs = RIVULET_ANY "Tpaddings:type=i32 in {i32,i64}",
     .infer = InferPad,
     .run = RunPad},
};

}  // namespace

RIVULET_OP_LIST(Pad, kDefs);

}  // namespace rivulet
