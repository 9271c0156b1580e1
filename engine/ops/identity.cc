// Operators that hand on their input unchanged: output 0 is input 0's bytes. Any dtype.
#include "engine/ops/op.h"

namespace rivulet {
namespace {

Status Infer(InferContext& c) {
  c.set_output(0, c.shape(0));
  if (c.known(0)) c.set_value(0, *c.value(0));
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "Identity",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type",
     .infer = Infer,
     .flags = kAlias},
    {.name = "StopGradient",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type",
     .infer = Infer,
     .flags = kAlias},
    {.name = "PreventGradient",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type; message:string=\"\"",
     .infer = Infer,
     .flags = kAlias},
    {.name = "Snapshot",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type",
     .infer = Infer,
     .flags = kAlias},
};

}  // namespace

RIVULET_OP_LIST(Identity, kDefs);

}  // namespace rivulet
