// Optionals: OptionalFromValue, OptionalNone, OptionalHasValue, OptionalGetValue.
//
// A variant that holds a tuple of tensors, or nothing. OptionalGetValue gives the tuple, whose dtypes must be
// output_types, and whose shapes must fit output_shapes. No deviation from TensorFlow.
#include "engine/ops/op.h"
#include "engine/ops/optional_value.h"
#include "engine/ops/plain_infer.h"

namespace rivulet {
namespace {

Status RunFromValue(RunContext& c) {
  Tuple parts;
  for (int i = 0; i < c.num_inputs(); ++i) parts.push_back(c.TakeInput(i));
  RIVULET_ASSIGN_OR_RETURN(KeptTuple kept, KeptTuple::Keep(std::move(parts), c.allocator()));
  c.SetOutput(0, ScalarOf(DType::kVariant, std::make_shared<Optional>(std::move(kept))));
  return Status();
}

Status RunNone(RunContext& c) {
  c.SetOutput(0, ScalarOf(DType::kVariant, std::make_shared<Optional>()));
  return Status();
}

Status RunHasValue(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Optional> optional, ObjectIn<Optional>(c.input(0)));
  c.output(0).data<bool>()[0] = optional->value() != nullptr;
  return Status();
}

// ---- OptionalGetValue ----

struct State : OpState {
  TupleForm form;
};

Status InferGetValue(InferContext& c) {
  const std::vector<Shape> shapes = c.attrs().Shapes("output_shapes");
  if (shapes.size() != static_cast<size_t>(c.num_outputs())) {
    return InvalidArgument("attr 'output_shapes': want ", c.num_outputs(), " as output_types, got ",
                           static_cast<int64_t>(shapes.size()));
  }
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, shapes[static_cast<size_t>(i)]);
  return Status();
}

Result<std::unique_ptr<OpState>> PrepareGetValue(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->form.dtypes = c.attrs().Types("output_types");
  state->form.shapes = c.attrs().Shapes("output_shapes");
  return std::unique_ptr<OpState>(std::move(state));
}

Status RunGetValue(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Optional> optional, ObjectIn<Optional>(c.input(0)));
  if (optional->value() == nullptr) return InvalidArgument("the optional has no value");
  const Tuple& value = *optional->value();
  RIVULET_RETURN_IF_ERROR(CheckElement(c.state<State>().form, value));
  for (int i = 0; i < c.num_outputs(); ++i) c.SetOutput(i, value[static_cast<size_t>(i)]);
  return Status();
}

constexpr uint32_t kOptional = kMakesOutputs | kTakesObjects;

constexpr OpDef kDefs[] = {
    {.name = "OptionalFromValue",
     .inputs = "components:list(Toutput_types)",
     .outputs = "optional:variant",
     .attrs = "Toutput_types:list(type) >=1",
     .infer = InferScalar,
     .run = RunFromValue,
     .flags = kOptional},
    {.name = "OptionalNone",
     .inputs = "",
     .outputs = "optional:variant",
     .attrs = "",
     .infer = InferScalar,
     .run = RunNone,
     .flags = kOptional},
    {.name = "OptionalHasValue",
     .inputs = "optional:variant",
     .outputs = "has_value:bool",
     .attrs = "",
     .infer = InferScalar,
     .run = RunHasValue},
    {.name = "OptionalGetValue",
     .inputs = "optional:variant",
     .outputs = "components:list(output_types)",
     .attrs = "output_types:list(type) >=1; output_shapes:list(shape) >=1",
     .infer = InferGetValue,
     .prepare = PrepareGetValue,
     .run = RunGetValue,
     .flags = kOptional | kDataDependent},
};

}  // namespace

RIVULET_OP_LIST(Optional, kDefs);

}  // namespace rivulet
