// TensorFlow's hash of bytes: decides the order of hash tables' entries, so it must be the same here.
#ifndef RIVULET_ENGINE_OPS_HASH64_H_
#define RIVULET_ENGINE_OPS_HASH64_H_

#include <cstdint>
#include <string_view>

namespace rivulet {

// MurmurHash64A (A. Appleby, public domain) of the bytes, read as little-endian words.
inline uint64_t Hash64(std::string_view bytes, uint64_t seed = 0xDECAFCAFFE) {
  constexpr uint64_t kMultiplier = 0xc6a4a7935bd1e995;
  constexpr int kShift = 47;
  const auto word = [&](size_t at, size_t count) {
    uint64_t value = 0;
    for (size_t i = 0; i < count; ++i) value |= uint64_t{static_cast<uint8_t>(bytes[at + i])} << (8 * i);
    return value;
  };
  uint64_t hash = seed ^ (uint64_t{bytes.size()} * kMultiplier);
  const size_t whole = bytes.size() / 8 * 8;
  for (size_t at = 0; at < whole; at += 8) {
    uint64_t part = word(at, 8) * kMultiplier;
    part ^= part >> kShift;
    hash = (hash ^ (part * kMultiplier)) * kMultiplier;
  }
  if (whole < bytes.size()) hash = (hash ^ word(whole, bytes.size() - whole)) * kMultiplier;
  hash = (hash ^ (hash >> kShift)) * kMultiplier;
  return hash ^ (hash >> kShift);
}

// One hash of two.
inline uint64_t CombineHashes(uint64_t a, uint64_t b) { return a ^ (b + 0x9e3779b97f4a7800 + (a << 10) + (a >> 4)); }

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_HASH64_H_
