#include "engine/run/plan.h"

#include <algorithm>
#include <optional>
#include <span>
#include <unordered_map>

#include "engine/base/checked.h"
#include "engine/base/float_state.h"
#include "engine/ops/infer.h"
#include "engine/passes/pass.h"
#include "engine/run/arena.h"
#include "engine/run/bands.h"
#include "engine/run/call_inference.h"
#include "engine/run/flops.h"
#include "engine/run/freeze.h"
#include "engine/run/lanes.h"
#include "engine/run/lower.h"
#include "engine/run/result_memory.h"
#include "engine/run/shared_memory.h"

namespace rivulet {
namespace {

class Compiler {
 public:
  Compiler(Plan* plan, std::vector<Edge> fetches, std::vector<int32_t> feeds, int depth, const Environment& environment,
           const StopToken& stop)
      : plan_(*plan),
        graph_(plan->graph),
        fetches_(std::move(fetches)),
        feeds_(std::move(feeds)),
        depth_(depth),
        environment_(environment),
        allocator_(environment.allocator),
        pool_(environment.pool),
        stop_(stop) {}

  Status Compile() {
    std::vector<bool> late;
    for (const Node& node : graph_.nodes()) late.push_back(node.def != nullptr && (node.def->flags & kTakes) != 0);
    RIVULET_ASSIGN_OR_RETURN(order_, TopologicalOrder(graph_, late));
    for (const Node& node : graph_.nodes()) plan_.has_dead |= IsSwitch(node);
    AssignSlots();
    environment_.packed.Expect(BytesToPack());
    RIVULET_RETURN_IF_ERROR(MakeSteps());
    FindLastReads();
    if (environment_.passes && !plan_.has_dead) FindBands(last_read_, owner_, pool_.num_threads(), plan_);
    if (environment_.passes) plan_.lanes = FindLanes(plan_, owner_, pool_.num_threads());
    KeepUntilLanesMeet();
    FindDeaths();
    PlaceResults();
    RIVULET_RETURN_IF_ERROR(PlaceInArena());
    RIVULET_RETURN_IF_ERROR(KeepConstants());
    ReleaseHeap();
    for (const Edge& edge : fetches_) plan_.fetch_slots.push_back(SlotOf(edge));
    for (const int32_t feed : feeds_) plan_.feed_slots.push_back(feed < 0 ? -1 : SlotOf({feed, 0}));
    for (size_t slot = 0; slot < plan_.slots.size(); ++slot) {
      const Slot::Kind kind = plan_.slots[slot].kind;
      if (kind == Slot::Kind::kFeed || kind == Slot::Kind::kHeap) {
        plan_.passing_slots.push_back(static_cast<int32_t>(slot));
      }
    }
    DropConstants();
    return Status();
  }

 private:
  static bool IsConst(const Node& node) { return node.op == "Const"; }
  static bool IsFeed(const Node& node) { return node.op == "_Feed"; }
  static bool IsSwitch(const Node& node) {
    return node.op == "Switch" || node.op == "RefSwitch" || node.op == "_SwitchN";
  }
  static bool IsMerge(const Node& node) { return node.op == "Merge" || node.op == "RefMerge"; }

  int32_t SlotOf(Edge edge) const { return first_slot_[static_cast<size_t>(edge.node)] + edge.slot; }
  Slot& SlotAt(int32_t index) { return plan_.slots[static_cast<size_t>(index)]; }

  void AssignSlots() {
    first_slot_.resize(static_cast<size_t>(graph_.size()));
    size_t count = 0;
    for (const Node& node : graph_.nodes()) count += node.outputs.size();
    plan_.slots.reserve(count);
    for (int32_t i = 0; i < graph_.size(); ++i) {
      const Node& node = graph_.node(i);
      first_slot_[static_cast<size_t>(i)] = static_cast<int32_t>(plan_.slots.size());
      for (const Fact& fact : node.outputs) {
        Slot& slot = plan_.slots.emplace_back();
        slot.dtype = fact.dtype;
        slot.shape = fact.shape;
        if (IsConst(node)) {
          slot.kind = Slot::Kind::kConstant;
        } else if (IsFeed(node)) {
          slot.kind = Slot::Kind::kFeed;
        } else if (fact.shape.complete() && ElementBytes(fact.dtype) > 0 && !(node.def->flags & kMakesOutputs)) {
          slot.kind = Slot::Kind::kArena;
        }
      }
    }
    memory_.emplace(graph_, fetches_, plan_.slots, first_slot_);
    last_read_.assign(plan_.slots.size(), -1);
    is_read_.assign(plan_.slots.size(), false);
  }

