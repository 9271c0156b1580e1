// Random numbers that are a function of their seed: the same input gives the same output in every run.
//
// V1 forms take seed [2]; V2 forms take key [1] and counter [2 or more] of uint64 and the algorithm (1 Philox, 3
// whichever: Philox). StatelessRandomGetKeyCounter makes key and counter of a seed.
#include "engine/ops/plain_infer.h"
#include "engine/ops/random_fill.h"
#include "engine/ops/random_stream.h"
#include "engine/ops/shape_input.h"

namespace rivulet {
namespace {

struct State : OpState {
  Distribution distribution = Distribution::kUniform;
};

Result<std::unique_ptr<OpState>> Prepare(PrepareContext& c) {
  auto state = std::make_unique<State>();
  const std::string_view op = c.node().op;
  if (op.starts_with("StatelessRandomNormal")) state->distribution = Distribution::kNormal;
  if (op.starts_with("StatelessTruncatedNormal")) state->distribution = Distribution::kTruncatedNormal;
  return std::unique_ptr<OpState>(std::move(state));
}

Status WantVector(const InferContext& c, int input, int64_t length, bool or_more = false) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(input, 1));
  if (c.shape(input).complete() && (or_more ? c.shape(input)[0] < length : c.shape(input)[0] != length)) {
    return InvalidArgument("input ", input, ": want ", length, or_more ? " or more elements, got " : " elements, got ",
                           c.shape(input)[0]);
  }
  return Status();
}

Status InferSeeded(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantVector(c, 1, 2));
  for (int i = 2; i < c.num_inputs(); ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  RIVULET_ASSIGN_OR_RETURN(Shape shape, ShapeFromInput(c, 0));
  c.set_output(0, std::move(shape));
  return Status();
}

Status InferKeyed(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantVector(c, 1, 1));
  RIVULET_RETURN_IF_ERROR(WantVector(c, 2, 2, true));
  for (int i = 3; i < c.num_inputs(); ++i) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  RIVULET_ASSIGN_OR_RETURN(Shape shape, ShapeFromInput(c, 0));
  c.set_output(0, std::move(shape));
  return Status();
}

Status RunSeeded(RunContext& c) {
  return FillRandom(c, c.state<State>().distribution, StatelessStream(c.input(1)), c.output(0));
}
Status RunSeededInt(RunContext& c) {
  return FillRandomInt(c, StatelessStream(c.input(1)), c.input(2), c.input(3), c.output(0));
}
Status RunSeededBits(RunContext& c) { return FillRandomBits(c, StatelessStream(c.input(1)), c.output(0)); }

Status RunKeyed(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Philox generator, KeyedStream(c.input(1), c.input(2), c.input(3)));
  return FillRandom(c, c.state<State>().distribution, generator, c.output(0));
}
Status RunKeyedInt(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Philox generator, KeyedStream(c.input(1), c.input(2), c.input(3)));
  return FillRandomInt(c, generator, c.input(4), c.input(5), c.output(0));
}
Status RunKeyedBits(RunContext& c) {
  RIVULET_ASSIGN_OR_RETURN(const Philox generator, KeyedStream(c.input(1), c.input(2), c.input(3)));
  return FillRandomBits(c, generator, c.output(0));
}

Status InferKeyCounter(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(WantVector(c, 0, 2));
  c.set_output(0, {1});
  c.set_output(1, {2});
  if (c.num_outputs() > 2) c.set_output(2, {});
  return Status();
}

Status RunKeyCounter(RunContext& c) {
  const Philox generator = StatelessStream(c.input(0));
  c.output(0).data<uint64_t>()[0] = Philox::Join(generator.key()[0], generator.key()[1]);
  const Philox::Block& counter = generator.counter();
  c.output(1).data<uint64_t>()[0] = Philox::Join(counter[0], counter[1]);
  c.output(1).data<uint64_t>()[1] = Philox::Join(counter[2], counter[3]);
  if (c.num_outputs() > 2) c.output(2).data<int32_t>()[0] = 1;
  return Status();
}

Status RunAlg(RunContext& c) {
  c.output(0).data<int32_t>()[0] = 1;
  return Status();
}

#define RIVULET_SEEDED "shape:T, seed:Tseed"
#define RIVULET_SEEDED_ATTRS \
  "dtype:type=f32 in {f16,bf16,f32,f64}; T:type=i32 in {i32,i64}; Tseed:type=i64 in {i32,i64}"
