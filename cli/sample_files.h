// What networks are compared on, whichever command asks: the caller's pictures and sounds, or made-up values in turn.
#ifndef RIVULET_CLI_SAMPLE_FILES_H_
#define RIVULET_CLI_SAMPLE_FILES_H_

#include <string>
#include <vector>

#include "tasks/classify.h"

namespace rivulet::cli {

struct SampleFiles {
  std::vector<Feeds> feeds;
  size_t found = 0;                   // files, of which some were taken
  std::vector<std::string> left_out;  // "'path' is left out: why"
};

// At most `most` of the files, and of those in folders, spread evenly so that folders of classes have their share.
SampleFiles ReadSampleFiles(Classifier& classifier, const std::vector<std::string>& paths, int most);

// The tensor's numbers from the `by`-th on, then those before: other inputs of the same kind. Of other types the
// tensor.
Result<Tensor> Turned(const Tensor& tensor, int64_t by);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_SAMPLE_FILES_H_