  // Of constants that stand where products have their weights.
  size_t BytesToPack() const {
    std::vector<bool> seen(static_cast<size_t>(graph_.size()), false);
    size_t bytes = 0;
    for (const Node& node : graph_.nodes()) {
      if (node.inputs.size() < 2 || node.def == nullptr || node.def->prepare == nullptr) continue;
      const Edge edge = node.inputs[1];
      const Fact& fact = graph_.fact(edge);
      if (!fact.value.valid() || fact.shape.rank() < 2 || seen[static_cast<size_t>(edge.node)]) continue;
      seen[static_cast<size_t>(edge.node)] = true;
      bytes += fact.value.bytes();
    }
    return bytes;
  }

  Status MakeSteps() {
    for (const int32_t index : order_) {
      const Node& node = graph_.node(index);
      if (IsConst(node) || IsFeed(node)) continue;
      // Nothing to do, unless what waits for it must know that it is dead.
      const bool does = node.def->run != nullptr || (node.def->flags & (kAlias | kCallsFunctions)) != 0 ||
                        IsSwitch(node) || IsMerge(node) || IsLeftOfLoop(node);
      if ((!does || node.op == "NoOp") && !plan_.has_dead) {
        if (!does && node.op != "NoOp") return CannotRun(node);
        continue;
      }
      RIVULET_RETURN_IF_ERROR(stop_.Why());
      Status status = MakeStep(index);
      if (!status.ok()) return std::move(status).Framed(NodeFrame(node));
    }
    return Status();
  }

  // What was packed is not read where it lay again, unless in another form.
  void DropPacked(const std::vector<const Fact*>& inputs, const std::vector<bool>& consumed) const {
    if (environment_.dropped_early == nullptr) return;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (consumed[i] && inputs[i]->value.valid()) environment_.dropped_early->DropFilePages(inputs[i]->value);
    }
  }

  // By output of the node: whether a node or a fetch reads it.
  std::vector<bool> ReadOutputs(int32_t index) {
    if (is_used_.empty()) {
      is_used_.assign(plan_.slots.size(), false);
      const auto note = [&](const Edge& edge) { is_used_[static_cast<size_t>(SlotOf(edge))] = true; };
      for (const Node& node : graph_.nodes()) std::for_each(node.inputs.begin(), node.inputs.end(), note);
      std::for_each(fetches_.begin(), fetches_.end(), note);
    }
    const auto first = is_used_.begin() + SlotOf({index, 0});
    return {first, first + static_cast<std::ptrdiff_t>(graph_.node(index).outputs.size())};
  }

  // Without the loop that they belong to these hand on what they get.
  static bool IsLeftOfLoop(const Node& node) { return node.op == "LoopCond" || node.op == "NextIteration"; }

  static Status CannotRun(const Node& node) {
    return InvalidArgument(NodeFrame(node), ": belongs to a loop, and is in none");
  }

