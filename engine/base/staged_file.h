// Files that are made whole before they get their names, so that several of them can appear together or not at all.
#ifndef RIVULET_ENGINE_BASE_STAGED_FILE_H_
#define RIVULET_ENGINE_BASE_STAGED_FILE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/base/descriptor.h"
#include "rivulet/status.h"

namespace rivulet {

// What SaveFile writes, in two steps: all that can fail for want of room or rights fails in the first.
class StagedFile {
 public:
  // Beside `path`, synced. What takes bytes as they come (see SaveFile) gets them in Publish, until when `bytes` must
  // stay.
  static Result<std::unique_ptr<StagedFile>> Write(const std::string& path, std::span<const uint8_t> bytes);
  // Removes what was not published.
  ~StagedFile();
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  // Where the bytes can be read until Publish; empty for what takes them as they come.
  const std::string& where() const { return temporary_; }
  // Gives the file its name, in place of what had it.
  Status Publish();

 private:
  StagedFile(std::string path, std::span<const uint8_t> bytes) : path_(std::move(path)), bytes_(bytes) {}
  Status WriteTemporary();

  const std::string path_;
  const std::span<const uint8_t> bytes_;
  std::string temporary_;
  Descriptor lock_{-1};  // held until the file has its name
};

// Whether SaveFile could begin now: an error where a folder has the name, where no file can be made beside it, and for
// disks and sockets. Asked before long work whose result it is to take.
Status CheckCanSave(const std::string& path);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_STAGED_FILE_H_
