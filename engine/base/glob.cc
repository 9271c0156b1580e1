#include "engine/base/glob.h"

namespace rivulet {
namespace {

constexpr size_t kNone = std::string_view::npos;

// One byte that the pattern asks for at `at`, which moves behind it.
unsigned char TakeByte(std::string_view pattern, size_t* at) {
  if (pattern[*at] == '\\' && *at + 1 < pattern.size()) ++*at;
  return static_cast<unsigned char>(pattern[(*at)++]);
}

// The set that begins at `at`: whether it has the byte, and where it ends; kNone when it never does.
size_t EndOfSet(std::string_view pattern, size_t at, unsigned char byte, bool* has) {
  ++at;
  const bool is_not = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (is_not) ++at;
  bool found = false;
  for (bool is_first = true; at < pattern.size(); is_first = false) {
    if (pattern[at] == ']' && !is_first) {
      *has = found != is_not;
      return at + 1;
    }
    const unsigned char low = TakeByte(pattern, &at);
    unsigned char high = low;
    if (at + 1 < pattern.size() && pattern[at] == '-' && pattern[at + 1] != ']') {
      ++at;
      high = TakeByte(pattern, &at);
    }
    found |= low <= byte && byte <= high;
  }
  return kNone;
}

// Where the pattern goes on behind what stands for the byte, at `at`; kNone when it stands for another one.
size_t MatchByte(std::string_view pattern, size_t at, char c) {
  if (pattern[at] == '?') return at + 1;
  const auto byte = static_cast<unsigned char>(c);
  if (pattern[at] == '[') {
    bool has = false;
    const size_t end = EndOfSet(pattern, at, byte, &has);
    if (end != kNone) return has ? end : kNone;
    return c == '[' ? at + 1 : kNone;
  }
  return TakeByte(pattern, &at) == byte ? at : kNone;
}

}  // namespace

bool IsGlob(std::string_view pattern) { return pattern.find_first_of("*?[\\") != kNone; }

bool GlobMatches(std::string_view pattern, std::string_view name) {
  size_t at = 0;
  size_t in_name = 0;
  // The last star takes one byte more whenever what is behind it does not go on; those before it need not be tried
  // again.
  size_t behind_star = kNone;
  size_t star_end = 0;
  while (in_name < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      behind_star = ++at;
      star_end = in_name;
      continue;
    }
    const size_t next = at < pattern.size() ? MatchByte(pattern, at, name[in_name]) : kNone;
    if (next != kNone) {
      at = next;
      ++in_name;
    } else if (behind_star != kNone) {
      at = behind_star;
      in_name = ++star_end;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace rivulet
