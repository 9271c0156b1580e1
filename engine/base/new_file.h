// Files that are kept for later by a process of this user: written piece by piece, appearing whole or not at all, and
// believed only when nobody else could have written them.
#ifndef RIVULET_ENGINE_BASE_NEW_FILE_H_
#define RIVULET_ENGINE_BASE_NEW_FILE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/descriptor.h"
#include "engine/base/file.h"

namespace rivulet {

// A file in the making, under a temporary name beside its own that no one else may read or write. It holds a lock while
// it lives, by which RemoveAbandoned knows the ones whose process ended.
class NewFile {
 public:
  static Result<std::unique_ptr<NewFile>> Create(const std::string& path);
  // Removes what was not kept.
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  // Thread-safe. What lies between pieces is zero. The error that the system gave, or 0; for threads that may not
  // allocate.
  int TryWriteAt(uint64_t offset, std::span<const uint8_t> bytes);
  Status WriteAt(uint64_t offset, std::span<const uint8_t> bytes);
  Status WriteFailed(int error) const;
  // Syncs it, seals it (see OwnFile) and gives it its name, in place of what had it.
  Status Keep(uint32_t seal);

 private:
  NewFile(std::string path, std::string temporary, int fd)
      : path_(std::move(path)), temporary_(std::move(temporary)), file_(fd) {}

  const std::string path_;
  std::string temporary_;  // empty when there is nothing to remove
  Descriptor file_;
};

// A seal is the nanoseconds of the time of a file's last change, set on purpose: whoever writes into the file
// afterwards, in whatever way, changes it. Systems that keep no nanoseconds keep no seals.
struct OwnFile {
  FileBytes file;
  uint32_t seal = 0;
};
inline constexpr uint32_t kMostSeal = 999'999'999;

// PERMISSION_DENIED unless it is a plain file, no link, of this user's, that only they may write.
Result<OwnFile> OpenOwnFile(const std::string& path, FileAccess access, int64_t max_bytes);
// Seals a file that has lost its seal; that it cannot be is no error.
void SealFile(const std::string& path, uint32_t seal);

// Whether this process is now the one that writes the file, which still has its name; until the descriptor and all its
// duplicates are closed. Others take it for abandoned before.
bool LockNewFile(int fd);

// Makes the folder, for this user alone, unless it is there.
Status MakeOwnFolder(const std::string& path);

// Removes files of `folder` that NewFile left behind when its process was killed, where is_ours(the name they were to
// have).
void RemoveAbandoned(const std::string& folder, const std::function<bool(std::string_view)>& is_ours);

// Tells the system that the pages that lie wholly in `part` of a mapped file are not needed now.
void DropPages(const FileBytes& file, std::span<const uint8_t> part);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_NEW_FILE_H_
