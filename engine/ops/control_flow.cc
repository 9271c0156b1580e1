// Control flow: functions called (PartitionedCall), branches and loops as functions (If, Case, While, For), and the
// pieces that older graphs are made of (Switch, Merge, Enter, Exit, NextIteration, LoopCond). The executor gives all of
// them their meaning (docs/control_flow.md); here are their signatures and shapes. BatchFunction is a call: of the
// requests that TensorFlow's would gather there is one, and nothing is filled up to a size that is allowed. MapDefun
// calls its function for each row of its arguments.
#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"

namespace rivulet {
namespace {

Status RunNothing(RunContext&) { return Status(); }

Status InferSwitch(InferContext& c) {
  if (c.dtype(1) == DType::kBool) RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, c.shape(0));
  return Status();
}

// Inputs that a loop leads back to are not known yet.
Status InferMerge(InferContext& c) {
  Shape shape = c.num_inputs() > 0 ? c.shape(0) : Shape::UnknownRank();
  for (int i = 1; i < c.num_inputs(); ++i) {
    const Shape& other = c.shape(i);
    if (!other.has_rank() || !shape.has_rank() || other.rank() != shape.rank()) {
      shape = Shape::UnknownRank();
      break;
    }
    for (int d = 0; d < shape.rank(); ++d) {
      if (shape[d] != other[d]) shape.set_dim(d, Shape::kUnknownDim);
    }
  }
  c.set_output(0, std::move(shape));
  c.set_output(1, {});
  return Status();
}

Status InferLoopCond(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(0));
  c.set_output(0, c.shape(0));  // one of unknown shape is handed on as it is
  return Status();
}

// If, Case: what the branches return is found by looking into them. The attribute's shapes are a promise that files do
// not always keep, so they are not used.
Status InferBranch(InferContext& c) { return c.num_inputs() > 0 ? Status() : InvalidArgument("want a selector"); }

Status InferMap(InferContext& c) {
  const auto rows = static_cast<int>(c.attrs().Types("Targuments").size());
  int64_t count = Shape::kUnknownDim;
  for (int i = 0; i < rows; ++i) {
    const Shape& shape = c.shape(i);
    if (!shape.has_rank()) continue;
    if (shape.rank() == 0) return InvalidArgument("arguments[", i, "]: want rows, got a scalar");
    if (shape[0] < 0) continue;
    if (count >= 0 && shape[0] != count) {
      return InvalidArgument("arguments[", i, "]: want ", count, " rows, as those before have, got shape ", shape);
    }
    count = shape[0];
  }
  const std::vector<Shape> shapes = c.attrs().Shapes("output_shapes");
  if (shapes.size() != static_cast<size_t>(c.num_outputs())) {
    return InvalidArgument("attr 'output_shapes': want ", c.num_outputs(), " as output_types, got ",
                           static_cast<int64_t>(shapes.size()));
  }
  for (int i = 0; i < c.num_outputs(); ++i) {
    const Shape& row = shapes[static_cast<size_t>(i)];
    if (!row.has_rank()) continue;
    if (row.rank() >= Shape::kMaxRank) return InvalidArgument("attr 'output_shapes': want less dims than ", row);
    std::vector<int64_t> dims(1, count);
    dims.insert(dims.end(), row.dims().begin(), row.dims().end());
    c.set_output(i, Shape(dims));
  }
  return Status();
}

constexpr uint32_t kCall = kCallsFunctions | kTakesObjects | kStateful | kMakesOutputs;
constexpr uint32_t kToken = kTakesObjects | kStateful | kMakesOutputs;

