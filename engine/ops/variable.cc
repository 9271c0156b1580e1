// Variables, of both kinds: resources (VarHandleOp, ReadVariableOp, AssignVariableOp, ...) and references (Variable,
// VariableV2, Assign, ...). A reference is a resource here (docs/control_flow.md), so both share the kernels. No
// deviation from TensorFlow, but that a change of an uninitialised variable says so in its own words.
#include "engine/ops/variable.h"

#include "engine/graph/shape_math.h"
#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/rows.h"
#include "engine/ops/with.h"

namespace rivulet {

namespace {

struct HandleState : OpState {
  std::string container;
  std::string name;
  DType dtype = DType::kInvalid;
  Shape shape;
};

Result<std::unique_ptr<OpState>> PrepareHandle(PrepareContext& c) {
  auto state = std::make_unique<HandleState>();
  state->container = c.attrs().Str("container");
  state->name = c.attrs().Str("shared_name");
  if (state->name.empty()) state->name = c.node().name;
  state->dtype = c.attrs().Type("dtype");
  state->shape = c.attrs().ShapeAttr("shape");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunHandle(RunContext& c) {
  const auto& state = c.state<HandleState>();
  if (c.resources() == nullptr) return Internal("a variable without a session");
  RIVULET_ASSIGN_OR_RETURN(ObjectRef object, c.resources()->GetOrMake(state.container, state.name, [&]() {
    return Result<ObjectRef>(std::make_shared<Variable>(state.dtype, state.shape));
  }));
  if (object->kind() != Variable::kKind) {
    return InvalidArgument(Quoted(state.name), " is a ", object->kind(), ", want a variable");
  }
  const DType held = static_cast<const Variable&>(*object).dtype();
  if (held != state.dtype) {
    return InvalidArgument("variable ", Quoted(state.name), " is ", held, ", attr 'dtype' says ", state.dtype);
  }
  c.SetOutput(0, ScalarOf(DType::kResource, std::move(object)));
  return Status();
}

Status InferRead(InferContext& c) {
  if (!c.known(0)) return Status();
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> variable, ObjectIn<Variable>(*c.value(0)));
  const bool tells = variable->declared_shape().complete() && variable->declared_shape().num_elements() > 0;
  if (tells) c.set_output(0, variable->declared_shape());
  return Status();
}

Result<Tensor> ReadAs(const Tensor& handle, DType dtype) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> variable, ObjectIn<Variable>(handle));
  RIVULET_ASSIGN_OR_RETURN(Tensor value, variable->Read());
  if (value.dtype() != dtype) return InvalidArgument("the variable is ", value.dtype(), ", want ", dtype);
  return value;
}

Status RunRead(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(Tensor value, ReadAs(c.input(0), c.output(0).dtype()));
  if (!value.is_aligned()) {
    RIVULET_ASSIGN_OR_RETURN(value, Clone(value, c.allocator()));
  }
  c.SetOutput(0, value);
  return Status();
}

Status AssignTo(RunContext& c, bool validate) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> variable, ObjectIn<Variable>(c.input(0)));
  if (validate) {
    const Shape& want = variable->declared_shape();
    Status status = MergeShapes(want, c.input(1).shape()).status();
    if (!status.ok()) {
      return InvalidArgument("the variable has shape ", want, ", the value ", c.input(1).shape());
    }
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor value, Owned(c.TakeInput(1), c.allocator()));
  return variable->Assign(std::move(value));
}

Status RunAssignResource(RunContext& c) { return AssignTo(c, false); }

struct AssignState : OpState {
  bool validate = true;
};

Result<std::unique_ptr<OpState>> PrepareAssign(PrepareContext& c) {
  auto state = std::make_unique<AssignState>();
  state->validate = c.attrs().Bool("validate_shape");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunAssignReference(RunContext& c) {
  const Tensor handle = c.input(0);
  RIVULET_RETURN_IF_ERROR(AssignTo(c, c.state<AssignState>().validate));
  c.SetOutput(0, handle);
  return Status();
}

Status Change(RunContext& c, Combine how) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> variable, ObjectIn<Variable>(c.input(0)));
  const Tensor& delta = c.input(1);
  if (c.num_outputs() > 0) c.SetOutput(0, c.input(0));  // a reference
  return variable->Modify(c.allocator(), [&](Tensor& value) -> Status {
    if (delta.dtype() != value.dtype() || !(delta.shape() == value.shape())) {
      return InvalidArgument("the variable is ", value.dtype(), value.shape(), ", the change ", delta.dtype(),
                             delta.shape());
    }
    const CombineRows combine = FindCombine(how, value.dtype());
    if (combine == nullptr) return Unimplemented("variables of ", value.dtype(), " cannot be changed so");
    combine(value.raw(), delta.raw(), value.num_elements());
    return Status();
  });
}

Status RunIsInitialized(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> variable, ObjectIn<Variable>(c.input(0)));
  c.output(0).data<bool>()[0] = variable->initialized();
  return Status();
}

Status InferShapeOf(InferContext& c) {
  c.set_output(0, Shape::OfUnknownDims(1));
  return Status();
}

Status RunShapeOf(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> variable, ObjectIn<Variable>(c.input(0)));
  RIVULET_ASSIGN_OR_RETURN(const Tensor value, variable->Read());
  RIVULET_RETURN_IF_ERROR(c.AllocateOutput(0, {value.rank()}));
  for (int d = 0; d < value.rank(); ++d) {
    if (c.output(0).dtype() == DType::kInt32) {
      if (value.dim(d) > INT32_MAX) return InvalidArgument("dim ", d, " does not fit int32");
      c.output(0).data<int32_t>()[d] = static_cast<int32_t>(value.dim(d));
    } else {
      c.output(0).data<int64_t>()[d] = value.dim(d);
    }
  }
  return Status();
}

