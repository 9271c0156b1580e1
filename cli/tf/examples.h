// Lines to paste, for each tool's help.
#ifndef RIVULET_CLI_TF_EXAMPLES_H_
#define RIVULET_CLI_TF_EXAMPLES_H_

#include <string_view>

namespace rivulet::tf {

// One a line, as they are after the blanks before them; empty for a name that is no tool's.
std::string_view ExamplesOf(std::string_view tool);

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_EXAMPLES_H_
