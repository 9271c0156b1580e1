// --input NAME=FILE.npy, NAME=@FILE, NAME==VALUE as feeds.
#ifndef RIVULET_CLI_FEEDS_H_
#define RIVULET_CLI_FEEDS_H_

#include <string>
#include <vector>

#include "cli/model_flags.h"
#include "rivulet/session.h"

namespace rivulet::cli {

inline constexpr const char* kInputHelp =
    "What to feed, once per input: NAME=FILE.npy or NAME=FILE.npz[ARRAY] an array, NAME=@FILE a file's bytes as a "
    "string, "
    "NAME==VALUE a number, text, [list] or [[list], [of lists]] in the input's type. NAME may carry :port";

// Types are checked against what the model says of NAME; feeds are named by the tensors that `names` finds for them. On
// an error *code is the exit code that it asks for: kBadCall when the argument itself is wrong or names nothing,
// kBadData when the file is.
Result<Feeds> ParseFeeds(const Model& model, const NameChoice& names, const std::vector<std::string>& arguments,
                         int* code);

// The default values of the signature's inputs that are not fed.
void AddDefaults(const NameChoice& names, Feeds* feeds);

// Whether both name the same output of a node: "x" and "x:0" do.
bool IsSameTensor(std::string_view a, std::string_view b);

// "name" of "NAME=..."; empty when there is none.
std::string FeedName(const std::string& argument);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_FEEDS_H_
