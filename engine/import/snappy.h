// Snappy's block format, as checkpoints' tables use it; only reading.
#ifndef RIVULET_ENGINE_IMPORT_SNAPPY_H_
#define RIVULET_ENGINE_IMPORT_SNAPPY_H_

#include <cstdint>
#include <span>
#include <vector>

#include "rivulet/status.h"

namespace rivulet {

// The uncompressed bytes, at most `max_bytes`. DATA_LOSS for bytes that are no snappy block; no memory is asked for
// that the compressed bytes could not fill.
Result<std::vector<uint8_t>> SnappyDecode(std::span<const uint8_t> compressed, uint64_t max_bytes);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_SNAPPY_H_
