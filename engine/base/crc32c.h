// CRC-32C (Castagnoli), the checksum of TensorFlow's checkpoints and records.
#ifndef RIVULET_ENGINE_BASE_CRC32C_H_
#define RIVULET_ENGINE_BASE_CRC32C_H_

#include <cstdint>
#include <span>

namespace rivulet {

// The checksum of the bytes so far and `bytes` after them; start with 0.
uint32_t ExtendCrc32c(uint32_t crc, std::span<const uint8_t> bytes);
inline uint32_t Crc32c(std::span<const uint8_t> bytes) { return ExtendCrc32c(0, bytes); }

// As files store it: rotated and shifted, since a checksum over bytes that hold their own checksum is weak.
inline uint32_t MaskCrc32c(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u; }

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_CRC32C_H_
