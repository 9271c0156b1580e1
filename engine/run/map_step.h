#ifndef RIVULET_ENGINE_RUN_MAP_STEP_H_
#define RIVULET_ENGINE_RUN_MAP_STEP_H_

#include "engine/run/control_step.h"

namespace rivulet {

// The step of a MapDefun.
std::unique_ptr<ControlStep> MakeMapStep(const ControlStepInput& input, const Environment& environment,
                                         const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_MAP_STEP_H_
