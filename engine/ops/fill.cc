// Fill: a tensor of the given dims with every element `value`. Empty: one whose content is left open; it is zeros here.
#include "engine/ops/dims.h"
#include "engine/ops/axis_copy.h"

namespace rivulet {
namespace {

Status InferFill(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  RIVULET_ASSIGN_OR_RETURN(Shape out, ShapeFromInput(c, 0, "dims"));
  c.set_output(0, std::move(out));
  return Status();
}

Status RunFill(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Shape want, ShapeOf(ReadIntegers(c.input(0)), "dims"));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  if (c.input(1).num_elements() != 1) return InvalidArgument("value: want a scalar, got shape ", c.input(1).shape());
  return FillTensor(c, c.output(0), c.input(1).raw());
}

Status InferEmpty(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(Shape out, ShapeFromInput(c, 0, "shape"));
  c.set_output(0, std::move(out));
  return Status();
}

Status RunEmpty(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Shape want, ShapeOf(ReadIntegers(c.input(0)), "shape"));
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, want));
  return ClearTensor(c, c.output(0));
}

constexpr OpDef kDefs[] = {
    {.name = "Fill",
     .inputs = "dims:index_type, value:T",
     .outputs = "output:T",
     .attrs =
         "T:type in "
         "{bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,qi8,qu8,qi16,qu16,qi32,resource,variant}; "
         "index_type:type=i32 in {i32,i64}",
     .infer = InferFill,
     .run = RunFill},
    {.name = "Empty",
     .inputs = "shape:i32",
     .outputs = "output:dtype",
     .attrs = "dtype:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128}; init:bool=false",
     .infer = InferEmpty,
     .run = RunEmpty},
};

}  // namespace

RIVULET_OP_LIST(Fill, kDefs);

}  // namespace rivulet
