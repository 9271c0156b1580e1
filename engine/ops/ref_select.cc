// RefSelect: the reference that an index chooses.
#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  c.set_output(0, {});
  return c.WantScalar(0);
}

Status Run(RunContext& c) {
  const int64_t index = c.input(0).data<int32_t>()[0];
  const int count = c.num_inputs() - 1;
  if (index < 0 || index >= count) return InvalidArgument("index: want [0, ", count, "), got ", index);
  c.SetOutput(0, c.input(1 + static_cast<int>(index)));
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "RefSelect",
     .inputs = "index:i32, inputs:N*ref T",
     .outputs = "output:ref T",
     .attrs = "T:type; N:int >=1",
     .infer = Infer,
     .run = Run,
     .flags = kStateful | kTakesObjects | kMakesOutputs},
};

}  // namespace

RIVULET_OP_LIST(RefSelect, kDefs);

}  // namespace rivulet
