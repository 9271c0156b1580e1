// A model from a path or from bytes, whatever its format.
#ifndef RIVULET_ENGINE_IMPORT_OPEN_MODEL_H_
#define RIVULET_ENGINE_IMPORT_OPEN_MODEL_H_

#include <memory>
#include <string>
#include <vector>

#include "engine/base/file.h"
#include "engine/graph/graph.h"
#include "engine/graph/model_setup.h"
#include "engine/import/packed_regions.h"
#include "engine/ops/model_files.h"
#include "rivulet/model.h"

namespace rivulet {

struct ModelContent {
  std::string format;
  Graph graph;
  std::vector<ModelSignature> signatures;
  ModelSetup setup;
  std::shared_ptr<ModelFiles> files;  // null when no folder came with the model
  FileBytes file;                     // of the graph
  // Both null unless the file is a memmapped package.
  std::shared_ptr<const MemmappedPackage> package;
  std::shared_ptr<const PackedRegions> packed;
  std::shared_ptr<ModelCache> cache;  // null without one
};

// `options.allocator` must be set. Messages start with the path.
Result<ModelContent> OpenModel(const std::string& path, const LoadOptions& options);

// The same from memory, where no folder comes with the model. Messages start with `name`.
Result<ModelContent> OpenModelBytes(FileBytes file, const std::string& name, const LoadOptions& options);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_OPEN_MODEL_H_