  Status MakeStep(int32_t index) {
    const Node& node = graph_.node(index);
    Step step;
    step.ignores_dead = node.op == "ControlTrigger";
    step.node = index;
    step.def = node.def;
    std::vector<const Fact*>& inputs = inputs_;
    inputs.clear();
    for (const Edge& edge : node.inputs) inputs.push_back(&graph_.fact(edge));
    std::vector<bool>& consumed = consumed_;
    consumed.assign(node.inputs.size(), false);
    if ((node.def->flags & kAlias) != 0 || IsLeftOfLoop(node)) {
      const int32_t in = SlotOf(node.inputs[0]);
      Slot& out = SlotAt(SlotOf({index, 0}));
      if (out.kind == Slot::Kind::kArena && SlotAt(in).kind == Slot::Kind::kArena && !plan_.has_dead) {
        memory_->Alias(SlotOf({index, 0}), in);
        return Status();  // the same memory: no step
      }
      out.kind = Slot::Kind::kHeap;
      step.kind = Step::Kind::kForward;
      if (!out.shape.complete()) step.facts = plan_.num_facts++;
    } else if (IsSwitch(node) || IsMerge(node)) {
      step.kind = IsMerge(node) ? Step::Kind::kMerge : Step::Kind::kSwitch;
    } else if (node.op == "NoOp") {
      step.kind = Step::Kind::kNothing;
    } else if (node.def->flags & kCallsFunctions) {
      step.kind = Step::Kind::kControl;
      RIVULET_ASSIGN_OR_RETURN(step.control,
                               MakeControlStep({node, inputs, node.outputs, Cat(plan_.path, node.name, "/"), depth_,
                                                plan_.frozen, ReadOutputs(index), &consumed},
                                               environment_, stop_));
    } else if (node.def->run == nullptr) {
      return CannotRun(node);
    } else if (environment_.passes && !plan_.has_dead && memory_->SharePieces(index)) {
      return Status();  // nothing to copy
    } else {
      if (node.def->prepare != nullptr) {
        PrepareContext context(node, inputs, node.outputs, &consumed, allocator_, pool_);
        const PackedOperands::Scope sharing(environment_.packed, &pool_);
        RIVULET_ASSIGN_OR_RETURN(step.state, node.def->prepare(context));
        DropPacked(inputs, consumed);
      }
      // What infer could not check for want of a shape, it checks when the shape is there.
      for (const Fact* fact : inputs) {
        if (!fact->shape.complete()) step.kind = Step::Kind::kInfer;
      }
      for (const Fact& fact : node.outputs) {
        if (!fact.shape.complete()) step.kind = Step::Kind::kInfer;
        const bool stored = StoredBytes(fact.dtype) > 0 && ElementBytes(fact.dtype) == 0;
        if (stored && !(node.def->flags & kMakesOutputs)) step.allocates = true;
      }
      // Shapes found at run time need all of the step's inputs; outputs in the arena would be at fixed places.
      if (step.kind == Step::Kind::kInfer) {
        step.facts = plan_.num_facts++;
        for (size_t slot = 0; slot < node.outputs.size(); ++slot) {
          SlotAt(SlotOf({index, static_cast<int32_t>(slot)})).kind = Slot::Kind::kHeap;
        }
      }
    }
    step.first_input = static_cast<int32_t>(plan_.operands.size());
    step.num_inputs = static_cast<int32_t>(node.inputs.size());
    const auto step_index = static_cast<int32_t>(plan_.steps.size());
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const int32_t slot = SlotOf(node.inputs[i]);
      plan_.operands.push_back(slot);
      reads_.push_back({step_index, slot, static_cast<bool>(consumed[i])});
    }
    step.first_output = static_cast<int32_t>(plan_.operands.size());
    step.num_outputs = static_cast<int32_t>(node.outputs.size());
    for (int32_t i = 0; i < step.num_outputs; ++i) plan_.operands.push_back(SlotOf({index, i}));
    if (plan_.has_dead) {
      for (const int32_t control : node.control_inputs) {
        const auto before = step_of_.find(control);
        if (before != step_of_.end()) step.controls.push_back(before->second);
      }
      step_of_[index] = step_index;
    }
    plan_.steps.push_back(std::move(step));
    return Status();
  }

  // Inputs that a step may take for itself: held by their slot alone, read by it for the last time.
  void FindDeaths() {
    plan_.dies.assign(plan_.operands.size(), 0);
    std::vector<int32_t> uses(plan_.slots.size(), 0);  // of each slot in one step, which may have very many inputs
    for (size_t s = 0; s < plan_.steps.size(); ++s) {
      const Step& step = plan_.steps[s];
      const std::span<const int32_t> inputs(plan_.operands.data() + step.first_input,
                                            static_cast<size_t>(step.num_inputs));
      for (const int32_t slot : inputs) ++uses[static_cast<size_t>(slot)];
      for (size_t i = 0; i < inputs.size(); ++i) {
        const auto slot = static_cast<size_t>(inputs[i]);
        const Slot::Kind kind = plan_.slots[slot].kind;
        if (kind != Slot::Kind::kHeap && kind != Slot::Kind::kFeed) continue;
        plan_.dies[static_cast<size_t>(step.first_input) + i] =
            uses[slot] == 1 && read_last_[slot] == static_cast<int32_t>(s);
      }
      for (const int32_t slot : inputs) uses[static_cast<size_t>(slot)] = 0;
    }
  }

