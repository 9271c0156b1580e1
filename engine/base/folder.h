// Files that a model may have read: those of one folder, and nothing else.
#ifndef RIVULET_ENGINE_BASE_FOLDER_H_
#define RIVULET_ENGINE_BASE_FOLDER_H_

#include <memory>
#include <string>
#include <vector>

#include "engine/base/descriptor.h"
#include "engine/base/file.h"

namespace rivulet {

// Where a reader of several files gets them from: a folder, or memory in tests. Thread-safe.
class FileSource {
 public:
  virtual ~FileSource() = default;
  // A file by its path within the source, parts separated by '/'. NOT_FOUND when there is none.
  virtual Result<FileBytes> Open(const std::string& path) const = 0;
  // The path for messages.
  virtual std::string Describe(const std::string& path) const { return path; }
};

// INVALID_ARGUMENT unless `path` is relative and stays inside: no leading '/', no "..", no zero byte, not empty.
Status CheckInside(const std::string& path);

struct FolderOptions {
  FileAccess access = FileAccess::kMap;
  int64_t max_bytes = int64_t{4} << 30;
  // A link can name any file of the machine, and so can a second name of a file (a hard link): without this, a path
  // that meets a symbolic link and a file with more than one name are refused.
  bool follow_links = false;
};

class Folder : public FileSource {
 public:
  // `path` itself comes from the caller and may be a link.
  static Result<std::shared_ptr<const Folder>> OpenFolder(const std::string& path, const FolderOptions& options);

  Result<FileBytes> Open(const std::string& path) const override;
  std::string Describe(const std::string& path) const override { return path_ + "/" + path; }
  // Whether something of that name is there; false for a path that leaves the folder.
  bool Has(const std::string& path) const;
  // Names in the folder, or in one within it, sorted; empty when it cannot be read. At most kMostListed.
  std::vector<std::string> List(const std::string& path = "") const;
  static constexpr size_t kMostListed = 1000;

  const std::string& path() const { return path_; }

 private:
  Folder(std::string path, int fd, const FolderOptions& options) : path_(std::move(path)), fd_(fd), options_(options) {}
  // Walks to the last part's folder.
  Result<Descriptor> OpenPath(const std::string& path, int flags) const;

  const std::string path_;
  const Descriptor fd_;
  const FolderOptions options_;
};

// Whether the path names a folder (or a link to one).
bool IsFolder(const std::string& path);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_FOLDER_H_
