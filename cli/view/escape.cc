#include "cli/view/escape.h"

#include <algorithm>

namespace rivulet::cli::view {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; }

// Bytes of the character at the front; 0 where there is none: cut, overlong, a surrogate, beyond U+10FFFF.
size_t CharacterBytes(std::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  const auto second = static_cast<uint8_t>(text[1]);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
  if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
  return size;
}

bool IsControl(std::string_view character) {
  const auto first = static_cast<uint8_t>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  if (character.size() == 2) return first == 0xC2 && static_cast<uint8_t>(character[1]) < 0xA0;
  // What turns the direction of writing could make a name look like another; separators end lines in scripts.
  return character == "\xE2\x80\xA8" || character == "\xE2\x80\xA9" ||
         (character >= "\xE2\x80\xAA" && character <= "\xE2\x80\xAE") ||
         (character >= "\xE2\x81\xA6" && character <= "\xE2\x81\xA9");
}

}  // namespace

std::string CleanText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t bytes = CharacterBytes(text);
    const std::string_view character = text.substr(0, bytes);
    out += bytes == 0 || IsControl(character) ? kReplacement : character;
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return out;
}

SharedStart FindSharedStart(std::string_view a, std::string_view b) {
  size_t bytes = 0;
  while (bytes < std::min(a.size(), b.size()) && a[bytes] == b[bytes]) ++bytes;
  while (bytes > 0 && bytes < a.size() && IsContinuation(a[bytes])) --bytes;
  SharedStart shared{.bytes = bytes};
  for (const char c : a.substr(0, bytes)) {
    if (!IsContinuation(c)) shared.units += static_cast<uint8_t>(c) >= 0xF0 ? 2 : 1;
  }
  return shared;
}

std::string XmlText(std::string_view text) {
  std::string out;
  for (const char c : CleanText(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string DotText(std::string_view text) {
  std::string out;
  for (const char c : CleanText(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string ScriptJson(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    switch (c) {
      case '<': out += "\\u003c"; break;
      case '>': out += "\\u003e"; break;
      case '&': out += "\\u0026"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace rivulet::cli::view