  // The step after which a slot's memory is free: the last reader of it, of another name for it or of a part of it.
  void FindLastReads() {
    for (size_t slot = 0; slot < plan_.slots.size(); ++slot) {
      const SharedMemory::Place place = memory_->Of(static_cast<int32_t>(slot));
      owner_.push_back(place.owner);
      plan_.slots[slot].offset = place.at;
    }
    for (const Step& step : plan_.steps) memory_->SetRows(step.node, step.state.get());
    const auto end = static_cast<int32_t>(plan_.steps.size());
    for (const Read& read : reads_) {
      if (read.consumed) continue;
      is_read_[static_cast<size_t>(read.slot)] = true;
      int32_t& last = last_read_[static_cast<size_t>(owner_[static_cast<size_t>(read.slot)])];
      last = std::max(last, read.step);
    }
    for (const Edge& edge : fetches_) {
      const int32_t slot = SlotOf(edge);
      is_read_[static_cast<size_t>(slot)] = true;
      last_read_[static_cast<size_t>(owner_[static_cast<size_t>(slot)])] = end;
    }
    read_last_ = last_read_;
    // A forwarded heap slot may be a view of arena memory, as may what a branch or loop hands through: its source lives
    // as long as it does.
    for (int32_t i = end - 1; i >= 0; --i) {
      const Step& step = plan_.steps[static_cast<size_t>(i)];
      if (step.kind != Step::Kind::kForward && step.kind != Step::Kind::kSwitch && step.kind != Step::Kind::kMerge &&
          step.kind != Step::Kind::kControl) {
        continue;
      }
      int32_t last = -1;
      for (int32_t o = 0; o < step.num_outputs; ++o) {
        const int32_t out = owner_[static_cast<size_t>(plan_.operands[static_cast<size_t>(step.first_output + o)])];
        last = std::max(last, last_read_[static_cast<size_t>(out)]);
      }
      for (int32_t k = 0; k < step.num_inputs; ++k) {
        const int32_t in = owner_[static_cast<size_t>(plan_.operands[static_cast<size_t>(step.first_input + k)])];
        last_read_[static_cast<size_t>(in)] = std::max(last_read_[static_cast<size_t>(in)], last);
      }
    }
  }

  // What is there before lanes begin, any of them may read, until all have ended.
  void KeepUntilLanesMeet() {
    if (plan_.lanes.empty()) return;
    std::vector<int32_t> first_write(plan_.slots.size(), -1);  // by owner
    for (size_t s = plan_.steps.size(); s-- > 0;) {
      const Step& step = plan_.steps[s];
      for (int32_t o = 0; o < step.num_outputs; ++o) {
        const int32_t slot = plan_.operands[static_cast<size_t>(step.first_output + o)];
        first_write[static_cast<size_t>(owner_[static_cast<size_t>(slot)])] = static_cast<int32_t>(s);
      }
    }
    for (size_t slot = 0; slot < plan_.slots.size(); ++slot) {
      for (std::vector<int32_t>* last : {&last_read_, &read_last_}) {
        const Lanes* lanes = LanesAt((*last)[slot]);
        if (lanes != nullptr && first_write[slot] < lanes->begin) (*last)[slot] = lanes->end;
      }
    }
  }

  // The lanes that a step is in, or null.
  const Lanes* LanesAt(int32_t step) const {
    const auto after = std::upper_bound(plan_.lanes.begin(), plan_.lanes.end(), step,
                                        [](int32_t at, const Lanes& lanes) { return at < lanes.begin; });
    if (after == plan_.lanes.begin() || step >= (after - 1)->end) return nullptr;
    return &*(after - 1);
  }

