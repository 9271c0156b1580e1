#include "engine/run/step_clock.h"

#include "engine/run/flops.h"

namespace rivulet {

StepClock::StepClock(const Plan& plan, RunProfile* profile) : profile_(profile) {
  if (profile == nullptr || profile->steps.size() == plan.steps.size()) return;
  profile->steps.clear();
  for (const Step& step : plan.steps) {
    const Node& node = plan.graph.node(step.node);
    RunProfile::Step entry;
    entry.node = node.name;
    entry.op = node.op;
    if (!node.outputs.empty()) entry.shape = node.outputs[0].shape;
    entry.flops = CountFlops(plan.graph, node);
    profile->steps.push_back(std::move(entry));
  }
}

}  // namespace rivulet
