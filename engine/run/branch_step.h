#ifndef RIVULET_ENGINE_RUN_BRANCH_STEP_H_
#define RIVULET_ENGINE_RUN_BRANCH_STEP_H_

#include "engine/run/control_step.h"

namespace rivulet {

// The step of an If or Case.
std::unique_ptr<ControlStep> MakeBranchStep(const ControlStepInput& input, const Environment& environment,
                                            const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_BRANCH_STEP_H_
