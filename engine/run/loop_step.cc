#include "engine/run/loop_step.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "engine/run/call_inference.h"
#include "engine/run/loop_count.h"
#include "engine/run/scalar_condition.h"
#include "engine/run/sub_plan.h"

namespace rivulet {
namespace {

// The variables of a running loop. What the body leaves in its arena is copied out, into one of two buffers per
// variable that the frame keeps, so that an iteration after the second allocates nothing.
class LoopVariables {
 public:
  LoopVariables(size_t count, std::vector<Tensor>& buffers, Allocator& allocator)
      : current_(count), in_second_(count, 0), buffers_(buffers), allocator_(allocator) {
    buffers_.resize(2 * count);
  }

  Tensor& operator[](size_t i) { return current_[i]; }
  size_t size() const { return current_.size(); }
  std::span<const Tensor> all() const { return current_; }

  Status Set(size_t i, const Tensor& value) {
    if (value.owner() != nullptr) {
      current_[i] = value;
      return Status();
    }
    // The buffer that the variable is not in now: `value` may be made of it.
    in_second_[i] ^= 1;
    Tensor& buffer = buffers_[2 * i + in_second_[i]];
    const bool fits = ElementBytes(value.dtype()) > 0 && buffer.valid() && buffer.dtype() == value.dtype() &&
                      buffer.shape() == value.shape();
    if (!fits) {
      RIVULET_ASSIGN_OR_RETURN(buffer, Clone(value, allocator_));
    } else if (value.bytes() > 0) {
      std::memcpy(buffer.raw(), value.raw(), value.bytes());
    }
    // A view without owner: who keeps it must copy it.
    current_[i] = Tensor::View(buffer.dtype(), buffer.shape(), buffer.raw());
    return Status();
  }

 private:
  std::vector<Tensor> current_;
  std::vector<uint8_t> in_second_;  // which buffer the last value that was copied is in
  std::vector<Tensor>& buffers_;
  Allocator& allocator_;
};

class LoopStep : public ControlStep {
 public:
  LoopStep(const ControlStepInput& input, const Environment& environment, const StopToken& stop)
      : counts_(input.node.op == "For"), path_(input.path), environment_(environment) {
    const auto* body = input.node.attrs.Get<FunctionCall>("body");
    const auto* condition = input.node.attrs.Get<FunctionCall>("cond");
    const FunctionCall none;
    const size_t first = counts_ ? 1 : 0;
    std::vector<Fact> args;
    if (counts_) args.push_back({DType::kInt32, {}, Tensor()});
    for (size_t i = counts_ ? 3 : 0; i < input.inputs.size(); ++i) args.push_back(*input.inputs[i]);
    BodyInference inference(environment, stop);
    args = inference.FindLoopFacts(body != nullptr ? *body : none, std::move(args), first);
    for (size_t i = first; i < args.size(); ++i) {
      const size_t k = i - first;
      invariant_.push_back(args[i].value.valid());
      const bool unread = k < input.read.size() && !input.read[k];
      if (!invariant_[k] || !unread || input.consumed == nullptr) continue;
      (*input.consumed)[k] = true;
      stand_ins_.emplace_back(k, Tensor::View(args[i].dtype, input.outputs[k].shape, nullptr));
    }
    num_changed_ = static_cast<size_t>(std::count(invariant_.begin(), invariant_.end(), false));
    if (!counts_) {
      condition_ = std::make_unique<SubPlan>(condition != nullptr ? *condition : none, args, input.path + "cond/",
                                             input.depth, input.frozen, environment);
      if (const auto plan = condition_->MakeAhead(stop)) simple_condition_ = ScalarCondition::Read(*plan);
    }
    body_ = std::make_unique<SubPlan>(body != nullptr ? *body : none, std::move(args), input.path + "body/",
                                      input.depth, input.frozen, environment, invariant_);
    known_body_ = body_->MakeAhead(stop);
  }

  const Plan* Body() const override { return counts_ || simple_condition_ ? known_body_.get() : nullptr; }

  Status Run(RunContext& context, const RunServices& services, ControlFrames& frames,
             std::vector<bool>* dead) const override {
    static_cast<void>(dead);
    frames.frames.resize(2);
    const int first = counts_ ? 3 : 0;
    LoopVariables variables(static_cast<size_t>(context.num_inputs() - first), frames.tensors, environment_.allocator);
    for (size_t i = 0; i < variables.size(); ++i) variables[i] = context.TakeInput(first + static_cast<int>(i));
    int64_t steps = 0;
    const Status status =
        counts_ ? Count(context, services, frames, variables, &steps) : Repeat(services, frames, variables, &steps);
    if (frames.frames[1] != nullptr) ClearFrame(*frames.frames[1]);
    RIVULET_RETURN_IF_ERROR(status);
    LoopCount::Add(path_, steps);
    for (const auto& [i, stand_in] : stand_ins_) variables[i] = stand_in;
    for (size_t i = 0; i < variables.size(); ++i) context.SetOutput(static_cast<int>(i), variables[i]);
    return Status();
  }

 private:
  Status Repeat(const RunServices& services, ControlFrames& frames, LoopVariables& variables, int64_t* steps) const {
    for (;; ++*steps) {
      RIVULET_ASSIGN_OR_RETURN(const bool go_on, Holds(services, frames, variables));
      if (!go_on) return Status();
      RIVULET_RETURN_IF_ERROR(Iterate(services, frames, variables, nullptr));
    }
  }

