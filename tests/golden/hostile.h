// Golden cases made hostile: what a model or a caller can get wrong about an operator, or wants to.
#ifndef RIVULET_TESTS_GOLDEN_HOSTILE_H_
#define RIVULET_TESTS_GOLDEN_HOSTILE_H_

#include <cstdint>
#include <string>

#include "tests/golden/golden.h"

namespace rivulet::golden {

// The case with one to three things changed: values, shapes and dtypes of feeds (also where they become constants of
// the graph), attributes, inputs, or plain bytes. The same for the same seed. `what` says what was done.
Result<GoldenCase> MakeHostile(const GoldenCase& record, uint64_t seed, std::string* what);

// Runs such a case under small limits. Any result and any error is right but INTERNAL, a run past its deadline, and
// more memory than the budget; crashes are the sanitizers' business. `*gave_results` tells whether it ran to the end.
Status RunHostile(const GoldenCase& hostile, bool passes, bool* gave_results);

}  // namespace rivulet::golden

#endif  // RIVULET_TESTS_GOLDEN_HOSTILE_H_
