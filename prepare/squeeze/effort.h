// How much a network is run to find out what its weights are worth. The smaller ones are run as often as it tells
// something; of a large one that would take hours, so it is tried on fewer samples, and small constants together.
#ifndef RIVULET_PREPARE_SQUEEZE_EFFORT_H_
#define RIVULET_PREPARE_SQUEEZE_EFFORT_H_

#include <cstddef>
#include <vector>

#include "prepare/squeeze/weights.h"

namespace rivulet::prepare {

// Prices that the search tries.
inline constexpr int kTrials = 11;

// How many of `most` samples, at least two, keep `runs` runs on each of them below `most_work`. `work` is one run's, in
// multiplications: they are counted and not timed, so that the same call makes the same file on any machine.
size_t SamplesFor(double work, size_t runs, double most_work, size_t most);

// Which weights are rounded in one run, by their numbers: each alone where kMostStudyWork allows that on `samples`,
// else constants that are no products' and have few elements in groups, each of its members having the same share in
// what that changes.
std::vector<std::vector<size_t>> TriedTogether(const std::vector<const Weight*>& weights, double work, size_t samples,
                                               double most_work);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_EFFORT_H_
