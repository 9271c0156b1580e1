#include "engine/base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "engine/base/descriptor.h"
#include "engine/base/errors.h"
#include "engine/base/mapping.h"
#include "engine/base/new_file.h"

namespace rivulet {
namespace {

std::atomic<int64_t> g_calls{0};
std::atomic<int64_t> g_fail_at{0};
std::atomic<bool> g_fail_later{false};
std::atomic<void (*)(int64_t)> g_hook{nullptr};

}  // namespace

bool Injected() {
  const int64_t call = g_calls.fetch_add(1, std::memory_order_relaxed) + 1;
  if (auto* hook = g_hook.load(std::memory_order_relaxed)) hook(call);
  const int64_t fail_at = g_fail_at.load(std::memory_order_relaxed);
  if (fail_at == 0 || call < fail_at || (call > fail_at && !g_fail_later.load(std::memory_order_relaxed))) return false;
  errno = EIO;
  return true;
}

Status SystemError(const std::string& path, std::string_view what) {
  const int error = errno;
  const Code code = error == ENOENT || error == ENOTDIR                   ? Code::kNotFound
                    : error == EACCES || error == EPERM || error == EROFS ? Code::kPermissionDenied
                    : error == ENOSPC || error == EDQUOT || error == ENOMEM || error == EMFILE || error == EFBIG
                        ? Code::kResourceExhausted
                    : error == ENAMETOOLONG || error == EISDIR || error == ELOOP ? Code::kInvalidArgument
                                                                                 : Code::kUnavailable;
  return Status(code, Cat(Quoted(path), ": cannot ", what, ": ", std::strerror(error)));
}

namespace {

Status Changed(const std::string& path, int64_t before, int64_t after) {
  return DataLoss(Quoted(path), ": the file changed while it was read: it had ", before, " bytes, then ", after);
}

Status ReadAll(int fd, const std::string& path, uint8_t* out, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = Injected() ? -1 : read(fd, out + done, std::min<size_t>(size - done, size_t{1} << 30));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(path, "read");
    if (got == 0) return Changed(path, static_cast<int64_t>(size), static_cast<int64_t>(done));
    done += static_cast<size_t>(got);
  }
  return Status();
}

// That the file still has the size it was opened with.
Status CheckUnchanged(int fd, const std::string& path, int64_t size) {
  struct stat info;
  if (Injected() || fstat(fd, &info) != 0) return SystemError(path, "stat");
  return info.st_size == size ? Status() : Changed(path, size, info.st_size);
}

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

}  // namespace

int64_t FailNthFileCall(int64_t nth, bool and_all_later) {
  const int64_t calls = g_calls.exchange(0);
  g_fail_later = and_all_later;
  g_fail_at = nth;
  return calls;
}

void SetFileCallHook(void (*hook)(int64_t call)) { g_hook = hook; }

Result<FileBytes> TakeFile(int fd, const std::string& path, FileAccess access, int64_t max_bytes) {
  struct stat info;
  if (Injected() || fstat(fd, &info) != 0) return SystemError(path, "stat");
  if (!S_ISREG(info.st_mode)) {
    const char* kind = S_ISDIR(info.st_mode) ? "a folder" : S_ISFIFO(info.st_mode) ? "a pipe" : "a device";
    return InvalidArgument(Quoted(path), ": want a regular file, got ", kind);
  }
  const int64_t size = info.st_size;
  if (size > max_bytes) {
    return ResourceExhausted(Quoted(path), ": the file has ", size, " bytes, the limit is ", max_bytes);
  }
  FileBytes out;
  const size_t length = static_cast<size_t>(size);
  if (size == 0) return out;
  if (access == FileAccess::kMap) {
    void* mapped = Injected() ? MAP_FAILED : mmap(nullptr, length, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapped != MAP_FAILED) {
      out.owner = KeepMapping(mapped, length, fd);
      out.is_mapped = true;
      out.bytes = {static_cast<const uint8_t*>(mapped), length};
      RIVULET_RETURN_IF_ERROR(CheckUnchanged(fd, path, size));
      return out;
    }
    // A file system without mapping: read instead.
  }
  // As a mapping is aligned, in so far as it matters to kernels that read weights where they lie.
  void* memory = nullptr;
  auto* copy = posix_memalign(&memory, 64, length) == 0 ? static_cast<uint8_t*>(memory) : nullptr;
  if (copy == nullptr) return ResourceExhausted(Quoted(path), ": no memory for ", size, " bytes");
  out.owner = std::shared_ptr<void>(copy, [](void* p) { std::free(p); });
  RIVULET_RETURN_IF_ERROR(ReadAll(fd, path, copy, length));
  RIVULET_RETURN_IF_ERROR(CheckUnchanged(fd, path, size));
  out.bytes = {copy, length};
  return out;
}

Result<FileBytes> OpenFile(const std::string& path, FileAccess access, int64_t max_bytes) {
  if (path.find('\0') != std::string::npos) return InvalidArgument(Quoted(path), ": a path cannot hold a zero byte");
  // Non-blocking, so that a FIFO without a writer does not hold us.
  const Descriptor file(Injected() ? -1 : open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  // What a socket answers.
  if (file.get() < 0 && errno == ENXIO) return InvalidArgument(Quoted(path), ": want a regular file, got a socket");
  if (file.get() < 0) return SystemError(path, "open");
  return TakeFile(file.get(), path, access, max_bytes);
}

void DropPages(const FileBytes& file) {
  if (file.is_mapped) madvise(file.owner.get(), file.bytes.size(), MADV_DONTNEED);
}

namespace {

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

Status WriteInto(const std::string& path, std::span<const uint8_t> bytes) {
  const Descriptor file(Injected() ? -1 : open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  struct stat info;
  if (file.get() < 0 || fstat(file.get(), &info) != 0) return SystemError(path, "open");
  if (S_ISBLK(info.st_mode)) return InvalidArgument(Quoted(path), ": want a file, got a disk");
  return WriteAll(file.get(), path, bytes);
}

Status SaveWhole(const std::string& path, std::span<const uint8_t> bytes) {
  std::string temporary;
  RIVULET_ASSIGN_OR_RETURN(const int fd, CreateBeside(path, &temporary));
  Descriptor file(fd);
  const Descriptor lock(dup(fd));  // held until the file has its name
  const auto give_up = [&](Status status) {
    unlink(temporary.c_str());
    return status;
  };
  Status written = WriteAll(file.get(), path, bytes);
  if (!written.ok()) return give_up(std::move(written));
  // mkostemp makes the file private; give it the mode that open() would have.
  const mode_t mask = umask(0);
  umask(mask);
  if (Injected() || fchmod(file.get(), 0666 & ~mask) != 0) return give_up(SystemError(path, "set the mode"));
  if (Injected() || fsync(file.get()) != 0) return give_up(SystemError(path, "sync"));
  if (Injected() || file.Close() != 0) return give_up(SystemError(path, "close"));
  if (Injected() || rename(temporary.c_str(), path.c_str()) != 0) return give_up(SystemError(path, "replace"));
  const Descriptor folder(open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) fsync(folder.get());
  const std::string name = path.substr(path.rfind('/') + 1);
  RemoveAbandoned(FolderOf(path), [&](std::string_view wanted) { return wanted == name; });
  return Status();
}

}  // namespace

Status SaveFile(const std::string& path, std::span<const uint8_t> bytes) {
  return TakesBytesOnly(path) ? WriteInto(path, bytes) : SaveWhole(path, bytes);
}

}  // namespace rivulet
