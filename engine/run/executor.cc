#include "engine/run/executor.h"

#include <algorithm>
#include <array>
#include <optional>

#include "engine/base/float_state.h"
#include "engine/ops/conv_bands.h"
#include "engine/ops/infer.h"
#include "engine/run/bands.h"
#include "engine/run/dynamic_node.h"
#include "engine/run/loop_count.h"

namespace rivulet {
namespace {

// Says which node's output takes most of the arena, if there is one.
Status NamingTheLargest(Status status, const Plan& plan) {
  int64_t most = -1;
  int32_t node = -1;
  for (const Step& step : plan.steps) {
    for (int32_t i = 0; i < step.num_outputs; ++i) {
      const Slot& slot = plan.slots[static_cast<size_t>(plan.operands[static_cast<size_t>(step.first_output + i)])];
      if (slot.kind != Slot::Kind::kArena) continue;
      const int64_t bytes = slot.shape.num_elements() * static_cast<int64_t>(ElementBytes(slot.dtype));
      if (bytes > most) node = step.node;
      most = std::max(most, bytes);
    }
  }
  if (node < 0) return status;
  return std::move(status).Framed(
      Cat("of all intermediates that of ", NodeFrame(plan.graph.node(node)), " is largest"));
}

}  // namespace

Result<std::unique_ptr<Frame>> MakeFrame(std::shared_ptr<const Plan> plan, Allocator& allocator, Resources& resources) {
  auto frame = std::make_unique<Frame>();
  auto arena = allocator.Allocate(static_cast<size_t>(plan->arena_bytes));
  if (!arena.ok()) return NamingTheLargest(std::move(arena).status(), *plan);
  frame->arena = std::move(*arena);
  auto* base = static_cast<uint8_t*>(frame->arena.get());
  frame->tensors.resize(plan->slots.size());
  for (size_t i = 0; i < plan->slots.size(); ++i) {
    const Slot& slot = plan->slots[i];
    if (slot.kind == Slot::Kind::kConstant) frame->tensors[i] = slot.constant;
    if (slot.kind == Slot::Kind::kArena) frame->tensors[i] = Tensor::View(slot.dtype, slot.shape, base + slot.offset);
    if (slot.kind == Slot::Kind::kBands || slot.kind == Slot::Kind::kResult) {
      frame->tensors[i] = Tensor::View(slot.dtype, slot.shape, nullptr);
    }
  }
  for (const int32_t slot : plan->operands) {
    frame->inputs.push_back(&frame->tensors[static_cast<size_t>(slot)]);
    frame->outputs.push_back(&frame->tensors[static_cast<size_t>(slot)]);
  }
  frame->persistent.assign(plan->steps.size(), nullptr);
  bool has_control = false;
  for (size_t i = 0; i < plan->steps.size(); ++i) {
    const Step& step = plan->steps[i];
    has_control |= step.kind == Step::Kind::kControl;
    if (step.def->flags & kStateful) {
      frame->persistent[i] = resources.Persistent(plan->path + plan->graph.node(step.node).name);
    }
  }
  frame->facts.resize(static_cast<size_t>(plan->num_facts));
  if (has_control) frame->controls.resize(plan->steps.size());
  if (plan->has_dead) {
    frame->dead_slots.resize(plan->slots.size());
    frame->dead_steps.resize(plan->steps.size());
  }
  frame->plan = std::move(plan);
  return frame;
}

namespace {

std::span<const Tensor* const> InputsOf(const Step& step, const Frame& frame) {
  return {frame.inputs.data() + step.first_input, static_cast<size_t>(step.num_inputs)};
}

// What a step's outputs are for the inputs as they are now.
Result<const std::vector<Fact>*> FactsNow(const Step& step, Frame& frame, Allocator& allocator) {
  const Graph& graph = frame.plan->graph;
  const auto is_constant = [&](size_t i) {
    const int32_t slot = frame.plan->operands[static_cast<size_t>(step.first_input) + i];
    return frame.plan->slots[static_cast<size_t>(slot)].kind == Slot::Kind::kConstant;
  };
  return frame.facts[static_cast<size_t>(step.facts)].Find(graph, graph.node(step.node), InputsOf(step, frame),
                                                           is_constant, allocator);
}

// Gives a step's outputs their shapes and memory, from the inputs as they are now.
Status InferAndAllocate(const Step& step, Frame& frame, Allocator& allocator) {
  RIVULET_ASSIGN_OR_RETURN(const std::vector<Fact>* outputs, FactsNow(step, frame, allocator));
  for (int32_t i = 0; i < step.num_outputs; ++i) {
    RIVULET_ASSIGN_OR_RETURN(*frame.outputs[static_cast<size_t>(step.first_output + i)],
                             AllocateAs((*outputs)[static_cast<size_t>(i)], *step.def, allocator));
  }
  return Status();
}

Status AllocateHeapOutputs(const Step& step, Frame& frame, Allocator& allocator) {
  for (int32_t i = 0; i < step.num_outputs; ++i) {
    const int32_t index = frame.plan->operands[static_cast<size_t>(step.first_output + i)];
    const Slot& slot = frame.plan->slots[static_cast<size_t>(index)];
    if (slot.kind != Slot::Kind::kHeap || StoredBytes(slot.dtype) == 0) continue;
    RIVULET_ASSIGN_OR_RETURN(frame.tensors[static_cast<size_t>(index)],
                             Tensor::Allocate(slot.dtype, slot.shape, allocator));
  }
  return Status();
}

// A step that makes its outputs itself finds their types there.
void NameOutputTypes(const Step& step, Frame& frame) {
  for (int32_t i = 0; i < step.num_outputs; ++i) {
    const int32_t index = frame.plan->operands[static_cast<size_t>(step.first_output + i)];
    frame.tensors[static_cast<size_t>(index)] =
        Tensor::View(frame.plan->slots[static_cast<size_t>(index)].dtype, {0}, nullptr);
  }
}

// Another name for the input's bytes; the shape is the plan's, or inferred now.
Status Forward(const Step& step, Frame& frame, Allocator& allocator) {
  Tensor& in = *frame.outputs[static_cast<size_t>(step.first_input)];
  Tensor& out = *frame.outputs[static_cast<size_t>(step.first_output)];
  const Slot& slot =
      frame.plan->slots[static_cast<size_t>(frame.plan->operands[static_cast<size_t>(step.first_output)])];
  Fact fact{slot.dtype, slot.shape, Tensor()};
  if (!fact.shape.complete()) {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<Fact>* outputs, FactsNow(step, frame, allocator));
    fact = outputs->front();
  }
  RIVULET_ASSIGN_OR_RETURN(out, AliasOf(in, fact));
  if (frame.plan->dies[static_cast<size_t>(step.first_input)]) in = Tensor();
  return Status();
}

int32_t InputSlot(const Plan& plan, const Step& step, int32_t i) {
  return plan.operands[static_cast<size_t>(step.first_input + i)];
}
int32_t OutputSlot(const Plan& plan, const Step& step, int32_t i) {
  return plan.operands[static_cast<size_t>(step.first_output + i)];
}

// Moves or shares input `i` into output `o`.
void PassOn(const Step& step, int32_t i, int32_t o, Frame& frame) {
  Tensor& in = *frame.outputs[static_cast<size_t>(step.first_input + i)];
  Tensor& out = *frame.outputs[static_cast<size_t>(step.first_output + o)];
  if (frame.plan->dies[static_cast<size_t>(step.first_input + i)]) {
    out = std::move(in);
  } else {
    out = in;
  }
}

Status RunSwitch(const Step& step, Frame& frame) {
  const Tensor& selector = *frame.inputs[static_cast<size_t>(step.first_input + 1)];
  if (selector.rank() != 0) return InvalidArgument("want a scalar to choose by, got shape ", selector.shape());
  const int64_t chosen =
      selector.dtype() == DType::kBool ? (selector.data<bool>()[0] ? 1 : 0) : int64_t{selector.data<int32_t>()[0]};
  // As TensorFlow's _SwitchN: an index out of range takes the last output.
  const int64_t last = step.num_outputs - 1;
  const int64_t taken = chosen < 0 || chosen > last ? last : chosen;
  for (int32_t o = 0; o < step.num_outputs; ++o) {
    frame.dead_slots[static_cast<size_t>(OutputSlot(*frame.plan, step, o))] = o != taken;
  }
  PassOn(step, 0, static_cast<int32_t>(taken), frame);
  return Status();
}

Status RunMerge(const Step& step, Frame& frame) {
  for (int32_t i = 0; i < step.num_inputs; ++i) {
    if (frame.plan->has_dead && frame.dead_slots[static_cast<size_t>(InputSlot(*frame.plan, step, i))]) continue;
    PassOn(step, i, 0, frame);
    *frame.outputs[static_cast<size_t>(step.first_output + 1)] = Tensor::Scalar<int32_t>(i);
    return Status();
  }
  return Internal("a Merge without a live input was run");
}

std::span<const uint8_t> DiesOf(const Plan& plan, const Step& step) {
  return {plan.dies.data() + step.first_input, static_cast<size_t>(step.num_inputs)};
}

// What a tensor was planned to be, later steps trust.
Status CheckAgainst(const Slot& slot, const Tensor& tensor) {
  const bool same_type = slot.dtype == DType::kInvalid || tensor.dtype() == slot.dtype;
  if (same_type && (!slot.shape.complete() || slot.shape == tensor.shape())) return Status();
  return InvalidArgument("want ", slot.dtype, slot.shape, ", got ", tensor.dtype(), tensor.shape());
}

// Of steps that make their outputs themselves.
Status CheckOutputs(const Step& step, const Frame& frame) {
  for (int32_t o = 0; o < step.num_outputs; ++o) {
    const auto slot = static_cast<size_t>(OutputSlot(*frame.plan, step, o));
    if (!frame.dead_slots.empty() && frame.dead_slots[slot]) continue;
    Status status = CheckAgainst(frame.plan->slots[slot], frame.tensors[slot]);
    if (!status.ok()) return std::move(status).Framed(Cat("output ", o));
  }
  return Status();
}

RunContext ContextOf(const Step& step, Frame& frame, const RunServices& services) {
  return {step.state.get(),
          {frame.inputs.data() + step.first_input, static_cast<size_t>(step.num_inputs)},
          {frame.outputs.data() + step.first_output, static_cast<size_t>(step.num_outputs)},
          services,
          DiesOf(*frame.plan, step)};
}

// The steps of a chain from `index` on.
Status RunChain(size_t index, int32_t count, Frame& frame, const RunServices& services) {
  if constexpr (!kHasBands) return Internal("a chain in a build without convolutions");
  std::array<std::optional<RunContext>, kMostBandStages> contexts;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    contexts[i].emplace(ContextOf(frame.plan->steps[index + i], frame, services));
  }
  return RunConvBands({contexts.data(), static_cast<size_t>(count)});
}

