#ifndef RIVULET_CLI_BENCH_ACCURACY_H_
#define RIVULET_CLI_BENCH_ACCURACY_H_

#include "cli/bench_measure.h"

namespace rivulet::cli {

// How far the results of a session with these options are from exact ones: the largest difference of a float output's
// elements, by the largest of its exact elements. Infinite where one of them is no number and the other is.
Result<double> LargestDifference(const BenchPlan& plan, const SessionOptions& options);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_BENCH_ACCURACY_H_
