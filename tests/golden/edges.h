// The table of what lies at the edges: every operator of the recordings × each of its inputs × {no element, a scalar,
// eight dims, -1, 0, 1, the largest int32, the least int64, 2^31, 2^62, NaN, infinity}. A new operator is in it by its
// first case.
#ifndef RIVULET_TESTS_GOLDEN_EDGES_H_
#define RIVULET_TESTS_GOLDEN_EDGES_H_

#include <cstdint>
#include <map>
#include <string>

#include "tests/golden/golden.h"

namespace rivulet::golden {

struct EdgeCounts {
  int64_t runs = 0;
  int64_t results = 0;    // runs that gave some
  int64_t deadlines = 0;  // runs that were stopped
};

// Whether the case is one of those of its operators that stand for them: `seen` counts, by operators, the cases before
// it.
bool StandsForItsOperators(const GoldenCase& record, std::map<std::string, int>* seen);

// Ok when every such run ends in time, within the budget, with results or an error that is no fault of the engine's,
// and when the session then still gives what was recorded.
Status CheckEdges(const GoldenCase& record, EdgeCounts* counts);

}  // namespace rivulet::golden

#endif  // RIVULET_TESTS_GOLDEN_EDGES_H_
