// What a model is fed while it is timed: what was given, the rest made up.
#ifndef RIVULET_CLI_BENCH_FEEDS_H_
#define RIVULET_CLI_BENCH_FEEDS_H_

#include <string>
#include <vector>

#include "cli/feeds.h"

namespace rivulet::cli {

// `inputs` as ParseFeeds takes them, `shapes` as NAME=1,224,224,3. On an error *code is the exit code it asks for.
Result<Feeds> MakeFeeds(const Model& model, const NameChoice& names, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& shapes, int* code);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_BENCH_FEEDS_H_
