// Random numbers from a generator whose state is a variable: int64 [3 or more], a Philox counter in two words and a
// key.
//
// Each operator takes the numbers from where the counter stands and moves it on: by 256 blocks an element, so that what
// the next one takes never overlaps, whatever the distribution. RngSkip and RngReadAndSkip move it by 256 · delta.
// The algorithm is 1 (Philox) or 3 (whichever: Philox).
#include <random>

#include "engine/graph/shape_math.h"
#include "engine/ops/indices.h"
#include "engine/ops/op.h"
#include "engine/ops/random_binomial.h"
#include "engine/ops/random_fill.h"
#include "engine/ops/random_rejection.h"
#include "engine/ops/random_stream.h"
#include "engine/ops/shape_input.h"
#include "engine/ops/variable.h"
#include "engine/ops/with.h"

namespace rivulet {
namespace {

constexpr uint64_t kBlocksPerElement = 256;

// TensorFlow adds in halves, and loses a carry into the upper half of `blocks` where that is full already.
void SkipBlocks(uint64_t blocks, int64_t* state) {
  const auto low = static_cast<uint64_t>(state[0]);
  const uint32_t add_low = Philox::Low(blocks);
  uint32_t add_high = Philox::High(blocks);
  const uint32_t sum_low = Philox::Low(low) + add_low;
  if (sum_low < add_low) ++add_high;
  const uint32_t sum_high = Philox::High(low) + add_high;
  if (sum_high < add_high) state[1] = static_cast<int64_t>(static_cast<uint64_t>(state[1]) + 1);
  state[0] = static_cast<int64_t>(Philox::Join(sum_low, sum_high));
}

Status CheckAlgorithm(int64_t which) {
  if (which == 1 || which == 3) return Status();
  return Unimplemented("the algorithm: want 1 (Philox) or 3 (auto), got ", which);
}

// The stream at the generator's state, which is `blocks` blocks further afterwards; the state before into `before`.
// In operators of the first version the state begins with the algorithm.
Result<Philox> Take(RunContext& c, uint64_t blocks, Tensor* before = nullptr, bool begins_with_algorithm = false) {
  const int64_t skipped = begins_with_algorithm ? 1 : 0;
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<Variable> variable, ObjectIn<Variable>(c.input(0)));
  Philox generator;
  RIVULET_RETURN_IF_ERROR(variable->Modify(c.allocator(), [&](Tensor& value) -> Status {
    if (value.dtype() != DType::kInt64 || value.rank() != 1 || value.dim(0) < 3 + skipped) {
      return InvalidArgument("the generator's state: want int64 [", 3 + skipped, "] or longer, got ", value.dtype(),
                             value.shape());
    }
    if (begins_with_algorithm) RIVULET_RETURN_IF_ERROR(CheckAlgorithm(value.data<int64_t>()[0]));
    int64_t* state = value.data<int64_t>() + skipped;
    const auto word = [&](int i) { return static_cast<uint64_t>(state[i]); };
    generator = Philox({Philox::Low(word(0)), Philox::High(word(0)), Philox::Low(word(1)), Philox::High(word(1))},
                       {Philox::Low(word(2)), Philox::High(word(2))});
    if (before != nullptr) {
      RIVULET_ASSIGN_OR_RETURN(*before, Clone(value, c.allocator()));
    }
    SkipBlocks(blocks, state);
    return Status();
  }));
  return generator;
}

Status InferShaped(InferContext& c, int shape_input) {
  for (int i = 1; i < c.num_inputs(); ++i) {
    if (i != shape_input) RIVULET_RETURN_IF_ERROR(c.WantScalar(i));
  }
  RIVULET_ASSIGN_OR_RETURN(Shape shape, ShapeFromInput(c, shape_input));
  c.set_output(0, std::move(shape));
  return Status();
}
Status Infer(InferContext& c) { return InferShaped(c, 2); }
Status InferWithoutAlgorithm(InferContext& c) { return InferShaped(c, 1); }

Result<Philox> TakeFor(RunContext& c) {
  return Take(c, kBlocksPerElement * static_cast<uint64_t>(c.output(0).num_elements()));
}

Status Run(RunContext& c, Distribution distribution) {
  RIVULET_RETURN_IF_ERROR(CheckAlgorithm(Indices(c.input(1))[0]));
  RIVULET_ASSIGN_OR_RETURN(const Philox generator, TakeFor(c));
  return FillRandom(c, distribution, generator, c.output(0));
}

Status RunWithoutAlgorithm(RunContext& c) {
  const auto elements = static_cast<uint64_t>(c.output(0).num_elements());
  RIVULET_ASSIGN_OR_RETURN(const Philox generator, Take(c, kBlocksPerElement * elements, nullptr, true));
  return FillRandom(c, Distribution::kNormal, generator, c.output(0));
}

Status RunInt(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckAlgorithm(Indices(c.input(1))[0]));
  RIVULET_ASSIGN_OR_RETURN(const Philox generator, TakeFor(c));
  return FillRandomInt(c, generator, c.input(3), c.input(4), c.output(0));
}

Status RunBits(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckAlgorithm(Indices(c.input(1))[0]));
  RIVULET_ASSIGN_OR_RETURN(const Philox generator, TakeFor(c));
  return FillRandomBits(c, generator, c.output(0));
}

Status InferBinomial(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  RIVULET_ASSIGN_OR_RETURN(const Shape parameters, BroadcastShapes(c.shape(3), c.shape(4)));
  return InferEndsWith(c, 2, parameters, true);
}

