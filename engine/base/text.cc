#include "engine/base/text.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "rivulet/dtype.h"
#include "rivulet/shape.h"

namespace rivulet {

void AppendPiece(std::string& out, std::string_view piece) { out.append(piece); }

void AppendPiece(std::string& out, uint64_t number) {
  char digits[20];
  int n = 0;
  do {
    digits[n++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (n > 0) out.push_back(digits[--n]);
}

void AppendPiece(std::string& out, int64_t number) {
  uint64_t magnitude = static_cast<uint64_t>(number);
  if (number < 0) {
    out.push_back('-');
    magnitude = 0 - magnitude;
  }
  AppendPiece(out, magnitude);
}

void AppendPiece(std::string& out, double number) {
  if (std::isnan(number)) return AppendPiece(out, std::string_view("nan"));
  if (std::isinf(number)) return AppendPiece(out, std::string_view(number > 0 ? "inf" : "-inf"));
  char buffer[40];
  for (int precision : {6, 9, 17}) {
    std::snprintf(buffer, sizeof(buffer), "%.*g", precision, number);
    if (std::strtod(buffer, nullptr) == number) break;
  }
  // The C library writes the locale's decimal comma; a message never does.
  for (char& c : buffer) {
    if (c == ',') c = '.';
    if (c == '\0') break;
  }
  AppendPiece(out, std::string_view(buffer));
}

std::string JoinPieceList(const char* kinds, va_list pieces) {
  std::string out;
  for (; *kinds != '\0'; ++kinds) {
    switch (*kinds) {
      case 's': out += va_arg(pieces, const char*); break;
      case 't': out += *static_cast<const std::string*>(va_arg(pieces, const void*)); break;
      case 'v': out += *static_cast<const std::string_view*>(va_arg(pieces, const void*)); break;
      case 'h': out += static_cast<const Shape*>(va_arg(pieces, const void*))->ToString(); break;
      case 'i': AppendPiece(out, static_cast<int64_t>(va_arg(pieces, long long))); break;
      case 'u': AppendPiece(out, static_cast<uint64_t>(va_arg(pieces, unsigned long long))); break;
      case 'd': AppendPiece(out, va_arg(pieces, double)); break;
      case 'b': out += va_arg(pieces, int) != 0 ? "true" : "false"; break;
      case 'y': out += Name(static_cast<DType>(va_arg(pieces, int))); break;
      case 'c': out += static_cast<char>(va_arg(pieces, int)); break;
    }
  }
  return out;
}

std::string JoinPieces(const char* kinds, ...) {
  va_list pieces;
  va_start(pieces, kinds);
  std::string out = JoinPieceList(kinds, pieces);
  va_end(pieces);
  return out;
}

namespace {

// Length of the valid UTF-8 sequence at `i`, or 0.
size_t Utf8Length(std::string_view s, size_t i) {
  const auto byte = [&](size_t k) { return static_cast<unsigned char>(s[k]); };
  const unsigned char lead = byte(i);
  const size_t length = lead < 0x80                   ? 1
                        : lead >= 0xC2 && lead < 0xE0 ? 2
                        : (lead & 0xF0) == 0xE0       ? 3
                        : lead >= 0xF0 && lead < 0xF5 ? 4
                                                      : 0;
  if (length == 0 || i + length > s.size()) return 0;
  for (size_t k = 1; k < length; ++k) {
    if ((byte(i + k) & 0xC0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

std::string Quoted(std::string_view name) {
  constexpr size_t kLongest = 200;
  static const char kHex[] = "0123456789abcdef";
  std::string out = "'";
  size_t i = 0;
  while (i < name.size() && out.size() <= kLongest) {
    const unsigned char c = static_cast<unsigned char>(name[i]);
    const size_t length = c >= 0x20 && c != 0x7F ? Utf8Length(name, i) : 0;
    if (length == 0) {
      out += "\\x";
      out += kHex[c >> 4];
      out += kHex[c & 15];
      ++i;
    } else {
      out.append(name.substr(i, length));
      i += length;
    }
  }
  if (i < name.size()) out += "...";
  out += "'";
  return out;
}

int EditDistance(std::string_view a, std::string_view b, int limit) {
  const size_t longest = 256;
  a = a.substr(0, longest);
  b = b.substr(0, longest);
  const int gap = static_cast<int>(a.size()) - static_cast<int>(b.size());
  if (gap > limit || -gap > limit) return limit + 1;
  std::vector<int> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    int diagonal = row[0];
    row[0] = static_cast<int>(i);
    int best = row[0];
    for (size_t j = 1; j <= b.size(); ++j) {
      const int replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
      best = std::min(best, row[j]);
    }
    if (best > limit) return limit + 1;
  }
  return row[b.size()];
}

}  // namespace rivulet
