// The file "checkpoint" of a training folder: which of its checkpoints is the newest.
#ifndef RIVULET_ENGINE_IMPORT_CHECKPOINT_STATE_H_
#define RIVULET_ENGINE_IMPORT_CHECKPOINT_STATE_H_

#include <string>

#include "engine/base/folder.h"
#include "rivulet/limits.h"

namespace rivulet {

// The newest checkpoint's prefix within the folder. INVALID_ARGUMENT where the file names one outside of it: TensorFlow
// follows any path.
Result<std::string> LatestCheckpoint(const FileSource& folder, const Limits& limits);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_CHECKPOINT_STATE_H_
