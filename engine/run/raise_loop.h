// A loop of tokens as one node with a condition and a body.
#ifndef RIVULET_ENGINE_RUN_RAISE_LOOP_H_
#define RIVULET_ENGINE_RUN_RAISE_LOOP_H_

#include <optional>
#include <vector>

#include "engine/run/body.h"
#include "engine/run/loop_frames.h"

namespace rivulet {

// What one frame is, read as a loop. Variables come first in the arguments of condition and body, then invariants.
struct RaisedLoop {
  Body condition;  // one bool
  Body body;       // next values of the variables, then the invariants themselves
  std::vector<Edge> inputs;
  std::vector<DType> types;
  std::vector<int32_t> controls;                   // what the loop waits for
  std::vector<std::pair<int32_t, int32_t>> exits;  // Exit node, variable
};

// Reads a frame without frames inside; nullopt when it is not of the form that TensorFlow's while_loop writes: each
// variable an Enter, a Merge of it with a NextIteration, a Switch on the one LoopCond, and at most Exits.
std::optional<RaisedLoop> RaiseLoop(const Graph& graph, const LoopFrame& frame, const std::vector<int32_t>& frame_of,
                                    const std::vector<std::vector<int32_t>>& users);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_RAISE_LOOP_H_
