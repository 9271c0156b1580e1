// A loop of tokens made ready to run: what never changes from run to run (token_loop.h).
#ifndef RIVULET_ENGINE_RUN_TOKEN_PROGRAM_H_
#define RIVULET_ENGINE_RUN_TOKEN_PROGRAM_H_

#include <memory>
#include <string>
#include <vector>

#include "engine/run/control_step.h"
#include "engine/run/function_table.h"
#include "engine/run/loop_frames.h"

namespace rivulet {

// Where an output's tokens go: input `input` of `node`; -1 for a control input.
struct TokenReader {
  int32_t node = -1;
  int32_t input = -1;
};

// A loop made ready: the graph with its readers, and what nodes keep from run to run.
struct LoopProgram {
  std::shared_ptr<const Body> body;
  Graph graph;
  LoopFrames frames;
  std::vector<std::vector<std::vector<TokenReader>>> readers;  // by node and output
  std::vector<std::vector<TokenReader>> control_readers;       // by node
  std::vector<std::unique_ptr<OpState>> states;
  std::vector<std::unique_ptr<ControlStep>> controls;
  std::vector<int32_t> enters_of;              // by frame of `frames`: how many Enters lead into it
  std::vector<std::vector<int32_t>> exits_of;  // by frame: the Exits out of it
  std::string path;
};

// Of a _TokenLoop.
Result<std::unique_ptr<const LoopProgram>> MakeLoopProgram(const ControlStepInput& input,
                                                           const Environment& environment, const StopToken& stop);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_TOKEN_PROGRAM_H_
