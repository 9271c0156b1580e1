#ifndef RIVULET_ENGINE_RUN_LOOP_STEP_H_
#define RIVULET_ENGINE_RUN_LOOP_STEP_H_

#include "engine/run/control_step.h"

namespace rivulet {

// The step of a While, a For, or a loop of tokens that was raised to one.
std::unique_ptr<ControlStep> MakeLoopStep(const ControlStepInput& input, const Environment& environment,
                                          const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_LOOP_STEP_H_
