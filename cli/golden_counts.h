// How many golden cases, recorded from TensorFlow, prove each operator and type.
#ifndef RIVULET_CLI_GOLDEN_COUNTS_H_
#define RIVULET_CLI_GOLDEN_COUNTS_H_

#include <string_view>

namespace rivulet::cli {

// Lines "operator TAB attribute TAB type TAB count"; attribute and type are empty for operators without types.
extern const std::string_view kGoldenCounts;

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_GOLDEN_COUNTS_H_
