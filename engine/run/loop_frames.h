// Which nodes belong to which loop, in graphs whose loops are made of tokens: Enter opens a frame by name, Exit leaves
// it, NextIteration leads back to a Merge.
#ifndef RIVULET_ENGINE_RUN_LOOP_FRAMES_H_
#define RIVULET_ENGINE_RUN_LOOP_FRAMES_H_

#include <string>
#include <vector>

#include "engine/graph/graph.h"

namespace rivulet {

struct LoopFrame {
  int32_t parent = 0;  // 0 is the graph outside all loops
  int32_t depth = 0;
  std::string name;
  std::vector<int32_t>
      members;  // in topological order; Enter and Exit nodes belong to the frame they lead into or out of
};

struct LoopFrames {
  std::vector<LoopFrame> frames;  // [0] is the outside
  std::vector<int32_t> frame_of;  // by node: the frame it is a member of
};

bool IsEnter(const Node& node);
bool IsExit(const Node& node);
bool IsMerge(const Node& node);
bool IsNextIteration(const Node& node);
bool IsSwitchNode(const Node& node);

// INVALID_ARGUMENT where a node takes values of two loops, or has too few inputs to be what it is called.
Result<LoopFrames> FindLoopFrames(const Graph& graph);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_LOOP_FRAMES_H_