  // What is made in lanes has its memory from their begin on, so that none takes what another of them leaves: who is
  // where when is not known.
  void WidenToLanes(std::vector<ArenaRequest>& requests) const {
    if (plan_.lanes.empty()) return;
    for (ArenaRequest& request : requests) {
      if (const Lanes* lanes = LanesAt(request.first_step)) request.first_step = lanes->begin;
    }
  }

  int64_t BytesOf(int32_t slot) {
    return SlotAt(slot).shape.num_elements() * static_cast<int64_t>(ElementBytes(SlotAt(slot).dtype));
  }

  // Large results go where the caller finds them; nothing else is ever put there.
  void PlaceResults() {
    if (depth_ > 0) return;
    std::vector<int32_t> result_of(plan_.slots.size(), -1);  // by owner
    for (size_t i = 0; i < fetches_.size(); ++i) {
      const int32_t slot = SlotOf(fetches_[i]);
      const auto owner = static_cast<size_t>(owner_[static_cast<size_t>(slot)]);
      if (SlotAt(slot).kind != Slot::Kind::kArena || SlotAt(slot).offset != 0 || result_of[owner] >= 0) continue;
      const CheckedSize bytes = RoomFor(static_cast<int32_t>(owner));
      if (!bytes.valid() || BytesOf(static_cast<int32_t>(owner)) != BytesOf(slot)) continue;
      if (BytesOf(slot) < static_cast<int64_t>(ResultMemory::kLeastKept)) continue;
      result_of[owner] = static_cast<int32_t>(plan_.results.size());
      plan_.results.push_back({static_cast<int32_t>(i), bytes.value(), {}});
    }
    for (size_t slot = 0; slot < plan_.slots.size(); ++slot) {
      const int32_t result = result_of[static_cast<size_t>(owner_[slot])];
      if (result < 0 || plan_.slots[slot].kind != Slot::Kind::kArena) continue;
      plan_.slots[slot].kind = Slot::Kind::kResult;
      plan_.results[static_cast<size_t>(result)].slots.push_back(static_cast<int32_t>(slot));
    }
  }

  // What a slot takes: vector kernels may load a whole last register.
  CheckedSize RoomFor(int32_t slot) {
    return CheckedSize(SlotAt(slot).shape.num_elements()) * static_cast<int64_t>(ElementBytes(SlotAt(slot).dtype)) +
           static_cast<int64_t>(Allocator::kAlignment);
  }

  Status PlaceInArena() {
    std::vector<ArenaRequest> requests;
    std::vector<int32_t> request_of(plan_.slots.size(), -1);
    size_t chain_end = 0;
    int32_t start = 0;  // of the step, or of the chain that it is part of
    for (size_t s = 0; s < plan_.steps.size(); ++s) {
      const Step& step = plan_.steps[s];
      if (s >= chain_end) {
        start = static_cast<int32_t>(s);
        chain_end = s + static_cast<size_t>(step.chain);
      }
      for (int32_t o = 0; o < step.num_outputs; ++o) {
        const int32_t slot = plan_.operands[static_cast<size_t>(step.first_output + o)];
        if (SlotAt(slot).kind != Slot::Kind::kArena) continue;
        const int32_t owner = owner_[static_cast<size_t>(slot)];
        const CheckedSize bytes = RoomFor(owner);
        if (!bytes.valid()) {
          return ResourceExhausted(NodeFrame(graph_.node(step.node)), ": an output of shape ", SlotAt(slot).shape,
                                   " is larger than any memory");
        }
        const int32_t last = std::max(last_read_[static_cast<size_t>(owner)], static_cast<int32_t>(s));
        // The first step that writes a part makes room for the whole.
        int32_t request = request_of[static_cast<size_t>(owner)];
        if (request < 0 && o == 0 && owner == slot) {
          request = FindInPlace(step, slot, static_cast<int32_t>(s), request_of, requests);
        }
        if (request < 0) {
          request = static_cast<int32_t>(requests.size());
          requests.push_back({bytes.value(), start, last, 0});
        } else {
          requests[static_cast<size_t>(request)].last_step =
              std::max(requests[static_cast<size_t>(request)].last_step, last);
        }
        request_of[static_cast<size_t>(owner)] = request;
      }
    }
    WidenToLanes(requests);
    plan_.arena_bytes = PlanArena(requests, static_cast<int64_t>(Allocator::kAlignment));
    if (plan_.arena_bytes < 0) return ResourceExhausted("the intermediates are larger than any memory");
    plan_.least_arena_bytes = LeastArena(requests);
    for (size_t slot = 0; slot < plan_.slots.size(); ++slot) {
      const int32_t request = request_of[static_cast<size_t>(owner_[slot])];
      if (plan_.slots[slot].kind == Slot::Kind::kArena && request >= 0) {
        plan_.slots[slot].offset += requests[static_cast<size_t>(request)].offset;
      }
    }
    return Status();
  }

