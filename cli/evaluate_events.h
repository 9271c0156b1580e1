// What rivulet evaluate found, for TensorBoard.
#ifndef RIVULET_CLI_EVALUATE_EVENTS_H_
#define RIVULET_CLI_EVALUATE_EVENTS_H_

#include <cstdint>
#include <string>

#include "cli/evaluate_page.h"
#include "rivulet/status.h"

namespace rivulet::cli {

// Writes an event file into the folder, at `step`: scalars of all and of each class, a histogram of what the right
// labels got, and the table of what is taken for what as a picture. Gives the file's path.
Result<std::string> SaveEvaluation(const EvaluateReport& report, int64_t step, const std::string& folder);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_EVALUATE_EVENTS_H_
