#include "engine/run/branch_step.h"

#include "engine/run/call_inference.h"
#include "engine/run/sub_plan.h"

namespace rivulet {
namespace {

// If, Case: one of several bodies, by the first input.
class BranchStep : public ControlStep {
 public:
  BranchStep(const ControlStepInput& input, const Environment& environment, const StopToken& stop)
      : is_case_(input.node.op == "Case" || input.node.op == "StatelessCase"), environment_(environment) {
    std::vector<Fact> args;
    for (size_t i = 1; i < input.inputs.size(); ++i) {
      args.push_back(*input.inputs[i]);
      if (args.back().value.valid() && input.consumed != nullptr) (*input.consumed)[i] = true;
    }
    const std::vector<FunctionCall> branches = BranchesOf(input.node);
    for (size_t i = 0; i < branches.size(); ++i) {
      branches_.push_back(std::make_unique<SubPlan>(branches[i], args, Cat(input.path, static_cast<int64_t>(i), "/"),
                                                    input.depth, input.frozen, environment));
      branches_.back()->MakeAhead(stop);
    }
  }

  Status Run(RunContext& context, const RunServices& services, ControlFrames& frames,
             std::vector<bool>* dead) const override {
    static_cast<void>(dead);
    frames.frames.resize(branches_.size());
    RIVULET_ASSIGN_OR_RETURN(const size_t chosen, Choose(context.input(0)));
    RIVULET_ASSIGN_OR_RETURN(Frame * frame, branches_[chosen]->FrameAt(&frames.frames[chosen], services));
    Status status = RunBranch(*frame, context, services);
    ClearFrame(*frame);
    return status;
  }

 private:
  Status RunBranch(Frame& frame, RunContext& context, const RunServices& services) const {
    for (int i = 1; i < context.num_inputs(); ++i) {
      RIVULET_RETURN_IF_ERROR(SetFeed(frame, static_cast<size_t>(i - 1), context.TakeInput(i), environment_.allocator));
    }
    RIVULET_RETURN_IF_ERROR(RunSteps(frame, services));
    if (frame.plan->fetch_slots.size() != static_cast<size_t>(context.num_outputs())) {
      return InvalidArgument("the branch returns ", static_cast<int64_t>(frame.plan->fetch_slots.size()),
                             " tensors, want ", context.num_outputs());
    }
    for (int i = 0; i < context.num_outputs(); ++i) {
      RIVULET_ASSIGN_OR_RETURN(Tensor * result, FetchOf(frame, static_cast<size_t>(i)));
      context.SetOutput(i, *result);
    }
    return Status();
  }

  // As TensorFlow: of If, a scalar that is not zero or a text that is not empty, and any tensor that is not empty, is
  // true; of Case, what is out of range is the last branch.
  Result<size_t> Choose(const Tensor& selector) const {
    const auto last = static_cast<int64_t>(branches_.size()) - 1;
    if (is_case_) {
      if (selector.rank() != 0) return InvalidArgument("branch_index: want a scalar, got ", selector.shape());
      const int32_t index = selector.data<int32_t>()[0];
      return static_cast<size_t>(index < 0 || index > last ? last : index);
    }
    if (selector.rank() != 0) return size_t{selector.num_elements() > 0};
    switch (selector.dtype()) {
      case DType::kBool: return size_t{selector.data<bool>()[0]};
      case DType::kString: return size_t{!selector.data<std::string>()[0].empty()};
      case DType::kFloat: return size_t{selector.data<float>()[0] != 0};
      case DType::kDouble: return size_t{selector.data<double>()[0] != 0};
      case DType::kInt32: return size_t{selector.data<int32_t>()[0] != 0};
      case DType::kInt64: return size_t{selector.data<int64_t>()[0] != 0};
      case DType::kInt16: return size_t{selector.data<int16_t>()[0] != 0};
      case DType::kInt8: return size_t{selector.data<int8_t>()[0] != 0};
      case DType::kUint8: return size_t{selector.data<uint8_t>()[0] != 0};
      default: return InvalidArgument("cond: want a bool, number or string, got ", selector.dtype());
    }
  }

  const bool is_case_;
  const Environment& environment_;
  std::vector<std::unique_ptr<SubPlan>> branches_;
};

}  // namespace

std::unique_ptr<ControlStep> MakeBranchStep(const ControlStepInput& input, const Environment& environment,
                                            const StopToken& stop) {
  return std::make_unique<BranchStep>(input, environment, stop);
}

}  // namespace rivulet