  // The request of an input that dies in this step and may be overwritten, or -1.
  int32_t FindInPlace(const Step& step, int32_t output, int32_t step_index, const std::vector<int32_t>& request_of,
                      const std::vector<ArenaRequest>& requests) {
    if (!(step.def->flags & kElementwise) || step.num_outputs != 1) return -1;
    for (int32_t i = 0; i < step.num_inputs; ++i) {
      const int32_t slot = plan_.operands[static_cast<size_t>(step.first_input + i)];
      const int32_t owner = owner_[static_cast<size_t>(slot)];
      const int32_t request = request_of[static_cast<size_t>(owner)];
      if (SlotAt(slot).kind != Slot::Kind::kArena || request < 0) continue;
      if (BytesOf(slot) != BytesOf(output) || BytesOf(owner) != BytesOf(slot)) continue;
      // It, or another slot that shares the request, may live on.
      if (requests[static_cast<size_t>(request)].last_step != step_index) continue;
      return request;
    }
    return -1;
  }

  Status KeepConstants() {
    for (int32_t i = 0; i < graph_.size(); ++i) {
      const Node& node = graph_.node(i);
      if (!IsConst(node)) continue;
      const int32_t index = SlotOf({i, 0});
      if (!is_read_[static_cast<size_t>(index)]) continue;
      Slot& slot = SlotAt(index);
      slot.constant = node.outputs[0].value;
      if (!slot.constant.is_aligned()) {
        RIVULET_ASSIGN_OR_RETURN(slot.constant, Clone(slot.constant, allocator_));
      }
    }
    return Status();
  }

  void ReleaseHeap() {
    for (size_t slot = 0; slot < plan_.slots.size(); ++slot) {
      const int32_t last = last_read_[slot];
      if (plan_.slots[slot].kind == Slot::Kind::kHeap && last >= 0 && last < static_cast<int32_t>(plan_.steps.size())) {
        plan_.steps[static_cast<size_t>(last)].release.push_back(static_cast<int32_t>(slot));
      }
    }
  }

  // The graph stays for messages and run-time inference; its constants' bytes must not.
  void DropConstants() {
    for (Node& node : graph_.nodes()) {
      for (Fact& fact : node.outputs) fact.value = Tensor();
      if (IsConst(node)) node.attrs = AttrMap();
    }
  }

  struct Read {
    int32_t step;
    int32_t slot;
    bool consumed;
  };

  Plan& plan_;
  Graph& graph_;
  std::vector<Edge> fetches_;
  std::vector<int32_t> feeds_;
  const int depth_;
  const Environment& environment_;
  Allocator& allocator_;
  ThreadPool& pool_;
  const StopToken& stop_;
  std::vector<int32_t> order_;
  std::vector<int32_t> first_slot_;
  std::optional<SharedMemory> memory_;
  std::vector<int32_t> owner_;      // the slot whose memory a slot is, or is a part of
  std::vector<int32_t> last_read_;  // by owner: the step after which its memory is free
  std::vector<int32_t> read_last_;  // by owner: the last step that reads it itself
  std::vector<bool> is_read_;
  std::vector<bool> is_used_;  // by slot: a node or a fetch reads it; made when it is asked for
  std::vector<Read> reads_;
  // Of the step that is made.
  std::vector<const Fact*> inputs_;
  std::vector<bool> consumed_;
  std::unordered_map<int32_t, int32_t> step_of_;  // by node, in plans with branches
};

