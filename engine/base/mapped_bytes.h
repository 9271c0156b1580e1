// Bytes that may lie in a mapped file, copied without its pages.
#ifndef RIVULET_ENGINE_BASE_MAPPED_BYTES_H_
#define RIVULET_ENGINE_BASE_MAPPED_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "rivulet/status.h"

namespace rivulet {

// What is read of a mapping once is better read from its file: to map a page costs as much as to copy it, to unmap it a
// third of that, and until then it counts as memory of the process.
class MappedBytes {
 public:
  // `begin` and the `bytes` behind it outlive this, and so does the mapping, if they lie in one that OpenFile made.
  MappedBytes(const void* begin, size_t bytes);

  bool in_file() const { return fd_ >= 0; }
  // Copies [offset, offset + count), which are among them. A file that was cut since is DATA_LOSS.
  Status Copy(size_t offset, size_t count, void* to) const;

 private:
  const char* begin_;
  int fd_ = -1;
  int64_t position_ = 0;  // of `begin` in the file
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_MAPPED_BYTES_H_
