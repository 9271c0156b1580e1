// What a model's Print nodes say (SessionOptions::printer), where TensorFlow says it.
#ifndef RIVULET_CLI_PRINT_TO_STDERR_H_
#define RIVULET_CLI_PRINT_TO_STDERR_H_

#include <cstdio>
#include <string_view>

namespace rivulet::cli {

inline void PrintToStderr(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_PRINT_TO_STDERR_H_
