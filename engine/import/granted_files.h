// The files of a model's own folders, as the operators that read files get them.
#ifndef RIVULET_ENGINE_IMPORT_GRANTED_FILES_H_
#define RIVULET_ENGINE_IMPORT_GRANTED_FILES_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/folder.h"
#include "engine/import/checkpoint.h"
#include "engine/ops/model_files.h"

namespace rivulet {

class GrantedFiles : public ModelFiles {
 public:
  explicit GrantedFiles(const Limits& limits) { options_.limits = limits; }

  // Before the files are shared: paths that start with the folder's own path and stay inside it may be read.
  void Grant(std::shared_ptr<const Folder> folder) { folders_.push_back(std::move(folder)); }

  Result<Tensor> ReadVariable(const std::string& prefix, const std::string& name, const std::string& slice, DType dtype,
                              Allocator& allocator) override;
  Result<FileBytes> ReadFile(const std::string& path) override;
  // RESOURCE_EXHAUSTED when there are more than some thousands, or a folder has more than Folder::kMostListed.
  Result<std::vector<std::string>> Match(const std::string& pattern) override;
  void DropPages() override;

  // Whether the files of such a checkpoint are there, of either version; they are not looked into.
  bool HasCheckpoint(const std::string& prefix) const;

  // A checkpoint of a granted folder, opened on the first call.
  Result<std::shared_ptr<const CheckpointReader>> Checkpoint(const std::string& prefix);

 private:
  struct Place {
    std::shared_ptr<const Folder> folder;
    std::string inside;  // the path within it
  };
  Result<Place> Granted(const std::string& path) const;

  std::vector<std::shared_ptr<const Folder>> folders_;
  CheckpointReader::Options options_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const CheckpointReader>> checkpoints_;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_GRANTED_FILES_H_
