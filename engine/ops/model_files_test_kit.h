// Files in memory for tests of operators that read files. Test-only.
#ifndef RIVULET_ENGINE_OPS_MODEL_FILES_TEST_KIT_H_
#define RIVULET_ENGINE_OPS_MODEL_FILES_TEST_KIT_H_

#include <map>
#include <string>
#include <vector>

#include "engine/base/errors.h"
#include "engine/base/glob.h"
#include "engine/ops/model_files.h"

namespace rivulet {

// Texts by their paths, and the tensors of a checkpoint "ckpt". Other paths were not granted.
class FilesInMemory : public ModelFiles {
 public:
  explicit FilesInMemory(std::map<std::string, std::string> texts, std::map<std::string, Tensor> variables = {})
      : texts_(std::move(texts)), variables_(std::move(variables)) {}

  Result<Tensor> ReadVariable(const std::string& prefix, const std::string& name, const std::string& slice, DType dtype,
                              Allocator&) override {
    if (prefix != "ckpt") return NotGranted();
    const auto found = variables_.find(name);
    if (found == variables_.end()) return NotFound("no tensor is called ", Quoted(name));
    if (found->second.dtype() != dtype) return InvalidArgument(Quoted(name), ": another type");
    asked_ += slice + ";";
    return found->second;
  }
  Result<FileBytes> ReadFile(const std::string& path) override {
    const auto found = texts_.find(path);
    if (found == texts_.end()) return NotGranted();
    FileBytes file;
    file.bytes = {reinterpret_cast<const uint8_t*>(found->second.data()), found->second.size()};
    return file;
  }
  Result<std::vector<std::string>> Match(const std::string& pattern) override {
    std::vector<std::string> paths;
    for (const auto& [path, text] : texts_) {
      if (GlobMatches(pattern, path)) paths.push_back(path);
    }
    return paths;
  }
  void DropPages() override {}

  // The slices that were asked for.
  const std::string& asked() const { return asked_; }

 private:
  static Status NotGranted() { return Status(Code::kPermissionDenied, "not granted"); }

  const std::map<std::string, std::string> texts_;
  const std::map<std::string, Tensor> variables_;
  std::string asked_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_MODEL_FILES_TEST_KIT_H_
