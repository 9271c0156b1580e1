// Operators that hand their inputs on or do nothing: IdentityN, XlaOptimizationBarrier, DebugGradientIdentity,
// XlaSharding, NoOp.
#include "engine/ops/op.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/rows.h"

namespace rivulet {
namespace {

Status InferFirst(InferContext& c) {
  c.set_output(0, c.shape(0));
  if (c.known(0)) c.set_value(0, *c.value(0));
  return Status();
}

Status InferAll(InferContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) {
    c.set_output(i, c.shape(i));
    if (c.known(i)) c.set_value(i, *c.value(i));
  }
  return Status();
}

Status RunNothing(RunContext&) { return Status(); }

Status RunAll(RunContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) {
    const Tensor& input = c.input(i);
    Tensor& output = c.output(i);
    if (output.raw() != input.raw()) CopyElements(output.dtype(), output.raw(), input.raw(), output.num_elements());
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "IdentityN",
     .inputs = "input:list(T)",
     .outputs = "output:list(T)",
     .attrs = "T:list(type) >=1",
     .infer = InferAll,
     .run = RunAll,
     .flags = kTakesObjects},
    {.name = "XlaOptimizationBarrier",
     .inputs = "input:list(T)",
     .outputs = "output:list(T)",
     .attrs = "T:list(type) >=0",
     .infer = InferAll,
     .run = RunAll,
     .flags = kTakesObjects},
    {.name = "XlaSharding",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type in {bf16,f16,f32,f64,i8,i16,i32,i64,u8,u16,u32,u64,bool,c64,c128}; sharding:string=\"\"; "
              "unspecified_dims:list(int)=[]",
     .infer = InferFirst,
     .flags = kAlias},
    {.name = "DebugGradientIdentity",
     .inputs = "input:T",
     .outputs = "output:T",
     .attrs = "T:type",
     .infer = InferFirst,
     .flags = kAlias},
    {.name = "NoOp", .inputs = "", .outputs = "", .attrs = "", .infer = InferNothing, .run = RunNothing},
};

}  // namespace

RIVULET_OP_LIST(PassThrough, kDefs);

}  // namespace rivulet