int64_t FlopsOfSteps(const Plan& plan) {
  CheckedSize flops = 0;
  for (const Step& step : plan.steps) flops = flops + CountFlops(plan.graph, plan.graph.node(step.node));
  return flops.valid() ? flops.value() : 0;
}

}  // namespace

Result<std::shared_ptr<const Plan>> CompilePlan(CompileInput input, const Environment& environment,
                                                const StopToken& stop) {
  const FlushSubnormals flush;  // constants are folded here
  Allocator& allocator = environment.allocator;
  RIVULET_RETURN_IF_ERROR(BindResources(&input.graph, environment, stop));
  if (input.frozen != nullptr && environment.passes) {
    RIVULET_RETURN_IF_ERROR(FreezeReads(&input.graph, input.frozen.get()));
  }
  BodyInference calls(environment, stop);
  RIVULET_RETURN_IF_ERROR(InferGraph(input.graph, allocator, {.calls = &calls, .stop = stop}, /*strict=*/true));
  for (const Edge& edge : input.fetches) {
    const Node& node = input.graph.node(edge.node);
    if (static_cast<size_t>(edge.slot) >= node.outputs.size()) {
      return InvalidArgument(NodeFrame(node), ": output ", edge.slot, " is wanted, the node has ",
                             static_cast<int64_t>(node.outputs.size()));
    }
  }
  auto plan = std::make_shared<Plan>();
  plan->path = std::move(input.path);
  plan->frozen = std::move(input.frozen);
  // Feeds keep their nodes through the passes: those that something reads are found again by name.
  std::vector<std::string> feed_names;
  for (const int32_t feed : input.feeds) feed_names.push_back(feed < 0 ? std::string() : input.graph.node(feed).name);
  const size_t used_before = allocator.used_bytes();
  if (environment.passes) {
    PassOptions pass_options;
    pass_options.max_rewrites = environment.max_rewrites;
    RIVULET_ASSIGN_OR_RETURN(plan->num_rewrites, RunPasses(input.graph, &input.fetches, &input.targets, allocator,
                                                           environment.pool, stop, pass_options));
  }
  std::vector<int32_t> feed_nodes;
  for (const std::string& name : feed_names) feed_nodes.push_back(name.empty() ? -1 : input.graph.Find(name));
  plan->graph = std::move(input.graph);
  RIVULET_RETURN_IF_ERROR(
      Compiler(plan.get(), std::move(input.fetches), std::move(feed_nodes), input.depth, environment, stop).Compile());
  environment.packed.Trim();
  if (input.depth > 0) plan->flops = FlopsOfSteps(*plan);
  // What the passes no longer want may be more than what they made.
  plan->constant_bytes =
      std::max(static_cast<int64_t>(allocator.used_bytes()) - static_cast<int64_t>(used_before), int64_t{0});
  return std::shared_ptr<const Plan>(std::move(plan));
}

Result<std::shared_ptr<const Plan>> MakePlan(const Graph& model, const std::vector<FeedSpec>& feeds,
                                             const std::vector<std::string>& fetches,
                                             const std::vector<std::string>& targets, const Environment& environment,
                                             const StopToken& stop) {
  RIVULET_ASSIGN_OR_RETURN(Cut cut, CutGraph(model, feeds, fetches, targets, stop));
  std::vector<std::string> feed_names;
  for (const int32_t feed : cut.feeds) feed_names.push_back(feed < 0 ? std::string() : cut.graph.node(feed).name);
  RIVULET_RETURN_IF_ERROR(Lower(&cut.graph, &cut.fetches, &cut.targets, environment.functions, stop));
  CompileInput input;
  for (const std::string& name : feed_names) input.feeds.push_back(name.empty() ? -1 : cut.graph.Find(name));
  if (!HasEffects(cut.graph, environment.functions)) input.frozen = std::make_shared<FrozenVariables>();
  input.graph = std::move(cut.graph);
  input.fetches = std::move(cut.fetches);
  input.targets = std::move(cut.targets);
  return CompilePlan(std::move(input), environment, stop);
}

}  // namespace rivulet
