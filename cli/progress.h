// A line on the terminal that tells how far long work is.
#ifndef RIVULET_CLI_PROGRESS_H_
#define RIVULET_CLI_PROGRESS_H_

#include <cstddef>
#include <string_view>

namespace rivulet::cli {

// Written over from time to time once the work takes more than two seconds, where stderr is a terminal.
void ShowProgress(std::string_view what, size_t done, size_t all);
// Takes the line away.
void EndProgress();

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_PROGRESS_H_
