// What operators read from the files of a model's folder, for a graph that has no folder any more.
#ifndef RIVULET_PREPARE_FILE_CONTENTS_H_
#define RIVULET_PREPARE_FILE_CONTENTS_H_

#include <string>
#include <vector>

#include "prepare/graph_def.h"
#include "rivulet/model.h"

namespace rivulet::prepare {

struct HeldFiles {
  size_t files = 0;                // that became constants
  std::vector<std::string> notes;  // sentences about what still reads files, and so fails where a run reaches it
};

// Each ReadFile of a constant path, such as an asset's, becomes a constant: what the file holds now.
Result<HeldFiles> HoldFiles(const Model& model, GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_FILE_CONTENTS_H_
