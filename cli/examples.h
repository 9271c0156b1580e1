// --example NAME=JSON: tf.Example messages for models that parse their inputs themselves.
#ifndef RIVULET_CLI_EXAMPLES_H_
#define RIVULET_CLI_EXAMPLES_H_

#include <string>
#include <vector>

#include "cli/model_flags.h"
#include "rivulet/session.h"

namespace rivulet::cli {

inline constexpr const char* kExampleHelp =
    "A tf.Example to feed, or a list of them: NAME='{\"x\": [1.5], \"label\": \"cat\"}', or NAME=@FILE.json. Lists, "
    "numbers and strings become the kind of feature that the model parses them as";

// Adds a feed of serialised examples for each argument. *code as ParseFeeds has it.
Status AddExamples(const Model& model, const NameChoice& names, const std::vector<std::string>& arguments, Feeds* feeds,
                   int* code);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_EXAMPLES_H_