Status RunStep(const Step& step, size_t index, size_t lane, Frame& frame, const RunServices& base) {
  switch (step.kind) {
    case Step::Kind::kForward: return Forward(step, frame, base.allocator);
    case Step::Kind::kSwitch: return RunSwitch(step, frame);
    case Step::Kind::kMerge: return RunMerge(step, frame);
    case Step::Kind::kNothing: return Status();
    case Step::Kind::kInfer: RIVULET_RETURN_IF_ERROR(InferAndAllocate(step, frame, base.allocator)); break;
    default:
      if (step.def->flags & kMakesOutputs) NameOutputTypes(step, frame);
      if (step.allocates) RIVULET_RETURN_IF_ERROR(AllocateHeapOutputs(step, frame, base.allocator));
  }
  RunServices services = base;
  services.persistent = frame.persistent[index];
  services.scratch = &frame.scratch[lane].memory;
  services.scratch_bytes = &frame.scratch[lane].bytes;
  if (kHasBands && step.chain > 1) return RunChain(index, step.chain, frame, services);
  RunContext context = ContextOf(step, frame, services);
  if (step.kind != Step::Kind::kControl) {
    RIVULET_RETURN_IF_ERROR(step.def->run(context));
    return step.def->flags & kMakesOutputs ? CheckOutputs(step, frame) : Status();
  }
  std::vector<bool> dead;
  RIVULET_RETURN_IF_ERROR(step.control->Run(context, services, frame.controls[index], &dead));
  for (size_t o = 0; o < dead.size(); ++o) {
    if (!dead[o]) continue;
    if (frame.dead_slots.empty()) return InvalidArgument("output ", static_cast<int64_t>(o), " has no value");
    frame.dead_slots[static_cast<size_t>(OutputSlot(*frame.plan, step, static_cast<int32_t>(o)))] = 1;
  }
  return CheckOutputs(step, frame);
}

