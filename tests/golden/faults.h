// Golden cases while memory runs out: the Nth allocation of a run fails, for every N.
#ifndef RIVULET_TESTS_GOLDEN_FAULTS_H_
#define RIVULET_TESTS_GOLDEN_FAULTS_H_

#include "tests/golden/golden.h"

namespace rivulet::golden {

// Ok when every such run gives RESOURCE_EXHAUSTED or the right results, and when the same session is right afterwards.
// `*num_failed` grows by the runs in which the fault was felt.
Status CheckFaults(const GoldenCase& record, int64_t* num_failed);

}  // namespace rivulet::golden

#endif  // RIVULET_TESTS_GOLDEN_FAULTS_H_
