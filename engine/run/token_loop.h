// Loops as TensorFlow itself runs them: tokens, live or dead, that travel between nodes, tagged with the frame and the
// iteration they belong to. For loops of any form; those that can be read as one condition and one body are faster as
// such (raise_loop.h) and give the same.
#ifndef RIVULET_ENGINE_RUN_TOKEN_LOOP_H_
#define RIVULET_ENGINE_RUN_TOKEN_LOOP_H_

#include "engine/run/control_step.h"

namespace rivulet {

// The step of a _TokenLoop.
Result<std::unique_ptr<ControlStep>> MakeTokenLoop(const ControlStepInput& input, const Environment& environment,
                                                   const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_TOKEN_LOOP_H_
