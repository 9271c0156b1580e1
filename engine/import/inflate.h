// zlib-compressed bytes, uncompressed under a limit.
#ifndef RIVULET_ENGINE_IMPORT_INFLATE_H_
#define RIVULET_ENGINE_IMPORT_INFLATE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "rivulet/status.h"

namespace rivulet {

// DATA_LOSS for bytes that are no zlib stream; RESOURCE_EXHAUSTED as soon as more than `max_bytes` come out;
// UNIMPLEMENTED in a build without zlib.
Result<std::vector<uint8_t>> Inflate(std::span<const uint8_t> compressed, uint64_t max_bytes);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_INFLATE_H_
