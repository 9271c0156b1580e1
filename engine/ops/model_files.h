// Files that operators may read while a model runs: those that came with the model, and no others.
#ifndef RIVULET_ENGINE_OPS_MODEL_FILES_H_
#define RIVULET_ENGINE_OPS_MODEL_FILES_H_

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/file.h"
#include "rivulet/tensor.h"

namespace rivulet {

// Thread-safe. Paths are what the graph computed, so anything: a path outside what was granted is PERMISSION_DENIED.
class ModelFiles {
 public:
  virtual ~ModelFiles() = default;

  // The tensor `name` of the checkpoint `prefix`, or the part of it that `slice` tells ("4 5 0,2:-"; empty for all).
  // Another type than `dtype` is INVALID_ARGUMENT. The tensor owns its memory or keeps the mapped file alive.
  virtual Result<Tensor> ReadVariable(const std::string& prefix, const std::string& name, const std::string& slice,
                                      DType dtype, Allocator& allocator) = 0;

  // A whole file: an asset, a list of words.
  virtual Result<FileBytes> ReadFile(const std::string& path) = 0;

  // Paths of the files and folders that a pattern names (engine/base/glob.h), sorted.
  virtual Result<std::vector<std::string>> Match(const std::string& pattern) = 0;

  // The system may take back pages of the mapped files; they are read again when touched.
  virtual void DropPages() = 0;
};

// FAILED_PRECONDITION without any.
Result<ModelFiles*> WantFiles(ModelFiles* files);

inline std::string_view AsText(const FileBytes& file) {
  return {reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()};
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_MODEL_FILES_H_
