// Tensor arrays: TensorArray, TensorArrayWrite, -Read, -Size, -Close, -Grad and TensorArrayGradWithShape, in all three
// versions; tensor_array_many.cc has those that take or give several elements.
//
// An array lives as long as something refers to it, at most for one run. Handles of the first two versions, strings in
// TensorFlow, are resources here (docs/control_flow.md). Deviations from TensorFlow: what is done to an array is
// ordered by the `flow` values alone, as Python writes them; control inputs between two of its operators may be
// dropped, but for Close's. Gather and Pack of no elements also take the shape that the array knows.
#include "engine/ops/dims.h"
#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/tensor_array_object.h"

namespace rivulet {
namespace {

struct MakeState : OpState {
  TensorArrayOptions options;
};

Result<std::unique_ptr<OpState>> PrepareMake(PrepareContext& c) {
  auto state = std::make_unique<MakeState>();
  state->options.dtype = c.attrs().Type("dtype");
  state->options.element_shape = c.attrs().ShapeAttr("element_shape");
  if (c.node().op == "TensorArrayV3") state->options.identical_shapes = c.attrs().Bool("identical_element_shapes");
  state->options.is_dynamic = c.attrs().Bool("dynamic_size");
  state->options.clear_after_read = c.attrs().Bool("clear_after_read");
  return std::unique_ptr<OpState>(std::move(state));
}

Status InferMake(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, {});
  return Status();
}

void SetHandle(RunContext& c, ObjectRef array) { c.output(0).data<ObjectRef>()[0] = std::move(array); }

Status RunMake(RunContext& c) {
  const int64_t size = c.input(0).data<int32_t>()[0];
  if (size < 0) return InvalidArgument("size: want >= 0, got ", size);
  auto array = std::make_shared<TensorArray>(c.state<MakeState>().options);
  RIVULET_RETURN_IF_ERROR(array->Start(size, c.allocator()));
  SetHandle(c, std::move(array));
  if (c.num_outputs() > 1) c.output(1).data<float>()[0] = 0;
  return Status();
}

// ---- Gradients ----

struct GradientState : OpState {
  std::string source;
};

Result<std::unique_ptr<OpState>> PrepareGradient(PrepareContext& c) {
  auto state = std::make_unique<GradientState>();
  state->source = c.attrs().Str("source");
  return std::unique_ptr<OpState>(std::move(state));
}

Status InferGradient(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  if (c.num_inputs() > 2) RIVULET_RETURN_IF_ERROR(c.WantRank(2, 1));
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, {});
  return Status();
}

Status RunGradient(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto array, ObjectIn<TensorArray>(c.input(0)));
  Shape prefix;
  if (c.num_inputs() > 2) {
    RIVULET_ASSIGN_OR_RETURN(prefix, ShapeOf(ReadIntegers(c.input(2)), "shape_to_prepend"));
  }
  RIVULET_ASSIGN_OR_RETURN(auto gradient, array->Gradient(c.state<GradientState>().source, prefix, c.allocator()));
  SetHandle(c, std::move(gradient));
  if (c.num_outputs() > 1) c.output(1).data<float>()[0] = c.input(1).data<float>()[0];
  return Status();
}

// ---- One element ----

Status InferWrite(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(3));
  c.set_output(0, {});
  return Status();
}

Status RunWrite(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto array, ObjectIn<TensorArray>(c.input(0)));
  RIVULET_RETURN_IF_ERROR(array->Write(c.input(1).data<int32_t>()[0], c.TakeInput(2), c.allocator()));
  c.output(0).data<float>()[0] = c.input(3).data<float>()[0];
  return Status();
}

struct ReadState : OpState {
  DType dtype = DType::kInvalid;
};

Result<std::unique_ptr<OpState>> PrepareRead(PrepareContext& c) {
  auto state = std::make_unique<ReadState>();
  state->dtype = c.attrs().Type("dtype");
  return std::unique_ptr<OpState>(std::move(state));
}

Status InferRead(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  // What it is, says who has followed the handle to the array's maker (engine/run/element_shapes.cc).
  const auto* shape = c.node().attrs.Get<Shape>("_element_shape");
  c.set_output(0, shape != nullptr ? *shape : Shape::UnknownRank());
  return Status();
}

Status RunRead(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto array, ObjectIn<TensorArray>(c.input(0)));
  const DType dtype = c.state<ReadState>().dtype;
  if (array->dtype() != dtype) {
    return InvalidArgument("the tensor array is ", array->dtype(), ", attr 'dtype' says ", dtype);
  }
  RIVULET_ASSIGN_OR_RETURN(const Tensor value, array->Read(c.input(1).data<int32_t>()[0], c.allocator()));
  c.SetOutput(0, value);
  return Status();
}

// ---- The array itself ----

