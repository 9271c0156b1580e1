// Where intermediates lie in one block of memory. Knows sizes and lifetimes, nothing of graphs.
#ifndef RIVULET_ENGINE_RUN_ARENA_H_
#define RIVULET_ENGINE_RUN_ARENA_H_

#include <cstdint>
#include <vector>

namespace rivulet {

struct ArenaRequest {
  int64_t bytes = 0;
  int32_t first_step = 0;  // the step that writes it
  int32_t last_step = 0;   // the last step that reads it
  int64_t offset = 0;      // the answer
};

// Fills the offsets so that requests alive at the same step do not overlap, and returns the total size; -1 when it does
// not fit 63 bits. Greedy: the largest first, each at the lowest gap among those already placed that live at the same
// time; where that takes more than LeastArena, whichever lies highest comes first, some times over. Not optimal (that
// is NP-hard), but real networks have the least or a few percent more.
int64_t PlanArena(std::vector<ArenaRequest>& requests, int64_t alignment);

// What the requests of the fullest step need, below which no placement can be. Of requests that PlanArena found room
// for.
int64_t LeastArena(const std::vector<ArenaRequest>& requests);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_ARENA_H_
