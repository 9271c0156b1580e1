// Graphs that may rightly run until they are stopped.
#ifndef RIVULET_TESTS_GOLDEN_MAY_LOOP_H_
#define RIVULET_TESTS_GOLDEN_MAY_LOOP_H_

#include "engine/graph/graph.h"

namespace rivulet::golden {

// A loop whose end depends on data may go on for as long as it is let, and so may an operator that the file tells how
// often to try.
bool MayLoop(const Graph& graph);

// Whether a run leaves elements in the session (queues, stages, accumulators, trees) or draws from a random stream of
// the session's, so that the next one starts elsewhere.
bool KeepsElements(const Graph& graph);

}  // namespace rivulet::golden

#endif  // RIVULET_TESTS_GOLDEN_MAY_LOOP_H_