// A step is dead when anything it needs is; a Merge when all its inputs are, whatever it only waits for.
bool IsDead(const Step& step, const Frame& frame) {
  if (step.ignores_dead) return false;
  const bool is_merge = step.kind == Step::Kind::kMerge;
  for (const int32_t control : step.controls) {
    if (!is_merge && frame.dead_steps[static_cast<size_t>(control)]) return true;
  }
  int32_t dead = 0;
  for (int32_t i = 0; i < step.num_inputs; ++i) {
    dead += frame.dead_slots[static_cast<size_t>(InputSlot(*frame.plan, step, i))];
  }
  return is_merge ? dead == step.num_inputs : dead > 0;
}

void MarkDead(const Step& step, size_t index, Frame& frame) {
  frame.dead_steps[index] = 1;
  for (int32_t o = 0; o < step.num_outputs; ++o) {
    frame.dead_slots[static_cast<size_t>(OutputSlot(*frame.plan, step, o))] = 1;
  }
}

// A step that is not dead, and the end of what no later one reads.
Status RunAt(size_t index, size_t lane, Frame& frame, const RunServices& services, StepClock* clock) {
  const Plan& plan = *frame.plan;
  const Step& step = plan.steps[index];
  if (clock != nullptr) clock->Start();
  Status status = RunStep(step, index, lane, frame, services);
  if (clock != nullptr) clock->Stop(index);
  if (status.ok() && services.stop.stopped()) status = services.stop.Why();
  if (!status.ok()) return std::move(status).Framed(NodeFrame(plan.graph.node(step.node)));
  for (const int32_t slot : step.release) frame.tensors[static_cast<size_t>(slot)] = Tensor();
  return Status();
}