#define RIVULET_KEYED "shape:Tshape, key:u64, counter:u64, alg:i32"
#define RIVULET_KEYED_ATTRS "dtype:type=f32 in {f16,bf16,f32,f64}; Tshape:type=i32 in {i32,i64}"
constexpr OpDef kDefs[] = {
    {.name = "StatelessRandomUniform",
     .inputs = RIVULET_SEEDED,
     .outputs = "output:dtype",
     .attrs = RIVULET_SEEDED_ATTRS,
     .infer = InferSeeded,
     .prepare = Prepare,
     .run = RunSeeded},
    {.name = "StatelessRandomNormal",
     .inputs = RIVULET_SEEDED,
     .outputs = "output:dtype",
     .attrs = RIVULET_SEEDED_ATTRS,
     .infer = InferSeeded,
     .prepare = Prepare,
     .run = RunSeeded},
    {.name = "StatelessTruncatedNormal",
     .inputs = RIVULET_SEEDED,
     .outputs = "output:dtype",
     .attrs = RIVULET_SEEDED_ATTRS,
     .infer = InferSeeded,
     .prepare = Prepare,
     .run = RunSeeded},
    {.name = "StatelessRandomUniformInt",
     .inputs = "shape:T, seed:Tseed, minval:dtype, maxval:dtype",
     .outputs = "output:dtype",
     .attrs = "dtype:type in {i32,i64}; T:type=i32 in {i32,i64}; Tseed:type=i64 in {i32,i64}",
     .infer = InferSeeded,
     .run = RunSeededInt},
    {.name = "StatelessRandomUniformFullInt",
     .inputs = RIVULET_SEEDED,
     .outputs = "output:dtype",
     .attrs = "dtype:type=u64 in {i32,i64,u32,u64}; T:type=i32 in {i32,i64}; Tseed:type=i64 in {i32,i64}",
     .infer = InferSeeded,
     .run = RunSeededBits},
    {.name = "StatelessRandomUniformV2",
     .inputs = RIVULET_KEYED,
     .outputs = "output:dtype",
     .attrs = RIVULET_KEYED_ATTRS,
     .infer = InferKeyed,
     .prepare = Prepare,
     .run = RunKeyed},
    {.name = "StatelessRandomNormalV2",
     .inputs = RIVULET_KEYED,
     .outputs = "output:dtype",
     .attrs = RIVULET_KEYED_ATTRS,
     .infer = InferKeyed,
     .prepare = Prepare,
     .run = RunKeyed},
    {.name = "StatelessTruncatedNormalV2",
     .inputs = RIVULET_KEYED,
     .outputs = "output:dtype",
     .attrs = RIVULET_KEYED_ATTRS,
     .infer = InferKeyed,
     .prepare = Prepare,
     .run = RunKeyed},
    {.name = "StatelessRandomUniformIntV2",
     .inputs = RIVULET_KEYED ", minval:dtype, maxval:dtype",
     .outputs = "output:dtype",
     .attrs = "dtype:type in {i32,i64}; Tshape:type=i32 in {i32,i64}",
     .infer = InferKeyed,
     .run = RunKeyedInt},
    {.name = "StatelessRandomUniformFullIntV2",
     .inputs = RIVULET_KEYED,
     .outputs = "output:dtype",
     .attrs = "dtype:type=u64 in {i32,i64,u32,u64}; Tshape:type=i32 in {i32,i64}",
     .infer = InferKeyed,
     .run = RunKeyedBits},
    {.name = "StatelessRandomGetKeyCounter",
     .inputs = "seed:Tseed",
     .outputs = "key:u64, counter:u64",
     .attrs = "Tseed:type=i64 in {i32,i64}",
     .infer = InferKeyCounter,
     .run = RunKeyCounter},
    {.name = "StatelessRandomGetKeyCounterAlg",
     .inputs = "seed:Tseed",
     .outputs = "key:u64, counter:u64, alg:i32",
     .attrs = "Tseed:type=i64 in {i32,i64}",
     .infer = InferKeyCounter,
     .run = RunKeyCounter},
    {.name = "StatelessRandomGetAlg",
     .inputs = "",
     .outputs = "alg:i32",
     .attrs = "",
     .infer = InferScalar,
     .run = RunAlg},
};
#undef RIVULET_SEEDED
#undef RIVULET_SEEDED_ATTRS
#undef RIVULET_KEYED
#undef RIVULET_KEYED_ATTRS

}  // namespace
RIVULET_OP_LIST(StatelessRandom, kDefs);
}  // namespace rivulet
