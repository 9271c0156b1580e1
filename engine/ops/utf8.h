// Characters of UTF-8 text that need not be valid: one begins at every byte that is no trail byte (0x80 to 0xBF).
#ifndef RIVULET_ENGINE_OPS_UTF8_H_
#define RIVULET_ENGINE_OPS_UTF8_H_

#include <cstdint>
#include <string_view>

namespace rivulet {

inline bool IsTrailByte(char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; }

inline int64_t CountUtf8(std::string_view text) {
  int64_t count = 0;
  for (const char c : text) count += !IsTrailByte(c);
  return count;
}

// Moves `at` forward over `count` characters; how many there were. The first one may begin in its middle.
inline int64_t SkipUtf8(std::string_view text, int64_t count, size_t* at) {
  int64_t skipped = 0;
  for (; skipped < count && *at < text.size(); ++skipped) {
    do {
      ++*at;
    } while (*at < text.size() && IsTrailByte(text[*at]));
  }
  return skipped;
}

// The same backward.
inline int64_t SkipUtf8Back(std::string_view text, int64_t count, size_t* at) {
  int64_t skipped = 0;
  for (; skipped<count&& * at> 0; ++skipped) {
    do {
      --*at;
    } while (*at > 0 && IsTrailByte(text[*at]));
  }
  return skipped;
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_UTF8_H_