constexpr OpDef kDefs[] = {
    {.name = "PartitionedCall",
     .inputs = "args:list(Tin)",
     .outputs = "output:list(Tout)",
     .attrs = "Tin:list(type) >=0; Tout:list(type) >=0; f:func; config:string=\"\"; config_proto:string=\"\"; "
              "executor_type:string=\"\"",
     .infer = InferNothing,
     .flags = kCall},
    {.name = "StatefulPartitionedCall",
     .inputs = "args:list(Tin)",
     .outputs = "output:list(Tout)",
     .attrs = "Tin:list(type) >=0; Tout:list(type) >=0; f:func; config:string=\"\"; config_proto:string=\"\"; "
              "executor_type:string=\"\"",
     .infer = InferNothing,
     .flags = kCall},
    {.name = "BatchFunction",
     .inputs = "in_tensors:list(Tin), captured_tensors:list(Tcaptured)",
     .outputs = "out_tensors:list(Tout)",
     .attrs = "Tin:list(type) >=1; Tcaptured:list(type) >=0; Tout:list(type) >=1; f:func; num_batch_threads:int=1; "
              "max_batch_size:int=1; batch_timeout_micros:int=0",
     .infer = InferNothing,
     .flags = kCall},
    {.name = "MapDefun",
     .inputs = "arguments:list(Targuments), captured_inputs:list(Tcaptured)",
     .outputs = "output:list(output_types)",
     .attrs = "Targuments:list(type) >=1; Tcaptured:list(type)=[] >=0; output_types:list(type) >=1; "
              "output_shapes:list(shape) >=1; f:func; max_intra_op_parallelism:int=1",
     .infer = InferMap,
     .flags = kCall},
    {.name = "SymbolicGradient",
     .inputs = "input:list(Tin)",
     .outputs = "output:list(Tout)",
     .attrs = "Tin:list(type) >=1; Tout:list(type) >=1; f:func",
     .infer = InferNothing,
     .flags = kCall},
    {.name = "If",
     .inputs = "cond:Tcond, input:list(Tin)",
     .outputs = "output:list(Tout)",
     .attrs = "Tcond:type; Tin:list(type) >=0; Tout:list(type) >=0; then_branch:func; else_branch:func; "
              "output_shapes:list(shape)=[]",
     .infer = InferBranch,
     .flags = kCall},
    {.name = "StatelessIf",
     .inputs = "cond:Tcond, input:list(Tin)",
     .outputs = "output:list(Tout)",
     .attrs = "Tcond:type; Tin:list(type) >=0; Tout:list(type) >=0; then_branch:func; else_branch:func; "
              "output_shapes:list(shape)=[]",
     .infer = InferBranch,
     .flags = kCall},
    {.name = "_If",
     .inputs = "cond:Tcond, input:list(Tin)",
     .outputs = "output:list(Tout)",
     .attrs = "Tcond:type; Tin:list(type) >=1; Tout:list(type) >=1; then_branch:func; else_branch:func",
     .infer = InferBranch,
     .flags = kCall},
    {.name = "Case",
     .inputs = "branch_index:i32, input:list(Tin)",
     .outputs = "output:list(Tout)",
     .attrs = "Tin:list(type) >=0; Tout:list(type) >=0; branches:list(func) >=1; output_shapes:list(shape)=[]",
     .infer = InferBranch,
     .flags = kCall},
    {.name = "StatelessCase",
     .inputs = "branch_index:i32, input:list(Tin)",
     .outputs = "output:list(Tout)",
     .attrs = "Tin:list(type) >=0; Tout:list(type) >=0; branches:list(func) >=1; output_shapes:list(shape)=[]",
     .infer = InferBranch,
     .flags = kCall},
    {.name = "While",
     .inputs = "input:list(T)",
     .outputs = "output:list(T)",
     .attrs = "T:list(type) >=0; cond:func; body:func; output_shapes:list(shape)=[]; parallel_iterations:int=10",
     .infer = InferNothing,
     .flags = kCall},
    {.name = "StatelessWhile",
     .inputs = "input:list(T)",
     .outputs = "output:list(T)",
     .attrs = "T:list(type) >=0; cond:func; body:func; output_shapes:list(shape)=[]; parallel_iterations:int=10",
     .infer = InferNothing,
     .flags = kCall},
    {.name = "_While",
     .inputs = "input:list(T)",
     .outputs = "output:list(T)",
     .attrs = "T:list(type) >=0; cond:func; body:func",
     .infer = InferNothing,
     .flags = kCall},
    {.name = "For",
     .inputs = "start:i32, limit:i32, delta:i32, input:list(T)",
     .outputs = "output:list(T)",
     .attrs = "T:list(type) >=0; body:func",
     .infer = InferNothing,
     .flags = kCall},
    {.name = "Switch",
     .inputs = "data:T, pred:bool",
     .outputs = "output_false:T, output_true:T",
     .attrs = "T:type",
     .infer = InferSwitch,
     .flags = kToken},
    {.name = "RefSwitch",
     .inputs = "data:ref T, pred:bool",
     .outputs = "output_false:ref T, output_true:ref T",
     .attrs = "T:type",
     .infer = InferSwitch,
     .flags = kToken},
    {.name = "_SwitchN",
     .inputs = "data:T, output_index:i32",
     .outputs = "outputs:num_outs*T",
     .attrs = "num_outs:int >=1; T:type",
     .infer = InferSwitch,
     .flags = kToken},
    {.name = "Merge",
     .inputs = "inputs:N*T",
     .outputs = "output:T, value_index:i32",
     .attrs = "T:type; N:int >=1",
     .infer = InferMerge,
     .flags = kToken},
    {.name = "RefMerge",
     .inputs = "inputs:N*ref T",
     .outputs = "output:ref T, value_index:i32",
     .attrs = "T:type; N:int >=1",
     .infer = InferMerge,
     .flags = kToken},
    {.name = "Enter",
     .inputs = "data:T",
     .outputs = "output:T",
     .attrs = "T:type; frame_name:string; is_constant:bool=false; parallel_iterations:int=10",
     .infer = InferLikeFirst,
     .flags = kToken},
    {.name = "RefEnter",
     .inputs = "data:ref T",
     .outputs = "output:ref T",
     .attrs = "T:type; frame_name:string; is_constant:bool=false; parallel_iterations:int=10",
     .infer = InferLikeFirst,
     .flags = kToken},
    {.name = "Exit",
     .inputs = "data:T",
     .outputs = "output:T",
     .attrs = "T:type",
     .infer = InferLikeFirst,
     .flags = kToken},
    {.name = "RefExit",
     .inputs = "data:ref T",
     .outputs = "output:ref T",
     .attrs = "T:type",
     .infer = InferLikeFirst,
     .flags = kToken},
    {.name = "NextIteration",
     .inputs = "data:T",
     .outputs = "output:T",
     .attrs = "T:type",
     .infer = InferLikeFirst,
     .flags = kToken},
    {.name = "RefNextIteration",
     .inputs = "data:ref T",
     .outputs = "output:ref T",
     .attrs = "T:type",
     .infer = InferLikeFirst,
     .flags = kToken},
    {.name = "LoopCond",
     .inputs = "input:bool",
     .outputs = "output:bool",
     .attrs = "",
     .infer = InferLoopCond,
     .flags = kToken},
    {.name = "ControlTrigger",
     .inputs = "",
     .outputs = "",
     .attrs = "",
     .infer = InferNothing,
     .run = RunNothing,
     .flags = kStateful},
};

}  // namespace

RIVULET_OP_LIST(ControlFlow, kDefs);

}  // namespace rivulet