// Each lane on a thread, where its steps' loops run alone. The error is that of the first step, in the plan's order,
// that had one, whichever was noticed first.
Status RunLanes(const Lanes& lanes, Frame& frame, const RunServices& services) {
  std::array<Status, 2> ended;
  std::array<int32_t, 2> at{lanes.end, lanes.end};
  services.pool.ParallelFor(2, 1, services.stop, [&](int64_t begin, int64_t end) {
    for (auto lane = static_cast<size_t>(begin); lane < static_cast<size_t>(end); ++lane) {
      for (const int32_t step : lanes.steps[lane]) {
        ended[lane] = RunAt(static_cast<size_t>(step), lane, frame, services, nullptr);
        if (ended[lane].ok()) continue;
        at[lane] = step;
        break;
      }
    }
  });
  Status& first = ended[at[1] < at[0] ? 1 : 0];
  if (!first.ok()) return std::move(first);
  // A lane may not have begun.
  return services.stop.stopped() ? services.stop.Why() : Status();
}

}  // namespace

Status SetFeed(Frame& frame, size_t i, Tensor value, Allocator& allocator) {
  const int32_t slot = frame.plan->feed_slots[i];
  if (slot < 0) return Status();
  Status status = CheckAgainst(frame.plan->slots[static_cast<size_t>(slot)], value);
  if (!status.ok()) return std::move(status).Framed(Cat("argument ", static_cast<int64_t>(i)));
  if (!value.is_aligned()) {
    RIVULET_ASSIGN_OR_RETURN(value, Clone(value, allocator));
  }
  frame.tensors[static_cast<size_t>(slot)] = std::move(value);
  return Status();
}

Status RunSteps(Frame& frame, const RunServices& services, RunProfile* profile) {
  const Plan& plan = *frame.plan;
  StepClock clock(plan, profile);
  std::fill(frame.dead_slots.begin(), frame.dead_slots.end(), uint8_t{0});
  std::fill(frame.dead_steps.begin(), frame.dead_steps.end(), uint8_t{0});
  // What is timed, or counted on this thread, goes step by step.
  const bool by_lanes = !StepClock::IsTiming() && !LoopCount::IsWanted();
  auto lanes = plan.lanes.begin();
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    if (plan.has_dead && IsDead(plan.steps[i], frame)) {
      MarkDead(plan.steps[i], i, frame);
      continue;
    }
    if (by_lanes && lanes != plan.lanes.end() && static_cast<size_t>(lanes->begin) == i) {
      RIVULET_RETURN_IF_ERROR(RunLanes(*lanes, frame, services));
      i = static_cast<size_t>(lanes->end) - 1;
      ++lanes;
      continue;
    }
    RIVULET_RETURN_IF_ERROR(RunAt(i, 0, frame, services, &clock));
  }
  return Status();
}

