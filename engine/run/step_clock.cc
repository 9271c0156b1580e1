#include "engine/run/step_clock.h"

#include <utility>

#include "engine/run/flops.h"

namespace rivulet {

thread_local int64_t* StepClock::within_ = nullptr;

StepClock::StepClock(const Plan& plan, RunProfile* profile) : profile_(profile) {
  if (profile == nullptr) {
    AddFlops(plan.flops);
  } else {
    within_ = &flops_;
  }
  if (profile == nullptr || profile->steps.size() == plan.steps.size()) return;
  profile->steps.clear();
  size_t head = 0;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    if (step.chain > 1) head = i;
    const Node& node = plan.graph.node(step.node);
    RunProfile::Step entry;
    entry.node = node.name;
    entry.op = node.op;
    if (!node.outputs.empty()) entry.shape = node.outputs[0].shape;
    entry.flops = CountFlops(plan.graph, node);
    // A chain's first step takes the time of all of it.
    const bool behind = i > head && i < head + static_cast<size_t>(plan.steps[head].chain);
    if (behind) profile->steps[head].flops += std::exchange(entry.flops, 0);
    profile->steps.push_back(std::move(entry));
  }
}

}  // namespace rivulet
