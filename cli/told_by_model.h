// What a model's file, or one beside it, says of how pictures and sounds are fed and what its answers are called.
#ifndef RIVULET_CLI_TOLD_BY_MODEL_H_
#define RIVULET_CLI_TOLD_BY_MODEL_H_

#include <string>

#include "rivulet/model.h"
#include "tasks/classify.h"

namespace rivulet::cli {

// Fills what the caller left open from a pack's metadata. The labels are those of the file `labels`, if it is named,
// else the pack's, else those of a labels file beside the model at `path`, if there is one.
Status TakeWhatIsTold(const std::string& path, const Model& model, const std::string& labels, ClassifyOptions* options);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_TOLD_BY_MODEL_H_
