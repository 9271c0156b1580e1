#include "engine/ops/unicode_attrs.h"

namespace rivulet {

Result<UnicodeErrors> ReadUnicodeErrors(const AttrReader& attrs, bool has_control_characters) {
  UnicodeErrors errors;
  const std::string name = attrs.Str("errors");
  if (name != "strict" && name != "replace" && name != "ignore") {
    return InvalidArgument("attr 'errors': want strict, replace or ignore, got ", Quoted(name));
  }
  errors.strict = name == "strict";
  errors.ignore = name == "ignore";
  const int64_t replacement = attrs.Int("replacement_char");
  if (replacement < 0 || replacement > 0x10FFFF) {
    return InvalidArgument("attr 'replacement_char': want [0, 1114111], got ", replacement);
  }
  errors.replacement = static_cast<char32_t>(replacement);
  if (has_control_characters) errors.replace_control_characters = attrs.Bool("replace_control_characters");
  return errors;
}

Result<TextDecoder> TextDecoder::Find(const std::string& encoding) {
  std::string name;
  for (const char c : encoding) {
    if (c == '-' || c == '_' || c == ' ') continue;
    name.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  struct Known {
    std::string_view name;
    ReadCodePoint read;
    bool has_mark;
  };
  static constexpr Known kKnown[] = {
      {"utf8", ReadUtf8, false},          {"utf16", ReadUtf16Be, true},     {"utf16be", ReadUtf16Be, false},
      {"utf16le", ReadUtf16Le, false},    {"utf32", ReadUtf32Be, true},     {"utf32be", ReadUtf32Be, false},
      {"utf32le", ReadUtf32Le, false},    {"usascii", ReadAscii, false},    {"ascii", ReadAscii, false},
      {"iso88591", ReadLatin1, false},    {"latin1", ReadLatin1, false},    {"windows1252", ReadWindows1252, false},
      {"cp1252", ReadWindows1252, false}, {"iso885915", ReadLatin9, false}, {"latin9", ReadLatin9, false},
  };
  for (const Known& known : kKnown) {
    if (known.name != name) continue;
    TextDecoder decoder;
    decoder.read_ = known.read;
    decoder.has_mark_ = known.has_mark;
    return decoder;
  }
  return Unimplemented(
      "attr 'input_encoding': want UTF-8, UTF-16, UTF-32 (or with -BE, -LE), US-ASCII, ISO-8859-1, -15 or "
      "windows-1252, got ",
      Quoted(encoding));
}

bool TextDecoder::SkipMark(std::string_view text, ReadCodePoint* read, size_t* at) const {
  const bool wide = read_ == ReadUtf32Be;
  const size_t size = wide ? 4 : 2;
  if (text.size() < size) return false;
  const ReadCodePoint orders[] = {wide ? ReadUtf32Be : ReadUtf16Be, wide ? ReadUtf32Le : ReadUtf16Le};
  for (const ReadCodePoint order : orders) {
    size_t next = 0;
    if (order(text.substr(0, size), &next) != 0xFEFF) continue;
    *read = order;
    *at = size;
    return true;
  }
  return false;
}

Result<WriteCodePoint> FindTextEncoder(const std::string& encoding) {
  if (encoding == "UTF-8") return WriteUtf8;
  if (encoding == "UTF-16-BE") return WriteUtf16Be;
  if (encoding == "UTF-32-BE") return WriteUtf32Be;
  return InvalidArgument("attr 'output_encoding': want UTF-8, UTF-16-BE or UTF-32-BE, got ", Quoted(encoding));
}

}  // namespace rivulet
