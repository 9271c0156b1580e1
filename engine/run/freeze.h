// What a plan may take from the session's state when it is made.
#ifndef RIVULET_ENGINE_RUN_FREEZE_H_
#define RIVULET_ENGINE_RUN_FREEZE_H_

#include "engine/graph/graph.h"
#include "engine/run/environment.h"

namespace rivulet {

// Handles of named resources become constants: they refer to the same object in every run.
Status BindResources(Graph* graph, const Environment& environment, const StopToken& stop);

// Reads of variables that have a value become constants, which kernels can pack; for graphs that change no variable.
// What was taken is noted in `frozen`.
Status FreezeReads(Graph* graph, FrozenVariables* frozen);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_FREEZE_H_