Result<Tensor*> FetchOf(Frame& frame, size_t i) {
  const auto slot = static_cast<size_t>(frame.plan->fetch_slots[i]);
  if (!frame.dead_slots.empty() && frame.dead_slots[slot]) {
    return InvalidArgument("output ", static_cast<int64_t>(i),
                           " lies on a branch that was not taken, so it has no value");
  }
  return &frame.tensors[slot];
}

void ClearFrame(Frame& frame) {
  for (const int32_t slot : frame.plan->passing_slots) frame.tensors[static_cast<size_t>(slot)] = Tensor();
}

void ReleaseFrame(Frame& frame) {
  for (const int32_t slot : frame.plan->passing_slots) {
    Tensor& tensor = frame.tensors[static_cast<size_t>(slot)];
    if (tensor.owner() != nullptr) tensor = Tensor();
  }
}

namespace {

// The frame for messages about a result: the first step that writes to its memory.
std::string FrameOf(const ResultPlace& place, const Plan& plan) {
  for (const Step& step : plan.steps) {
    for (int32_t o = 0; o < step.num_outputs; ++o) {
      if (std::find(place.slots.begin(), place.slots.end(), OutputSlot(plan, step, o)) == place.slots.end()) continue;
      return NodeFrame(plan.graph.node(step.node));
    }
  }
  return Cat("output ", static_cast<int64_t>(place.fetch));
}

// Puts the steps' large results where `results` has them for the caller.
Status LendResults(Frame& frame, Allocator& allocator, std::vector<Tensor>& results) {
  for (const ResultPlace& place : frame.plan->results) {
    const auto fetch = static_cast<size_t>(place.fetch);
    Result<std::shared_ptr<void>> loan = frame.results[fetch].Lend(static_cast<size_t>(place.bytes), allocator);
    if (!loan.ok()) return std::move(loan).status().Framed(FrameOf(place, *frame.plan));
    auto* base = static_cast<uint8_t*>(loan->get());
    for (const int32_t index : place.slots) {
      const Slot& slot = frame.plan->slots[static_cast<size_t>(index)];
      frame.tensors[static_cast<size_t>(index)] = Tensor::View(slot.dtype, slot.shape, base + slot.offset);
    }
    const Slot& slot = frame.plan->slots[static_cast<size_t>(frame.plan->fetch_slots[fetch])];
    results[fetch] = Tensor::View(slot.dtype, slot.shape, base, std::move(*loan));
  }
  return Status();
}

}  // namespace

Result<std::vector<Tensor>> RunFrame(Frame& frame, const Feeds& feeds, const Environment& environment,
                                     const StopToken& stop, RunProfile* profile) {
  const FlushSubnormals flush;
  const RunServices services{
      environment.allocator, environment.pool, stop, &environment.resources, nullptr, nullptr, nullptr,
      environment.files};
  std::vector<Tensor> results(frame.plan->fetch_slots.size());
  frame.results.resize(results.size());
  Status status = LendResults(frame, environment.allocator, results);
  for (size_t i = 0; i < feeds.size() && status.ok(); ++i) {
    status = SetFeed(frame, i, feeds[i].second, environment.allocator);
  }
  if (status.ok()) status = RunSteps(frame, services, profile);
  for (size_t i = 0; status.ok() && i < results.size(); ++i) {
    const Result<Tensor*> fetched = FetchOf(frame, i);
    if (!fetched.ok()) {
      status = fetched.status();
    } else if (!results[i].valid()) {
      Result<Tensor> copy = frame.results[i].Copy(**fetched, environment.allocator);
      if (copy.ok()) results[i] = std::move(*copy);
      status = std::move(copy).status();
    }
  }
  // Nothing of this run stays: neither feeds of the caller nor data-dependent tensors.
  ClearFrame(frame);
  if (!status.ok()) return status;
  return results;
}

}  // namespace rivulet
