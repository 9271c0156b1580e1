// Names that get into each other's way in tables that hash them as libstdc++ does.
#ifndef RIVULET_TESTS_HOSTILE_TEXTS_OF_ONE_HASH_H_
#define RIVULET_TESTS_HOSTILE_TEXTS_OF_ONE_HASH_H_

#include <cstdint>
#include <string>
#include <vector>

namespace rivulet {

inline constexpr uint64_t kMultiplier = 0xc6a4a7935bd1e995;

inline uint64_t Scrambled(uint64_t word) {
  word *= kMultiplier;
  word ^= word >> 47;
  return word * kMultiplier;
}
inline uint64_t Unscrambled(uint64_t word) {
  uint64_t inverse = kMultiplier;
  for (int i = 0; i < 6; ++i) inverse *= 2 - kMultiplier * inverse;
  word *= inverse;
  word ^= word >> 47;
  return word * inverse;
}

// 16 bytes each, which MurmurHash64A, the hash of libstdc++'s tables, makes the same number of; names that inputs can
// have.
inline std::vector<std::string> TextsOfOneHash(size_t count) {
  constexpr uint64_t kSeed = 0xc70f6907, kBytes = 16, kAny = 0x1234567890abcdef;
  const uint64_t start = kSeed ^ (kBytes * kMultiplier);
  std::vector<std::string> texts;
  for (uint64_t i = 0; texts.size() < count; ++i) {
    const uint64_t first = i << 8 | 'n';
    const uint64_t after_first = (start ^ Scrambled(first)) * kMultiplier;
    const uint64_t words[] = {first, Unscrambled(after_first ^ kAny)};
    std::string text(reinterpret_cast<const char*>(words), sizeof(words));
    if (text.find(':') == std::string::npos) texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace rivulet

#endif  // RIVULET_TESTS_HOSTILE_TEXTS_OF_ONE_HASH_H_
