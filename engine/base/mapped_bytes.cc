#include "engine/base/mapped_bytes.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

#include "engine/base/descriptor.h"
#include "engine/base/errors.h"
#include "engine/base/mapping.h"

namespace rivulet {
namespace {

struct Mapping {
  size_t length;
  Descriptor file;
};

// Of the process, by where they begin. Never destroyed: a model may outlive this file's other objects.
std::mutex& Lock() {
  static auto* const mutex = new std::mutex;
  return *mutex;
}
std::map<uintptr_t, Mapping>& Mappings() {
  static auto* const mappings = new std::map<uintptr_t, Mapping>;
  return *mappings;
}

}  // namespace

std::shared_ptr<void> KeepMapping(void* begin, size_t length, int fd) {
  const auto at = reinterpret_cast<uintptr_t>(begin);
  std::shared_ptr<void> owner(begin, [at, length](void* mapped) {
    {
      const std::lock_guard<std::mutex> lock(Lock());
      Mappings().erase(at);
    }
    munmap(mapped, length);
  });
  // Without a descriptor left it is read through the mapping.
  Descriptor file(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (file.get() < 0) return owner;
  const std::lock_guard<std::mutex> lock(Lock());
  Mappings().emplace(at, Mapping{length, std::move(file)});
  return owner;
}

MappedBytes::MappedBytes(const void* begin, size_t bytes) : begin_(static_cast<const char*>(begin)) {
  const auto at = reinterpret_cast<uintptr_t>(begin);
  const std::lock_guard<std::mutex> lock(Lock());
  auto next = Mappings().upper_bound(at);
  if (next == Mappings().begin()) return;
  const auto& [first, mapping] = *--next;
  const uintptr_t offset = at - first;
  if (offset > mapping.length || bytes > mapping.length - offset) return;
  fd_ = mapping.file.get();
  position_ = static_cast<int64_t>(offset);
}

Status MappedBytes::Copy(size_t offset, size_t count, void* to) const {
  if (!in_file()) {
    if (count > 0) std::memcpy(to, begin_ + offset, count);
    return Status();
  }
  size_t done = 0;
  while (done < count) {
    const int64_t position = position_ + static_cast<int64_t>(offset + done);
    const ssize_t got = Injected()
                            ? -1
                            : pread(fd_, static_cast<char*>(to) + done, std::min<size_t>(count - done, size_t{1} << 30),
                                    static_cast<off_t>(position));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Status(Code::kUnavailable, Cat("the model's file cannot be read: ", std::strerror(errno)));
    if (got == 0) return DataLoss("the model's file was cut at byte ", position, " since it was opened");
    done += static_cast<size_t>(got);
  }
  return Status();
}

}  // namespace rivulet
