#include "engine/run/executor.h"

#include "engine/ops/infer.h"

namespace rivulet {

Result<std::unique_ptr<Frame>> MakeFrame(std::shared_ptr<const Plan> plan, Allocator& allocator) {
  auto frame = std::make_unique<Frame>();
  RIVULET_ASSIGN_OR_RETURN(frame->arena, allocator.Allocate(static_cast<size_t>(plan->arena_bytes)));
  auto* base = static_cast<uint8_t*>(frame->arena.get());
  frame->tensors.resize(plan->slots.size());
  for (size_t i = 0; i < plan->slots.size(); ++i) {
    const Slot& slot = plan->slots[i];
    if (slot.kind == Slot::Kind::kConstant) frame->tensors[i] = slot.constant;
    if (slot.kind == Slot::Kind::kArena) frame->tensors[i] = Tensor::View(slot.dtype, slot.shape, base + slot.offset);
  }
  for (const int32_t slot : plan->operands) {
    frame->inputs.push_back(&frame->tensors[static_cast<size_t>(slot)]);
    frame->outputs.push_back(&frame->tensors[static_cast<size_t>(slot)]);
  }
  frame->persistent.assign(plan->steps.size(), nullptr);
  frame->plan = std::move(plan);
  return frame;
}

namespace {

// Gives a step's outputs their shapes and memory, from the inputs as they are now.
Status InferAndAllocate(const Step& step, Frame& frame, Allocator& allocator) {
  const Node& node = frame.plan->graph.node(step.node);
  std::vector<Fact> facts(static_cast<size_t>(step.num_inputs));
  std::vector<const Fact*> inputs;
  for (int32_t i = 0; i < step.num_inputs; ++i) {
    const Tensor& tensor = *frame.inputs[static_cast<size_t>(step.first_input + i)];
    facts[static_cast<size_t>(i)] = {tensor.dtype(), tensor.shape(), tensor};
    inputs.push_back(&facts[static_cast<size_t>(i)]);
  }
  std::vector<Fact> outputs;
  RIVULET_RETURN_IF_ERROR(InferNode(node, inputs, frame.plan->graph.has_versions, allocator, &outputs));
  for (int32_t i = 0; i < step.num_outputs; ++i) {
    Tensor& out = *frame.outputs[static_cast<size_t>(step.first_output + i)];
    const Fact& fact = outputs[static_cast<size_t>(i)];
    if (fact.shape.complete() && StoredBytes(fact.dtype) > 0) {
      RIVULET_ASSIGN_OR_RETURN(out, Tensor::Allocate(fact.dtype, fact.shape, allocator));
    } else {
      out = Tensor::View(fact.dtype, {0}, nullptr);
    }
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

// Another name for the input's bytes; the shape is the plan's, or inferred now.
Status Forward(const Step& step, Frame& frame, Allocator& allocator) {
  const Tensor& in = *frame.inputs[static_cast<size_t>(step.first_input)];
  Tensor& out = *frame.outputs[static_cast<size_t>(step.first_output)];
  const Slot& slot =
      frame.plan->slots[static_cast<size_t>(frame.plan->operands[static_cast<size_t>(step.first_output)])];
  Shape shape = slot.shape;
  DType dtype = slot.dtype;
  if (!shape.complete()) {
    std::vector<Fact> facts(static_cast<size_t>(step.num_inputs));
    std::vector<const Fact*> inputs;
    for (int32_t i = 0; i < step.num_inputs; ++i) {
      const Tensor& tensor = *frame.inputs[static_cast<size_t>(step.first_input + i)];
      facts[static_cast<size_t>(i)] = {tensor.dtype(), tensor.shape(), tensor};
      inputs.push_back(&facts[static_cast<size_t>(i)]);
    }
    std::vector<Fact> outputs;
    RIVULET_RETURN_IF_ERROR(
        InferNode(frame.plan->graph.node(step.node), inputs, frame.plan->graph.has_versions, allocator, &outputs));
    shape = outputs[0].shape;
    dtype = outputs[0].dtype;
    if (!shape.complete()) return Internal("an output shape stayed unknown");
  }
  if (shape.num_elements() != in.num_elements()) {
    return InvalidArgument("an input of shape ", in.shape().ToString(), " cannot have shape ", shape.ToString());
  }
  out = in.Reshaped(shape).Retyped(dtype);
  return Status();
}

Status RunStep(const Step& step, size_t index, Frame& frame, const RunServices& base) {
  if (step.kind == Step::Kind::kForward) return Forward(step, frame, base.allocator);
  if (step.kind == Step::Kind::kInfer) {
    RIVULET_RETURN_IF_ERROR(InferAndAllocate(step, frame, base.allocator));
  } else if (step.allocates) {
    RIVULET_RETURN_IF_ERROR(AllocateHeapOutputs(step, frame, base.allocator));
  }
  RunServices services = base;
  services.persistent = frame.persistent[index];
  RunContext context(step.state.get(), {frame.inputs.data() + step.first_input, static_cast<size_t>(step.num_inputs)},
                     {frame.outputs.data() + step.first_output, static_cast<size_t>(step.num_outputs)}, services);
  return step.def->run(context);
}

}  // namespace

Result<std::vector<Tensor>> RunFrame(Frame& frame, const std::vector<const Tensor*>& feeds, Allocator& allocator,
                                     ThreadPool& pool, const StopToken& stop, RunProfile* profile) {
  const Plan& plan = *frame.plan;
  StepClock clock(plan, profile);
  for (size_t i = 0; i < feeds.size(); ++i) {
    if (plan.feed_slots[i] < 0) continue;
    Tensor& tensor = frame.tensors[static_cast<size_t>(plan.feed_slots[i])];
    tensor = *feeds[i];
    if (!tensor.is_aligned()) {
      RIVULET_ASSIGN_OR_RETURN(tensor, Clone(tensor, allocator));
    }
  }
  const RunServices services{allocator, pool, stop, nullptr, &frame.scratch, &frame.scratch_bytes};
  Status status;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    clock.Start();
    status = RunStep(step, i, frame, services);
    clock.Stop(i);
    if (status.ok() && stop.stopped()) status = stop.Why();
    if (!status.ok()) {
      status = std::move(status).Framed(NodeFrame(plan.graph.node(step.node)));
      break;
    }
    for (const int32_t slot : step.release) frame.tensors[static_cast<size_t>(slot)] = Tensor();
  }
  std::vector<Tensor> results;
  for (size_t i = 0; status.ok() && i < plan.fetch_slots.size(); ++i) {
    Result<Tensor> copy = Clone(frame.tensors[static_cast<size_t>(plan.fetch_slots[i])], allocator);
    if (copy.ok()) {
      results.push_back(std::move(*copy));
    } else {
      status = std::move(copy).status();
    }
  }
  // Nothing of this run stays: neither feeds of the caller nor data-dependent tensors.
  for (size_t i = 0; i < plan.slots.size(); ++i) {
    const Slot::Kind kind = plan.slots[i].kind;
    if (kind == Slot::Kind::kFeed || kind == Slot::Kind::kHeap) frame.tensors[i] = Tensor();
  }
  if (!status.ok()) return status;
  return results;
}

}  // namespace rivulet
