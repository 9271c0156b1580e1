// For tests: tensor memory whose content and surroundings are known beforehand.
#ifndef RIVULET_ENGINE_BASE_ALLOCATOR_WATCH_H_
#define RIVULET_ENGINE_BASE_ALLOCATOR_WATCH_H_

#include <cstdint>

namespace rivulet {

// Process-wide: from now on every new buffer of every allocator is filled with the byte, and so are kAlignment bytes
// before it and its padding after it. A result that depends on the byte comes from memory that nobody wrote. Zero turns
// it off.
void FillNewBuffers(uint8_t byte);

// Buffers that were given back since the last call with other bytes around them than were put there: something was
// written outside of them. A sanitizer sees no writes into the padding.
int64_t CountOverrunBuffers();

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_ALLOCATOR_WATCH_H_
