// Operators that stand for their input or for a constant: DeepCopy, GuaranteeConst, Copy, CopyHost; HostConst.
#include <algorithm>

#include "engine/ops/dims.h"
#include "engine/ops/axis_copy.h"

namespace rivulet {
namespace {

// Results are never written to, so the same bytes are as good as a copy.
Status Infer(InferContext& c) {
  c.set_output(0, c.shape(0));
  if (c.known(0)) c.set_value(0, *c.value(0));
  return Status();
}

// What a debugger is to be told is not, but must be written as it wants.
Status InferCopy(InferContext& c) {
  for (const std::string& spec : c.attrs().Strs("debug_ops_spec")) {
    if (std::count(spec.begin(), spec.end(), ';') == 2) continue;
    return InvalidArgument("attr 'debug_ops_spec': want \"operator;place;0\" or \"..;1\", got ", Quoted(spec));
  }
  return Infer(c);
}

Status InferHostConst(InferContext& c) {
  const auto literal = c.attrs().Literal("value");
  if (literal == nullptr) return InvalidArgument("attr 'value' is missing");
  if (literal->dtype != c.output_dtype(0)) {
    return InvalidArgument("attr 'value' is ", literal->dtype, ", attr 'dtype' says ", c.output_dtype(0));
  }
  RIVULET_ASSIGN_OR_RETURN(Tensor value, Expand(*literal, c.allocator()));
  c.set_output(0, value.shape());
  c.set_value(0, std::move(value));
  return Status();
}

struct State : OpState {
  Tensor value;
};

Result<std::unique_ptr<OpState>> PrepareHostConst(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->value = c.output(0).value;
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunHostConst(RunContext& c) {
  const Tensor& value = c.state<State>().value;
  if (!value.valid()) return Internal("a constant without value");
  RIVULET_RETURN_IF_ERROR(WantOutputShape(c, 0, value.shape()));
  return CopyTensor(c, value, c.output(0));
}

constexpr OpDef kDefs[] = {
    {.name = "DeepCopy", .inputs = "x:T", .outputs = "y:T", .attrs = "T:type", .infer = Infer, .flags = kAlias},
    {.name = "GuaranteeConst",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type",
     .infer = Infer,
     .flags = kAlias},
    {.name = "Copy",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type; tensor_name:string=\"\"; debug_ops_spec:list(string)=[]",
     .infer = InferCopy,
     .flags = kAlias},
    {.name = "CopyHost",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type; tensor_name:string=\"\"; debug_ops_spec:list(string)=[]",
     .infer = InferCopy,
     .flags = kAlias},
    {.name = "HostConst",
     .inputs = "",
     .outputs = "output:dtype",
     .attrs = "value:tensor; dtype:type",
     .infer = InferHostConst,
     .prepare = PrepareHostConst,
     .run = RunHostConst},
};

}  // namespace

RIVULET_OP_LIST(Copy, kDefs);

}  // namespace rivulet
