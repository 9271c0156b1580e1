#include "engine/base/new_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "engine/base/errors.h"

namespace rivulet {
namespace {

template <typename... Args>
Status PermissionDenied(const Args&... args) {
  return Status(Code::kPermissionDenied, Cat(args...));
}

constexpr std::string_view kTemporary = ".tmp-";
constexpr size_t kRandomLetters = 6;

long NanosecondsOf(const struct stat& info) {
#if defined(__APPLE__)
  return info.st_mtimespec.tv_nsec;
#else
  return info.st_mtim.tv_nsec;
#endif
}

struct Times {
  explicit Times(uint32_t seal) {
    both[0].tv_sec = both[1].tv_sec = std::time(nullptr);
    both[0].tv_nsec = both[1].tv_nsec = static_cast<long>(seal);
  }
  timespec both[2];
};

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// The name that a temporary file was to have, or nothing where it is none.
std::string_view WantedName(std::string_view name) {
  const size_t ending = kTemporary.size() + kRandomLetters;
  if (name.size() <= ending || name.substr(name.size() - ending, kTemporary.size()) != kTemporary) return {};
  return name.substr(0, name.size() - ending);
}

}  // namespace

bool LockNewFile([[maybe_unused]] int fd) {
#if !defined(__EMSCRIPTEN__)  // where one process is all there is
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) return false;
#endif
  struct stat info;
  return fstat(fd, &info) == 0 && info.st_nlink > 0;
}

Result<std::unique_ptr<NewFile>> NewFile::Create(const std::string& path) {
  if (path.find('\0') != std::string::npos) return InvalidArgument(Quoted(path), ": a path cannot hold a zero byte");
  constexpr int kTries = 8;
  for (int i = 0; i < kTries; ++i) {
    std::string temporary = Cat(path, kTemporary, std::string(kRandomLetters, 'X'));
    const int fd = Injected() ? -1 : mkostemp(temporary.data(), O_CLOEXEC);
    if (fd < 0) return SystemError(path, "create a file in its folder");
    std::unique_ptr<NewFile> file(new NewFile(path, std::move(temporary), fd));
    // Another process may have taken it for abandoned before it was locked.
    struct stat info;
    if (Injected() || fstat(fd, &info) != 0) return SystemError(path, "stat");
    if (LockNewFile(fd)) return file;
  }
  return Status(Code::kUnavailable, Cat(Quoted(path), ": cannot lock a new file in its folder"));
}

NewFile::~NewFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

int NewFile::TryWriteAt(uint64_t offset, std::span<const uint8_t> bytes) {
  constexpr size_t kMost = size_t{1} << 30;
  size_t done = 0;
  while (done < bytes.size()) {
    const size_t count = std::min(bytes.size() - done, kMost);
    const auto at = static_cast<off_t>(offset + done);
    const ssize_t put = Injected() ? -1 : pwrite(file_.get(), bytes.data() + done, count, at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    done += static_cast<size_t>(put);
  }
  return 0;
}

Status NewFile::WriteFailed(int error) const {
  errno = error;
  return SystemError(path_, "write");
}

Status NewFile::WriteAt(uint64_t offset, std::span<const uint8_t> bytes) {
  const int error = TryWriteAt(offset, bytes);
  return error == 0 ? Status() : WriteFailed(error);
}

Status NewFile::Keep(uint32_t seal) {
  const Times times(seal);
  // Without a seal the file is read in full each time, and is still right.
  if (Injected() || futimens(file_.get(), times.both) != 0) return SystemError(path_, "set the time");
  if (Injected() || fsync(file_.get()) != 0) return SystemError(path_, "sync");
  if (Injected() || rename(temporary_.c_str(), path_.c_str()) != 0) return SystemError(path_, "replace");
  temporary_.clear();
  const Descriptor folder(open(FolderOf(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) fsync(folder.get());
  return Status();
}

Result<OwnFile> OpenOwnFile(const std::string& path, FileAccess access, int64_t max_bytes) {
  if (path.find('\0') != std::string::npos) return InvalidArgument(Quoted(path), ": a path cannot hold a zero byte");
  const Descriptor file(Injected() ? -1 : open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0 && errno == ELOOP) return PermissionDenied(Quoted(path), ": it is a link");
  if (file.get() < 0) return SystemError(path, "open");
  struct stat info;
  if (Injected() || fstat(file.get(), &info) != 0) return SystemError(path, "stat");
  if (info.st_uid != geteuid()) {
    return PermissionDenied(Quoted(path), ": it belongs to user ", int64_t{info.st_uid}, ", want ", int64_t{geteuid()});
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) return PermissionDenied(Quoted(path), ": others may write it");
  OwnFile own;
  own.seal = static_cast<uint32_t>(NanosecondsOf(info));
  RIVULET_ASSIGN_OR_RETURN(own.file, TakeFile(file.get(), path, access, max_bytes));
  return own;
}

void SealFile(const std::string& path, uint32_t seal) {
  const Times times(seal);
  if (!Injected() && utimensat(AT_FDCWD, path.c_str(), times.both, AT_SYMLINK_NOFOLLOW) != 0) return;
}

Status MakeOwnFolder(const std::string& path) {
  if (path.find('\0') != std::string::npos) return InvalidArgument(Quoted(path), ": a path cannot hold a zero byte");
  if (Injected() || (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)) return SystemError(path, "make the folder");
  return Status();
}

void RemoveAbandoned(const std::string& folder, const std::function<bool(std::string_view)>& is_ours) {
  DIR* dir = opendir(folder.c_str());
  if (dir == nullptr) return;
  std::vector<std::string> found;
  while (const dirent* entry = readdir(dir)) {
    const std::string_view wanted = WantedName(entry->d_name);
    if (!wanted.empty() && is_ours(wanted)) found.emplace_back(entry->d_name);
  }
  closedir(dir);
  for (const std::string& name : found) {
    const std::string path = folder + "/" + name;
    const Descriptor file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat info;
    if (file.get() < 0 || fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_uid != geteuid()) continue;
    if (LockNewFile(file.get())) unlink(path.c_str());
  }
}

void DropPages(const FileBytes& file, std::span<const uint8_t> part) {
  if (!file.is_mapped || part.data() < file.bytes.data()) return;
  static const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<uintptr_t>(part.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<uintptr_t>(part.data() + part.size()) / page * page;
  const auto last = reinterpret_cast<uintptr_t>(file.bytes.data() + file.bytes.size());
  if (begin >= end || end > last) return;
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);  // NOLINT(performance-no-int-to-ptr)
}

}  // namespace rivulet