Status InferSize(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  c.set_output(0, {});
  return Status();
}

Status RunSize(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto array, ObjectIn<TensorArray>(c.input(0)));
  RIVULET_ASSIGN_OR_RETURN(const int64_t size, array->Size());
  c.output(0).data<int32_t>()[0] = static_cast<int32_t>(size);
  return Status();
}

Status RunClose(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const auto array, ObjectIn<TensorArray>(c.input(0)));
  array->Close();
  return Status();
}

#define RIVULET_ELEMENTS "in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,str,c64,c128,resource,variant}"
#define RIVULET_OPTIONS "dynamic_size:bool=false; clear_after_read:bool=true; tensor_array_name:string=\"\""

#define RIVULET_MAKE(op, result, more)                                                                               \
  {                                                                                                                  \
    .name = op, .inputs = "size:i32", .outputs = result,                                                             \
    .attrs = "dtype:type; element_shape:shape=?; " RIVULET_OPTIONS more, .infer = InferMake, .prepare = PrepareMake, \
    .run = RunMake, .flags = kStateful | kTakesObjects                                                               \
  }
#define RIVULET_GRADIENT(op, handle, more, result)                                                  \
  {                                                                                                 \
    .name = op, .inputs = handle ", flow_in:f32" more, .outputs = result, .attrs = "source:string", \
    .infer = InferGradient, .prepare = PrepareGradient, .run = RunGradient, .flags = kStateful      \
  }
#define RIVULET_WRITE(op, handle)                                                                 \
  {                                                                                               \
    .name = op, .inputs = handle ", index:i32, value:T, flow_in:f32", .outputs = "flow_out:f32",  \
    .attrs = "T:type " RIVULET_ELEMENTS, .infer = InferWrite, .run = RunWrite, .flags = kStateful \
  }
#define RIVULET_READ(op, handle)                                                                         \
  {                                                                                                      \
    .name = op, .inputs = handle ", index:i32, flow_in:f32", .outputs = "value:dtype",                   \
    .attrs = "dtype:type " RIVULET_ELEMENTS, .infer = InferRead, .prepare = PrepareRead, .run = RunRead, \
    .flags = kStateful | kMakesOutputs | kDataDependent                                                  \
  }
#define RIVULET_SIZE(op, handle)                                                                          \
  {                                                                                                       \
    .name = op, .inputs = handle ", flow_in:f32", .outputs = "size:i32", .attrs = "", .infer = InferSize, \
    .run = RunSize, .flags = kStateful                                                                    \
  }
#define RIVULET_CLOSE(op, handle) \
  { .name = op, .inputs = handle, .outputs = "", .attrs = "", .infer = InferNothing, .run = RunClose, .flags = kEffect }

#define RIVULET_V1 "handle:ref str"
#define RIVULET_V2 "handle:resource"

constexpr OpDef kDefs[] = {
    RIVULET_MAKE("TensorArray", "handle:ref str", ""),
    RIVULET_MAKE("TensorArrayV2", "handle:resource", ""),
    RIVULET_MAKE("TensorArrayV3", "handle:resource, flow:f32", "; identical_element_shapes:bool=false"),
    RIVULET_GRADIENT("TensorArrayGrad", RIVULET_V1, "", "grad_handle:ref str"),
    RIVULET_GRADIENT("TensorArrayGradV2", RIVULET_V2, "", "grad_handle:resource"),
    RIVULET_GRADIENT("TensorArrayGradV3", RIVULET_V2, "", "grad_handle:resource, flow_out:f32"),
    RIVULET_GRADIENT("TensorArrayGradWithShape", RIVULET_V2, ", shape_to_prepend:i32",
                     "grad_handle:resource, flow_out:f32"),
    RIVULET_WRITE("TensorArrayWrite", RIVULET_V1),
    RIVULET_WRITE("TensorArrayWriteV2", RIVULET_V2),
    RIVULET_WRITE("TensorArrayWriteV3", RIVULET_V2),
    RIVULET_READ("TensorArrayRead", RIVULET_V1),
    RIVULET_READ("TensorArrayReadV2", RIVULET_V2),
    RIVULET_READ("TensorArrayReadV3", RIVULET_V2),
    RIVULET_SIZE("TensorArraySize", RIVULET_V1),
    RIVULET_SIZE("TensorArraySizeV2", RIVULET_V2),
    RIVULET_SIZE("TensorArraySizeV3", RIVULET_V2),
    RIVULET_CLOSE("TensorArrayClose", RIVULET_V1),
    RIVULET_CLOSE("TensorArrayCloseV2", RIVULET_V2),
    RIVULET_CLOSE("TensorArrayCloseV3", RIVULET_V2),
};

}  // namespace

RIVULET_OP_LIST(TensorArray, kDefs);

}  // namespace rivulet