Status RunPassReference(RunContext& c) {
  c.SetOutput(0, c.input(0));
  return Status();
}

#define RIVULET_NUMBERS "{f32,f16,bf16,f64,i32,i64,i16,i8,u8,u16,u32,u64,c64,c128}"

constexpr OpDef kDefs[] = {
    {.name = "VarHandleOp",
     .inputs = "",
     .outputs = "resource:resource",
     .attrs = "container:string=\"\"; shared_name:string=\"\"; debug_name:string=\"\"; dtype:type; shape:shape=?; "
              "allowed_devices:list(string)=[]",
     .infer = InferScalar,
     .prepare = PrepareHandle,
     .run = RunHandle,
     .flags = kNamedResource | kTakesObjects | kMakesOutputs},
    {.name = "VariableV2",
     .inputs = "",
     .outputs = "ref:ref dtype",
     .attrs = "shape:shape; dtype:type; container:string=\"\"; shared_name:string=\"\"",
     .infer = InferScalar,
     .prepare = PrepareHandle,
     .run = RunHandle,
     .flags = kNamedResource | kTakesObjects | kMakesOutputs},
    {.name = "Variable",
     .inputs = "",
     .outputs = "ref:ref dtype",
     .attrs = "shape:shape; dtype:type; container:string=\"\"; shared_name:string=\"\"",
     .infer = InferScalar,
     .prepare = PrepareHandle,
     .run = RunHandle,
     .flags = kNamedResource | kTakesObjects | kMakesOutputs},
    {.name = "ReadVariableOp",
     .inputs = "resource:resource",
     .outputs = "value:dtype",
     .attrs = "dtype:type",
     .infer = InferRead,
     .run = RunRead,
     .flags = kStateful | kTakesObjects | kMakesOutputs},
    {.name = "AssignVariableOp",
     .inputs = "resource:resource, value:dtype",
     .outputs = "",
     .attrs = "dtype:type; validate_shape:bool=false",
     .infer = InferNothing,
     .run = RunAssignResource,
     .flags = kEffect | kTakesObjects},
    {.name = "AssignAddVariableOp",
     .inputs = "resource:resource, value:dtype",
     .outputs = "",
     .attrs = "dtype:type in " RIVULET_NUMBERS,
     .infer = InferNothing,
     .run = With<Change, Combine::kAdd>,
     .flags = kEffect},
    {.name = "AssignSubVariableOp",
     .inputs = "resource:resource, value:dtype",
     .outputs = "",
     .attrs = "dtype:type in " RIVULET_NUMBERS,
     .infer = InferNothing,
     .run = With<Change, Combine::kSubtract>,
     .flags = kEffect},
    {.name = "VarIsInitializedOp",
     .inputs = "resource:resource",
     .outputs = "is_initialized:bool",
     .attrs = "",
     .infer = InferScalar,
     .run = RunIsInitialized,
     .flags = kStateful},
    {.name = "VariableShape",
     .inputs = "input:resource",
     .outputs = "output:out_type",
     .attrs = "out_type:type=i32 in {i32,i64}",
     .infer = InferShapeOf,
     .run = RunShapeOf,
     .flags = kStateful | kDataDependent},
    {.name = "Assign",
     .inputs = "ref:ref T, value:T",
     .outputs = "output_ref:ref T",
     .attrs = "T:type; validate_shape:bool=true; use_locking:bool=true",
     .infer = InferScalar,
     .prepare = PrepareAssign,
     .run = RunAssignReference,
     .flags = kEffect | kTakesObjects | kMakesOutputs},
    {.name = "AssignAdd",
     .inputs = "ref:ref T, value:T",
     .outputs = "output_ref:ref T",
     .attrs = "T:type in " RIVULET_NUMBERS "; use_locking:bool=false",
     .infer = InferScalar,
     .run = With<Change, Combine::kAdd>,
     .flags = kEffect | kMakesOutputs},
    {.name = "AssignSub",
     .inputs = "ref:ref T, value:T",
     .outputs = "output_ref:ref T",
     .attrs = "T:type in " RIVULET_NUMBERS "; use_locking:bool=false",
     .infer = InferScalar,
     .run = With<Change, Combine::kSubtract>,
     .flags = kEffect | kMakesOutputs},
    {.name = "IsVariableInitialized",
     .inputs = "ref:ref dtype",
     .outputs = "is_initialized:bool",
     .attrs = "dtype:type",
     .infer = InferScalar,
     .run = RunIsInitialized,
     .flags = kStateful | kTakesObjects},
    {.name = "DebugGradientRefIdentity",
     .inputs = "input:ref T",
     .outputs = "output:ref T",
     .attrs = "T:type",
     .infer = InferScalar,
     .run = RunPassReference,
     .flags = kStateful | kTakesObjects | kMakesOutputs},
    {.name = "RefIdentity",
     .inputs = "input:ref T",
     .outputs = "output:ref T",
     .attrs = "T:type",
     .infer = InferScalar,
     .run = RunPassReference,
     .flags = kStateful | kTakesObjects | kMakesOutputs},
};

}  // namespace

RIVULET_OP_LIST(Variable, kDefs);

}  // namespace rivulet
