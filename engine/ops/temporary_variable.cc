// Variables of one run: TemporaryVariable makes one, zeros at first (TensorFlow: whatever the memory holds), and
// DestroyTemporaryVariable gives its last value. The two go together by the attribute var_name, or the maker's node
// name.
#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/rows.h"
#include "engine/ops/variable.h"

namespace rivulet {
namespace {

class TemporaryVariable : public Variable {
 public:
  TemporaryVariable(DType dtype, Shape shape, std::string name)
      : Variable(dtype, std::move(shape)), name_(std::move(name)) {}
  const std::string* temporary_name() const override { return &name_; }

 private:
  const std::string name_;
};

struct State : OpState {
  DType dtype = DType::kInvalid;
  Shape shape;
  std::string name;
};

Status InferMake(InferContext& c) {
  const Shape shape = c.attrs().ShapeAttr("shape");
  if (!shape.complete()) return InvalidArgument("attr 'shape': want all dims, got ", shape);
  c.set_output(0, {});
  return Status();
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->dtype = c.attrs().Type("dtype");
  state->shape = c.attrs().ShapeAttr("shape");
  state->name = c.attrs().Str("var_name");
  if (state->name.empty()) state->name = c.node().name;
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunMake(RunContext& c) {
  const auto& state = c.state<State>();
  auto variable = std::make_shared<TemporaryVariable>(state.dtype, state.shape, state.name);
  RIVULET_ASSIGN_OR_RETURN(Tensor value, Tensor::Allocate(state.dtype, state.shape, c.allocator()));
  ClearElements(state.dtype, value.raw(), value.num_elements());
  RIVULET_RETURN_IF_ERROR(variable->Assign(std::move(value)));
  c.SetOutput(0, ScalarOf(DType::kResource, std::move(variable)));
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareDestroy(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->name = c.attrs().Str("var_name");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunDestroy(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> variable, ObjectIn<Variable>(c.input(0)));
  const std::string* name = variable->temporary_name();
  if (name == nullptr) return InvalidArgument("want a temporary variable, got one of the session");
  if (*name != c.state<State>().name) {
    return NotFound("no temporary variable is called ", Quoted(c.state<State>().name), "; this one is ", Quoted(*name));
  }
  RIVULET_ASSIGN_OR_RETURN(const Tensor value, variable->Read());
  if (value.dtype() != c.output(0).dtype()) {
    return InvalidArgument("the variable is ", value.dtype(), ", want ", c.output(0).dtype());
  }
  c.SetOutput(0, value);
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "TemporaryVariable",
     .inputs = "",
     .outputs = "ref:ref dtype",
     .attrs = "shape:shape; dtype:type; var_name:string=\"\"",
     .infer = InferMake,
     .prepare = Prepare,
     .run = RunMake,
     .flags = kStateful | kTakesObjects | kMakesOutputs},
    {.name = "DestroyTemporaryVariable",
     .inputs = "ref:ref T",
     .outputs = "value:T",
     .attrs = "T:type; var_name:string",
     .infer = InferNothing,
     .prepare = PrepareDestroy,
     .run = RunDestroy,
     .flags = kEffect | kDataDependent | kTakesObjects | kMakesOutputs},
};

}  // namespace

RIVULET_OP_LIST(TemporaryVariable, kDefs);

}  // namespace rivulet
