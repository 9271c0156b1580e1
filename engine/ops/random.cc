// Random numbers whose stream belongs to the session: each run of a node goes on where the last one stopped.
//
// RandomUniform, RandomStandardNormal, TruncatedNormal: shape [n] of int32 or int64 -> that shape.
// RandomUniformInt: integers in [minval, maxval). Seeds 0 and 0 mean a seed from the system.
// The numbers are TensorFlow's for the same seeds and number of earlier runs.
#include "engine/ops/random_fill.h"
#include "engine/ops/random_stream.h"
#include "engine/ops/shape_input.h"

namespace rivulet {
namespace {

struct State : SeedState {
  Distribution distribution = Distribution::kUniform;
};

Status Infer(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(Shape shape, ShapeFromInput(c, 0));
  c.set_output(0, std::move(shape));
  return Status();
}

Status InferInt(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  return Infer(c);
}

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  state->Read(c.attrs());
  const std::string_view op = c.node().op;
  if (op == "RandomStandardNormal") state->distribution = Distribution::kNormal;
  if (op == "TruncatedNormal") state->distribution = Distribution::kTruncatedNormal;
  return std::unique_ptr<OpState>(std::move(state));
}

// 256 blocks for each element, as TensorFlow reserves them.
Philox TakeGenerator(RunContext& c, int64_t count) {
  return TakeStream(c, c.state<State>(), static_cast<uint64_t>(count) * 256);
}

Status Run(RunContext& c) {
  Tensor& out = c.output(0);
  return FillRandom(c, c.state<State>().distribution, TakeGenerator(c, out.num_elements()), out);
}

Status RunInt(RunContext& c) {
  Tensor& out = c.output(0);
  return FillRandomInt(c, TakeGenerator(c, out.num_elements()), c.input(1), c.input(2), out);
}

#define RIVULET_RANDOM_ATTRS "seed:int=0; seed2:int=0; dtype:type in {f16,bf16,f32,f64}; T:type in {i32,i64}"
constexpr OpDef kDefs[] = {
    {.name = "RandomUniform",
     .inputs = "shape:T",
     .outputs = "output:dtype",
     .attrs = RIVULET_RANDOM_ATTRS,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kStateful},
    {.name = "RandomStandardNormal",
     .inputs = "shape:T",
     .outputs = "output:dtype",
     .attrs = RIVULET_RANDOM_ATTRS,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kStateful},
    {.name = "TruncatedNormal",
     .inputs = "shape:T",
     .outputs = "output:dtype",
     .attrs = RIVULET_RANDOM_ATTRS,
     .infer = Infer,
     .prepare = Prepare,
     .run = Run,
     .flags = kStateful},
    {.name = "RandomUniformInt",
     .inputs = "shape:T, minval:Tout, maxval:Tout",
     .outputs = "output:Tout",
     .attrs = "seed:int=0; seed2:int=0; Tout:type in {i32,i64}; T:type in {i32,i64}",
     .infer = InferInt,
     .prepare = Prepare,
     .run = RunInt,
     .flags = kStateful},
};
#undef RIVULET_RANDOM_ATTRS

}  // namespace
RIVULET_OP_LIST(Random, kDefs);
}  // namespace rivulet
