#include "engine/ops/unicode_codec.h"

namespace rivulet {
namespace {

uint32_t ByteAt(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }

void Put(uint32_t byte, std::string* out) { out->push_back(static_cast<char>(byte)); }

// A number of `size` bytes; false where the text ends before.
bool ReadUnit(std::string_view text, size_t size, bool big_endian, size_t* at, uint32_t* unit) {
  if (text.size() - *at < size) {
    *at = text.size();
    return false;
  }
  *unit = 0;
  for (size_t i = 0; i < size; ++i) *unit = *unit << 8 | ByteAt(text, *at + (big_endian ? i : size - 1 - i));
  *at += size;
  return true;
}

char32_t ReadUtf16(std::string_view text, bool big_endian, size_t* at) {
  uint32_t first = 0, second = 0;
  if (!ReadUnit(text, 2, big_endian, at, &first)) return kIllFormed;
  if (first < 0xD800 || first > 0xDFFF) return first;
  if (first > 0xDBFF) return kIllFormed;
  size_t next = *at;
  if (!ReadUnit(text, 2, big_endian, &next, &second)) {
    *at = next;  // a pair that the end cuts is one error
    return kIllFormed;
  }
  if (second < 0xDC00 || second > 0xDFFF) return kIllFormed;
  *at = next;
  return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

char32_t ReadUtf32(std::string_view text, bool big_endian, size_t* at) {
  uint32_t unit = 0;
  if (!ReadUnit(text, 4, big_endian, at, &unit) || !IsCodePoint(unit)) return kIllFormed;
  return unit;
}

}  // namespace

char32_t ReadUtf8(std::string_view text, size_t* at) {
  const uint32_t lead = ByteAt(text, (*at)++);
  if (lead < 0x80) return lead;
  if (lead < 0xC2 || lead > 0xF4) return kIllFormed;
  const int trails = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  uint32_t c = lead & (0x3Fu >> trails);
  for (int i = 0; i < trails; ++i) {
    if (*at == text.size()) return kIllFormed;
    const uint32_t trail = ByteAt(text, *at);
    // The first trail byte excludes what is too long, a surrogate, or beyond the last code point.
    const uint32_t low = i > 0 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const uint32_t high = i > 0 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (trail < low || trail > high) return kIllFormed;
    c = c << 6 | (trail & 0x3F);
    ++*at;
  }
  return c;
}

char32_t ReadUtf16Be(std::string_view text, size_t* at) { return ReadUtf16(text, true, at); }
char32_t ReadUtf16Le(std::string_view text, size_t* at) { return ReadUtf16(text, false, at); }
char32_t ReadUtf32Be(std::string_view text, size_t* at) { return ReadUtf32(text, true, at); }
char32_t ReadUtf32Le(std::string_view text, size_t* at) { return ReadUtf32(text, false, at); }

char32_t ReadAscii(std::string_view text, size_t* at) {
  const uint32_t byte = ByteAt(text, (*at)++);
  return byte < 0x80 ? byte : kIllFormed;
}
char32_t ReadLatin1(std::string_view text, size_t* at) { return ByteAt(text, (*at)++); }
char32_t ReadWindows1252(std::string_view text, size_t* at) {
  static constexpr char16_t kFrom80[32] = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                           0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
                                           0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                           0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
  const uint32_t byte = ByteAt(text, (*at)++);
  return byte >> 5 == 4 ? kFrom80[byte & 31] : byte;
}
char32_t ReadLatin9(std::string_view text, size_t* at) {
  static constexpr char16_t kOthers[][2] = {{0xA4, 0x20AC}, {0xA6, 0x160}, {0xA8, 0x161}, {0xB4, 0x17D},
                                            {0xB8, 0x17E},  {0xBC, 0x152}, {0xBD, 0x153}, {0xBE, 0x178}};
  const uint32_t byte = ByteAt(text, (*at)++);
  for (const auto& [from, to] : kOthers) {
    if (byte == from) return to;
  }
  return byte;
}

void WriteUtf8(char32_t c, std::string* out) {
  if (c >= 0xD800 && c <= 0xDFFF) c = kReplacement;  // which UTF-8 cannot have
  if (c < 0x80) {
    Put(c, out);
  } else if (c < 0x800) {
    Put(0xC0 | c >> 6, out);
    Put(0x80 | (c & 0x3F), out);
  } else if (c < 0x10000) {
    Put(0xE0 | c >> 12, out);
    Put(0x80 | (c >> 6 & 0x3F), out);
    Put(0x80 | (c & 0x3F), out);
  } else {
    Put(0xF0 | c >> 18, out);
    Put(0x80 | (c >> 12 & 0x3F), out);
    Put(0x80 | (c >> 6 & 0x3F), out);
    Put(0x80 | (c & 0x3F), out);
  }
}

void WriteUtf16Be(char32_t c, std::string* out) {
  const auto unit = [&](uint32_t u) {
    Put(u >> 8, out);
    Put(u & 0xFF, out);
  };
  if (c < 0x10000) return unit(c);
  unit(0xD800 + ((c - 0x10000) >> 10));
  unit(0xDC00 + (c & 0x3FF));
}

void WriteUtf32Be(char32_t c, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) Put(c >> shift & 0xFF, out);
}

std::u32string DecodeUtf8(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const char32_t c = ReadUtf8(text, &at);
    out.push_back(c == kIllFormed ? kReplacement : c);
  }
  return out;
}

std::string EncodeUtf8(const std::u32string& text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : text) WriteUtf8(c, &out);
  return out;
}

bool IsUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (ReadUtf8(text, &at) == kIllFormed) return false;
  }
  return true;
}

}  // namespace rivulet
