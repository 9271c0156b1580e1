// What file.cc and folder.cc share: system calls that can be made to fail, their errors, descriptors that close.
#ifndef RIVULET_ENGINE_BASE_DESCRIPTOR_H_
#define RIVULET_ENGINE_BASE_DESCRIPTOR_H_

#include <unistd.h>

#include <string>
#include <string_view>

#include "engine/base/file.h"

namespace rivulet {

// True when this system call is to fail (FailNthFileCall); sets errno.
bool Injected();

// "path: cannot WHAT: reason" from errno, with the code that fits.
Status SystemError(const std::string& path, std::string_view what);

// Closes on every way out.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      Close();
      fd_ = other.Release();
    }
    return *this;
  }
  int get() const { return fd_; }
  int Close() {
    const int result = fd_ >= 0 ? close(fd_) : 0;
    fd_ = -1;
    return result;
  }
  int Release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

// The bytes of an open file; `path` is for messages. As OpenFile from there on.
Result<FileBytes> TakeFile(int fd, const std::string& path, FileAccess access, int64_t max_bytes);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_DESCRIPTOR_H_