Status RunBinomial(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckAlgorithm(Indices(c.input(1))[0]));
  RIVULET_ASSIGN_OR_RETURN(const Shape each, BroadcastShapes(c.input(3).shape(), c.input(4).shape()));
  const auto parameters = static_cast<uint64_t>(each.num_elements());
  const auto elements = static_cast<uint64_t>(c.output(0).num_elements());
  // TensorFlow sets aside two times a hundred words for each sample, in threes of them, as for an element each.
  const uint64_t words = parameters == 0 ? 0 : parameters * 200 * (elements / parameters + 3) / 4;
  RIVULET_ASSIGN_OR_RETURN(const Philox generator, Take(c, words * kBlocksPerElement));
  return FillBinomial(c, generator, c.input(3), c.input(4), c.output(0));
}

Status InferSkip(InferContext& c) {
  RIVULET_RETURN_IF_ERROR(c.WantScalar(1));
  RIVULET_RETURN_IF_ERROR(c.WantScalar(2));
  if (c.num_outputs() > 0) c.set_output(0, Shape::OfUnknownDims(1));
  return Status();
}

Status RunSkip(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckAlgorithm(Indices(c.input(1))[0]));
  return Take(c, kBlocksPerElement * static_cast<uint64_t>(c.input(2).data<int64_t>()[0])).status();
}

Status RunReadAndSkip(RunContext& c) {
  RIVULET_RETURN_IF_ERROR(CheckAlgorithm(Indices(c.input(1))[0]));
  Tensor before;
  RIVULET_RETURN_IF_ERROR(Take(c, kBlocksPerElement * c.input(2).data<uint64_t>()[0], &before).status());
  c.SetOutput(0, before);
  return Status();
}

// Of no generator at all: other numbers in every run.
Status InferNonDeterministic(InferContext& c) {
  RIVULET_ASSIGN_OR_RETURN(Shape shape, ShapeFromInput(c, 0));
  c.set_output(0, std::move(shape));
  return Status();
}

Status RunNonDeterministic(RunContext& c) {
  std::random_device device;
  const Philox generator({device(), device(), device(), device()}, {device(), device()});
  return FillRandomBits(c, generator, c.output(0));
}

#define RIVULET_SHAPED "resource:resource, algorithm:i64, shape:shape_dtype"
#define RIVULET_REAL "dtype:type=f32 in {f16,bf16,f32,f64}; shape_dtype:type=i64 in {i32,i64}"

constexpr OpDef kDefs[] = {
    {.name = "StatefulStandardNormal",
     .inputs = "resource:resource, shape:shape_dtype",
     .outputs = "output:dtype",
     .attrs = RIVULET_REAL,
     .infer = InferWithoutAlgorithm,
     .run = RunWithoutAlgorithm,
     .flags = kEffect},
    {.name = "StatefulStandardNormalV2",
     .inputs = RIVULET_SHAPED,
     .outputs = "output:dtype",
     .attrs = RIVULET_REAL,
     .infer = Infer,
     .run = With<Run, Distribution::kNormal>,
     .flags = kEffect},
    {.name = "StatefulTruncatedNormal",
     .inputs = RIVULET_SHAPED,
     .outputs = "output:dtype",
     .attrs = RIVULET_REAL,
     .infer = Infer,
     .run = With<Run, Distribution::kTruncatedNormal>,
     .flags = kEffect},
    {.name = "StatefulUniform",
     .inputs = RIVULET_SHAPED,
     .outputs = "output:dtype",
     .attrs = RIVULET_REAL,
     .infer = Infer,
     .run = With<Run, Distribution::kUniform>,
     .flags = kEffect},
    {.name = "StatefulUniformInt",
     .inputs = RIVULET_SHAPED ", minval:dtype, maxval:dtype",
     .outputs = "output:dtype",
     .attrs = "dtype:type=i64 in {i32,i64}; shape_dtype:type=i64 in {i32,i64}",
     .infer = Infer,
     .run = RunInt,
     .flags = kEffect},
    {.name = "StatefulUniformFullInt",
     .inputs = RIVULET_SHAPED,
     .outputs = "output:dtype",
     .attrs = "dtype:type=u64 in {i32,i64,u32,u64}; shape_dtype:type=i64 in {i32,i64}",
     .infer = Infer,
     .run = RunBits,
     .flags = kEffect},
    {.name = "StatefulRandomBinomial",
     .inputs = "resource:resource, algorithm:i64, shape:S, counts:T, probs:T",
     .outputs = "output:dtype",
     .attrs = "S:type in {i32,i64}; T:type=f64 in {f16,f32,f64}; dtype:type=i64 in {f16,f32,f64,i32,i64}",
     .infer = InferBinomial,
     .run = RunBinomial,
     .flags = kEffect},
    {.name = "RngSkip",
     .inputs = "resource:resource, algorithm:i64, delta:i64",
     .outputs = "",
     .attrs = "",
     .infer = InferSkip,
     .run = RunSkip,
     .flags = kEffect},
    {.name = "RngReadAndSkip",
     .inputs = "resource:resource, alg:i32, delta:u64",
     .outputs = "value:i64",
     .attrs = "",
     .infer = InferSkip,
     .run = RunReadAndSkip,
     .flags = kEffect | kDataDependent | kMakesOutputs},
    {.name = "NonDeterministicInts",
     .inputs = "shape:shape_dtype",
     .outputs = "output:dtype",
     .attrs = "dtype:type=i64 in {i32,i64,u32,u64}; shape_dtype:type=i64 in {i32,i64}",
     .infer = InferNonDeterministic,
     .run = RunNonDeterministic,
     .flags = kStateful},
};

}  // namespace

RIVULET_OP_LIST(StatefulRandom, kDefs);

}  // namespace rivulet
