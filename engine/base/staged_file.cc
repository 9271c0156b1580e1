#include "engine/base/staged_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "engine/base/errors.h"
#include "engine/base/new_file.h"

namespace rivulet {
namespace {

Status WriteAll(int fd, const std::string& path, std::span<const uint8_t> bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put =
        Injected() ? -1 : write(fd, bytes.data() + done, std::min<size_t>(bytes.size() - done, size_t{1} << 30));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return SystemError(path, "write");
    done += static_cast<size_t>(put);
  }
  return Status();
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// A locked temporary file beside `path`, whose name is put into *temporary.
Result<int> CreateBeside(const std::string& path, std::string* temporary) {
  constexpr int kTries = 8;
  for (int i = 0; i < kTries; ++i) {
    *temporary = path + ".tmp-XXXXXX";
    const int fd = Injected() ? -1 : mkostemp(temporary->data(), O_CLOEXEC);
    if (fd < 0) return SystemError(path, "create a file in its folder");
    if (LockNewFile(fd)) return fd;
    unlink(temporary->c_str());
    close(fd);
  }
  return Status(Code::kUnavailable, Cat(Quoted(path), ": cannot lock a new file in its folder"));
}

// A pipe, a terminal, /dev/null, what stdout is: they take bytes as they come. A file in their place would take them
// away from everybody.
bool TakesBytesOnly(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0 || S_ISDIR(info.st_mode)) return false;
  if (!S_ISREG(info.st_mode)) return true;
  return path == "/dev/stdout" || path == "/dev/stderr" || path.starts_with("/dev/fd/") || path.starts_with("/proc/");
}

Status RefuseDisk(const std::string& path, mode_t mode) {
  return S_ISBLK(mode) ? InvalidArgument(Quoted(path), ": want a file, got a disk") : Status();
}

Status WriteInto(const std::string& path, std::span<const uint8_t> bytes) {
  const Descriptor file(Injected() ? -1 : open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  struct stat info;
  if (file.get() < 0 || fstat(file.get(), &info) != 0) return SystemError(path, "open");
  RIVULET_RETURN_IF_ERROR(RefuseDisk(path, info.st_mode));
  return WriteAll(file.get(), path, bytes);
}

// A file cannot take a folder's name, which the system says only at the end; that of a link it can.
Status RefuseFolder(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return Status();
  errno = EISDIR;
  return SystemError(path, "replace");
}

}  // namespace

Result<std::unique_ptr<StagedFile>> StagedFile::Write(const std::string& path, std::span<const uint8_t> bytes) {
  std::unique_ptr<StagedFile> file(new StagedFile(path, bytes));
  if (!TakesBytesOnly(path)) {
    RIVULET_RETURN_IF_ERROR(RefuseFolder(path));
    RIVULET_RETURN_IF_ERROR(file->WriteTemporary());
  }
  return file;
}

StagedFile::~StagedFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Status StagedFile::WriteTemporary() {
  std::string temporary;
  RIVULET_ASSIGN_OR_RETURN(const int fd, CreateBeside(path_, &temporary));
  temporary_ = std::move(temporary);
  Descriptor file(fd);
  lock_ = Descriptor(dup(fd));
  RIVULET_RETURN_IF_ERROR(WriteAll(file.get(), path_, bytes_));
  // mkostemp makes the file private; give it the mode that open() would have.
  const mode_t mask = umask(0);
  umask(mask);
  if (Injected() || fchmod(file.get(), 0666 & ~mask) != 0) return SystemError(path_, "set the mode");
  if (Injected() || fsync(file.get()) != 0) return SystemError(path_, "sync");
  if (Injected() || file.Close() != 0) return SystemError(path_, "close");
  return Status();
}

Status StagedFile::Publish() {
  if (temporary_.empty()) return WriteInto(path_, bytes_);
  if (Injected() || rename(temporary_.c_str(), path_.c_str()) != 0) return SystemError(path_, "replace");
  temporary_.clear();
  lock_.Close();
  const Descriptor folder(open(FolderOf(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) fsync(folder.get());
  const std::string name = path_.substr(path_.rfind('/') + 1);
  RemoveAbandoned(FolderOf(path_), [&](std::string_view wanted) { return wanted == name; });
  return Status();
}

Status CheckCanSave(const std::string& path) {
  struct stat info;
  if (TakesBytesOnly(path)) {
    if (stat(path.c_str(), &info) != 0) return SystemError(path, "open");
    if (S_ISSOCK(info.st_mode)) return InvalidArgument(Quoted(path), ": want a file, got a socket");
    return RefuseDisk(path, info.st_mode);
  }
  RIVULET_RETURN_IF_ERROR(RefuseFolder(path));
  std::string temporary;
  RIVULET_ASSIGN_OR_RETURN(const int fd, CreateBeside(path, &temporary));
  const Descriptor file(fd);
  unlink(temporary.c_str());
  return Status();
}

}  // namespace rivulet
