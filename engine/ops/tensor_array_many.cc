// Several elements of a tensor array at once, in all versions: TensorArrayGather and -Pack (along a new first axis),
// -Concat (along their own), -Scatter, -Unpack and -Split (the other way round). See tensor_array.cc.
//
// What was unpacked or scattered in order and what is packed in order is the array's own memory, not a copy.
#include "engine/ops/op.h"
#include "engine/ops/tensor_array_object.h"
#include "engine/ops/tensor_list_value.h"

namespace rivulet {
namespace {

struct State : OpState {
  DType dtype = DType::kInvalid;
  Shape shape = Shape::UnknownRank();  // of the elements, or of what Concat leaves of it
};

Result<std::unique_ptr<OpState>> PrepareGather(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->dtype = c.attrs().Type("dtype");
  state->shape = c.attrs().ShapeAttr("element_shape");
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::unique_ptr<OpState>> PrepareConcat(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->dtype = c.attrs().Type("dtype");
  state->shape = c.attrs().ShapeAttr("element_shape_except0");
  return std::unique_ptr<OpState>(std::move(state));
}

Result<std::shared_ptr<TensorArray>> ArrayOf(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(auto array, ObjectIn<TensorArray>(c.input(0)));
  const DType dtype = c.state<State>().dtype;
  if (array->dtype() != dtype) {
    return InvalidArgument("the tensor array is ", array->dtype(), ", attr 'dtype' says ", dtype);
  }
  return array;
}

Status InferPack(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  c.set_output(0, WithFirstDim(Shape::kUnknownDim, c.attrs().ShapeAttr("element_shape")));
  return Status();
}

Status RunPack(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto array, ArrayOf(c));
  RIVULET_ASSIGN_OR_RETURN(const Tensor packed, array->GatherAll(c.state<State>().shape, c.allocator()));
  c.SetOutput(0, packed);
  return Status();
}

Status InferGather(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(1, 1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  const int64_t count = c.shape(1).has_rank() ? c.shape(1)[0] : Shape::kUnknownDim;
  c.set_output(0, WithFirstDim(count, c.attrs().ShapeAttr("element_shape")));
  return Status();
}

Status RunGather(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto array, ArrayOf(c));
  const Tensor& indices = c.input(1);
  if (indices.rank() != 1) return InvalidArgument("indices: want a vector, got ", indices.shape());
  RIVULET_ASSIGN_OR_RETURN(const Tensor gathered, array->Gather(indices.data<int32_t>(), indices.num_elements(),
                                                                c.state<State>().shape, c.allocator()));
  c.SetOutput(0, gathered);
  return Status();
}

Status InferConcat(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  c.set_output(0, WithFirstDim(Shape::kUnknownDim, c.attrs().ShapeAttr("element_shape_except0")));
  c.set_output(1, Shape::OfUnknownDims(1));
  return Status();
}

Status RunConcat(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto array, ArrayOf(c));
  Tensor lengths;
  RIVULET_ASSIGN_OR_RETURN(const Tensor joined, array->Concat(c.state<State>().shape, &lengths, c.allocator()));
  c.SetOutput(0, joined);
  c.SetOutput(1, lengths);
  return Status();
}

// The flow comes last.
Status InferTake(InferContext& c) {
  const int flow = c.num_inputs() - 1;
  const int value = c.node().op.find("Scatter") != std::string::npos ? 2 : 1;
  RIVULET_RETURN_IF_ERROR(c.WantMinRank(value, 1));
  if (flow > 2) RIVULET_RETURN_IF_ERROR(c.WantRank(value == 2 ? 1 : 2, 1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(flow));
  c.set_output(0, {});
  return Status();
}

void PassFlow(RunContext& c) { c.output(0).data<float>()[0] = c.input(c.num_inputs() - 1).data<float>()[0]; }

Status RunUnpack(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto array, ObjectIn<TensorArray>(c.input(0)));
  RIVULET_RETURN_IF_ERROR(array->Scatter(c.TakeInput(1), nullptr, c.allocator()));
  PassFlow(c);
  return Status();
}

Status RunScatter(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto array, ObjectIn<TensorArray>(c.input(0)));
  const Tensor& indices = c.input(1);
  const Tensor& value = c.input(2);
  if (indices.rank() != 1 || value.rank() < 1 || indices.num_elements() != value.dim(0)) {
    return InvalidArgument("want one index for each row, got ", indices.shape(), " and ", value.shape());
  }
  RIVULET_RETURN_IF_ERROR(array->Scatter(c.TakeInput(2), indices.data<int32_t>(), c.allocator()));
  PassFlow(c);
  return Status();
}

