// Edges inside of while loops of TensorFlow 1 made visible outside: a list grows by the edge's value in each turn.
#ifndef RIVULET_PREPARE_SQUEEZE_LOOP_TAPS_H_
#define RIVULET_PREPARE_SQUEEZE_LOOP_TAPS_H_

#include <optional>
#include <string>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

// Adds to the graph what gathers `edge`, a float value of at least one dimension inside of the loop that `enter` goes
// into, and returns the name of all turns' values, put together along their first axis. Nothing where the loop is not
// found, or is inside of another.
std::optional<std::string> AddLoopTap(const std::string& edge, const std::string& enter, GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_LOOP_TAPS_H_
