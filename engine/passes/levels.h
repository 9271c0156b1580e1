// How early a value can be there.
#ifndef RIVULET_ENGINE_PASSES_LEVELS_H_
#define RIVULET_ENGINE_PASSES_LEVELS_H_

#include <vector>

#include "engine/graph/graph.h"

namespace rivulet {

// A node's level is above those of all its inputs. Constants come before everything else, and so does what is read of a
// list or an array: a loop can have many of its elements at once (look_ahead).
class Levels {
 public:
  // All 0 for a graph that goes in circles.
  explicit Levels(const Graph& graph);
  int32_t Of(int32_t node) const { return levels_[static_cast<size_t>(node)]; }

 private:
  std::vector<int32_t> levels_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_PASSES_LEVELS_H_
