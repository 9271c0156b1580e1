// Steps side by side: parts of a plan that need nothing of one another, such as the two directions of a recurrent
// network, run on two threads where that is sooner than to split each step among all threads.
#ifndef RIVULET_ENGINE_RUN_LANES_H_
#define RIVULET_ENGINE_RUN_LANES_H_

#include <cstdint>
#include <vector>

#include "engine/run/plan.h"

namespace rivulet {

// Finds them among the steps of a plan without branches whose chains are known (bands.h). `owner`: by slot, the one
// whose memory it is, or is a part of. What a step takes is estimated from its arithmetic and bytes, never measured:
// the same model has the same lanes on every machine with as many threads. Steps with effects, and those that other
// steps could notice, are in none.
std::vector<Lanes> FindLanes(const Plan& plan, const std::vector<int32_t>& owner, int threads);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_LANES_H_