Status RunSplit(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto array, ObjectIn<TensorArray>(c.input(0)));
  const Tensor& lengths = c.input(2);
  if (lengths.rank() != 1) return InvalidArgument("lengths: want a vector, got ", lengths.shape());
  RIVULET_RETURN_IF_ERROR(array->Split(c.input(1), lengths.values<int64_t>(), c.allocator()));
  PassFlow(c);
  return Status();
}

#define RIVULET_PLAIN "bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128"
#define RIVULET_V1 "handle:ref str"
#define RIVULET_V2 "handle:resource"

#define RIVULET_PACK(op, handle, indices, infer_fn, run_fn)                                                      \
  {                                                                                                              \
    .name = op, .inputs = handle indices ", flow_in:f32", .outputs = "value:dtype",                              \
    .attrs = "dtype:type in {" RIVULET_PLAIN ",qi8,qu8,qi32,variant}; element_shape:shape=?", .infer = infer_fn, \
    .prepare = PrepareGather, .run = run_fn, .flags = kStateful | kMakesOutputs | kDataDependent                 \
  }
#define RIVULET_JOIN(op, handle)                                                                                    \
  {                                                                                                                 \
    .name = op, .inputs = handle ", flow_in:f32", .outputs = "value:dtype, lengths:i64",                            \
    .attrs = "dtype:type in {" RIVULET_PLAIN ",qi8,qu8,qi32}; element_shape_except0:shape=?", .infer = InferConcat, \
    .prepare = PrepareConcat, .run = RunConcat, .flags = kStateful | kMakesOutputs | kDataDependent                 \
  }
#define RIVULET_TAKE(op, inputs_text, run_fn)                                                                        \
  {                                                                                                                  \
    .name = op, .inputs = inputs_text ", flow_in:f32", .outputs = "flow_out:f32",                                    \
    .attrs = "T:type in {" RIVULET_PLAIN ",resource,variant}", .infer = InferTake, .run = run_fn, .flags = kStateful \
  }

constexpr OpDef kDefs[] = {
    RIVULET_PACK("TensorArrayPack", RIVULET_V1, "", InferPack, RunPack),
    RIVULET_PACK("TensorArrayGather", RIVULET_V1, ", indices:i32", InferGather, RunGather),
    RIVULET_PACK("TensorArrayGatherV2", RIVULET_V2, ", indices:i32", InferGather, RunGather),
    RIVULET_PACK("TensorArrayGatherV3", RIVULET_V2, ", indices:i32", InferGather, RunGather),
    RIVULET_JOIN("TensorArrayConcat", RIVULET_V1),
    RIVULET_JOIN("TensorArrayConcatV2", RIVULET_V2),
    RIVULET_JOIN("TensorArrayConcatV3", RIVULET_V2),
    RIVULET_TAKE("TensorArrayUnpack", RIVULET_V1 ", value:T", RunUnpack),
    RIVULET_TAKE("TensorArrayScatter", RIVULET_V1 ", indices:i32, value:T", RunScatter),
    RIVULET_TAKE("TensorArrayScatterV2", RIVULET_V2 ", indices:i32, value:T", RunScatter),
    RIVULET_TAKE("TensorArrayScatterV3", RIVULET_V2 ", indices:i32, value:T", RunScatter),
    RIVULET_TAKE("TensorArraySplit", RIVULET_V1 ", value:T, lengths:i64", RunSplit),
    RIVULET_TAKE("TensorArraySplitV2", RIVULET_V2 ", value:T, lengths:i64", RunSplit),
    RIVULET_TAKE("TensorArraySplitV3", RIVULET_V2 ", value:T, lengths:i64", RunSplit),
};

}  // namespace

RIVULET_OP_LIST(TensorArrayMany, kDefs);

}  // namespace rivulet