  Status Count(RunContext& context, const RunServices& services, ControlFrames& frames, LoopVariables& variables,
               int64_t* steps) const {
    int64_t bounds[3];
    for (int i = 0; i < 3; ++i) {
      if (context.input(i).rank() != 0) return InvalidArgument("start, limit and delta: want scalars");
      bounds[i] = context.input(i).data<int32_t>()[0];
    }
    const auto [start, limit, delta] = bounds;
    if (delta == 0) return InvalidArgument("delta: want a number other than 0");
    if ((delta > 0 && start > limit) || (delta < 0 && start < limit)) {
      return InvalidArgument("from ", start, " by ", delta, " never leads to ", limit);
    }
    for (int64_t i = start; delta > 0 ? i < limit : i > limit; i += delta, ++*steps) {
      const Tensor counter = Tensor::Scalar<int32_t>(static_cast<int32_t>(i));
      RIVULET_RETURN_IF_ERROR(Iterate(services, frames, variables, &counter));
    }
    return Status();
  }

  Result<bool> Holds(const RunServices& services, ControlFrames& frames, LoopVariables& variables) const {
    if (simple_condition_) {
      if (const std::optional<bool> holds = simple_condition_->Holds(variables.all())) return *holds;
    }
    RIVULET_ASSIGN_OR_RETURN(Frame * frame, condition_->FrameAt(&frames.frames[0], services));
    for (size_t i = 0; i < variables.size(); ++i) {
      if (frame->plan->feed_slots[i] < 0) continue;
      RIVULET_RETURN_IF_ERROR(SetFeed(*frame, i, variables[i], environment_.allocator));
    }
    Status status = RunSteps(*frame, services);
    bool holds = false;
    if (status.ok() && frame->plan->fetch_slots.size() != 1) status = InvalidArgument("cond: want one result");
    if (status.ok()) {
      const Result<Tensor*> result = FetchOf(*frame, 0);
      status = result.status();
      if (result.ok()) status = ReadBool(**result, &holds);
    }
    ClearFrame(*frame);
    if (!status.ok()) return status;
    return holds;
  }

  static Status ReadBool(const Tensor& tensor, bool* value) {
    if (tensor.dtype() != DType::kBool || tensor.num_elements() != 1) {
      return InvalidArgument("cond: want one bool, got ", tensor.dtype(), tensor.shape());
    }
    *value = tensor.data<bool>()[0];
    return Status();
  }

  Status Iterate(const RunServices& services, ControlFrames& frames, LoopVariables& variables,
                 const Tensor* counter) const {
    RIVULET_ASSIGN_OR_RETURN(Frame * frame, body_->FrameAt(&frames.frames[1], services));
    Status status = RunBody(*frame, services, variables, counter);
    ReleaseFrame(*frame);
    return status;
  }

  Status RunBody(Frame& frame, const RunServices& services, LoopVariables& variables, const Tensor* counter) const {
    const size_t first = counter != nullptr ? 1 : 0;
    if (counter != nullptr) RIVULET_RETURN_IF_ERROR(SetFeed(frame, 0, *counter, environment_.allocator));
    for (size_t i = 0; i < variables.size(); ++i) {
      // Moved, so that the body may hold the only reference to what it changes.
      if (invariant_[i]) continue;
      RIVULET_RETURN_IF_ERROR(SetFeed(frame, first + i, std::move(variables[i]), environment_.allocator));
    }
    RIVULET_RETURN_IF_ERROR(RunSteps(frame, services));
    const std::vector<int32_t>& fetches = frame.plan->fetch_slots;
    if (fetches.size() != num_changed_) {
      return InvalidArgument("body: returns ", static_cast<int64_t>(variables.size() - num_changed_ + fetches.size()),
                             " tensors, want ", static_cast<int64_t>(variables.size()));
    }
    for (size_t i = 0, fetch = 0; i < variables.size(); ++i) {
      if (invariant_[i]) continue;
      const size_t k = fetch++;
      RIVULET_ASSIGN_OR_RETURN(Tensor * result, FetchOf(frame, k));
      if (fetches[k] == frame.plan->feed_slots[first + i]) {
        variables[i] = *result;  // handed through
      } else {
        RIVULET_RETURN_IF_ERROR(variables.Set(i, *result));
      }
    }
    return Status();
  }

  const bool counts_;
  const std::string path_;
  const Environment& environment_;
  std::vector<bool> invariant_;  // known constants that the body returns as they are
  size_t num_changed_ = 0;       // how many are not
  // Those of them that were consumed, for want of a reader: what their outputs are instead, a type and a shape.
  std::vector<std::pair<size_t, Tensor>> stand_ins_;
  std::unique_ptr<SubPlan> condition_;
  std::optional<ScalarCondition> simple_condition_;
  std::unique_ptr<SubPlan> body_;
  std::shared_ptr<const Plan> known_body_;  // null where it is made when it is first needed
};

}  // namespace

std::unique_ptr<ControlStep> MakeLoopStep(const ControlStepInput& input, const Environment& environment,
                                          const StopToken& stop) {
  return std::make_unique<LoopStep>(input, environment, stop);
}

}  // namespace rivulet
