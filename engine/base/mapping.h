// What file.cc maps, and mapped_bytes.cc finds again.
#ifndef RIVULET_ENGINE_BASE_MAPPING_H_
#define RIVULET_ENGINE_BASE_MAPPING_H_

#include <cstddef>
#include <memory>

namespace rivulet {

// Takes over the mapping of `length` bytes at `begin` of the file that `fd` has open: it goes with the last copy.
std::shared_ptr<void> KeepMapping(void* begin, size_t length, int fd);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_MAPPING_H_
