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
#include "engine/base/staged_file.h"

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

Status SaveFile(const std::string& path, std::span<const uint8_t> bytes) {
  RIVULET_ASSIGN_OR_RETURN(const auto file, StagedFile::Write(path, bytes));
  return file->Publish();
}

}  // namespace rivulet
