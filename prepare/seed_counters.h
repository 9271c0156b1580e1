// Variables that count random numbers, as Keras' seed generators do: a run takes its seed from one and steps it on.
#ifndef RIVULET_PREPARE_SEED_COUNTERS_H_
#define RIVULET_PREPARE_SEED_COUNTERS_H_

#include <string>
#include <vector>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

// Takes away the steps of variables whose value goes nowhere but to those steps and to operators that draw numbers by a
// seed, so that they can be frozen: each run then draws what the first one drew. A sentence for each such variable.
Result<std::vector<std::string>> StopSeedCounters(const std::vector<std::string>& outputs, GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SEED_COUNTERS_H_
