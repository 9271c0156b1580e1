// Shape, ShapeN, Size, Rank: dims, number of elements and number of dims of tensors of any T.
//
// The results are known, and nothing is run, as soon as the shape is.
#include "engine/ops/dims.h"

namespace rivulet {
namespace {

Status InferDims(InferContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) {
    const Shape& shape = c.shape(i);
    if (!shape.has_rank()) {
      c.set_output(i, Shape::OfUnknownDims(1));
      continue;
    }
    c.set_output(i, {shape.rank()});
    if (!shape.complete()) continue;
    RIVULET_ASSIGN_OR_RETURN(Tensor value,
                             IntegerTensor(c.output_dtype(i), {shape.rank()}, shape.dims(), c.allocator()));
    c.set_value(i, std::move(value));
  }
  return Status();
}

Status RunDims(RunContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i)
    RIVULET_RETURN_IF_ERROR(WriteIntegers(c.input(i).shape().dims(), c.output(i)));
  return Status();
}

Status InferSize(InferContext& c) {
  c.set_output(0, {});
  const int64_t size = c.shape(0).complete() ? c.shape(0).num_elements() : -1;
  if (size < 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(Tensor value, IntegerTensor(c.output_dtype(0), {}, {&size, 1}, c.allocator()));
  c.set_value(0, std::move(value));
  return Status();
}

Status RunSize(RunContext& c) {
  const int64_t size = c.input(0).num_elements();
  return WriteIntegers({&size, 1}, c.output(0));
}

Status InferRank(InferContext& c) {
  c.set_output(0, {});
  if (c.shape(0).has_rank()) c.set_value(0, Tensor::Scalar<int32_t>(c.shape(0).rank()));
  return Status();
}

Status RunRank(RunContext& c) {
  c.output(0).data<int32_t>()[0] = c.input(0).rank();
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "Shape",
     .inputs = "input:T",
     .outputs = "output:out_type",
     .attrs = "T:type; out_type:type=i32 in {i32,i64}",
     .infer = InferDims,
     .run = RunDims,
     .flags = kTakesObjects},
    {.name = "ShapeN",
     .inputs = "input:N*T",
     .outputs = "output:N*out_type",
     .attrs = "N:int >=1; T:type; out_type:type=i32 in {i32,i64}",
     .infer = InferDims,
     .run = RunDims,
     .flags = kTakesObjects},
    {.name = "Size",
     .inputs = "input:T",
     .outputs = "output:out_type",
     .attrs = "T:type; out_type:type=i32 in {i32,i64}",
     .infer = InferSize,
     .run = RunSize,
     .flags = kTakesObjects},
    {.name = "Rank",
     .inputs = "input:T",
     .outputs = "output:i32",
     .attrs = "T:type",
     .infer = InferRank,
     .run = RunRank,
     .flags = kTakesObjects},
};

}  // namespace

RIVULET_OP_LIST(Shape, kDefs);

}  // namespace rivulet
