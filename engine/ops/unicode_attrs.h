// The attributes that the Unicode operators share: how text is encoded, and what becomes of what is no character.
#ifndef RIVULET_ENGINE_OPS_UNICODE_ATTRS_H_
#define RIVULET_ENGINE_OPS_UNICODE_ATTRS_H_

#include "engine/ops/op.h"
#include "engine/ops/unicode_codec.h"

namespace rivulet {

struct UnicodeErrors {
  bool strict = false;  // an error of the run
  bool ignore = false;  // left out; else replaced
  bool replace_control_characters = false;
  bool strict_on_control_characters = false;  // they count as wrong where those are replaced
  char32_t replacement = kReplacement;
};
Result<UnicodeErrors> ReadUnicodeErrors(const AttrReader& attrs, bool has_control_characters);

// Calls each(code point, place of its first byte) for the text.
class TextDecoder {
 public:
  // UTF-8, UTF-16, UTF-32 (with -BE or -LE, or by byte order mark and else big endian), US-ASCII, ISO-8859-1 and -15
  // and Windows-1252, in any case and with or without - and _. Each string is read from its own beginning, where ICU
  // carries a byte order from one string into the next. TensorFlow's ICU knows some hundred more encodings; they are
  // UNIMPLEMENTED.
  static Result<TextDecoder> Find(const std::string& encoding);

  template <typename Each>
  Status ForEach(std::string_view text, const UnicodeErrors& errors, const Each& each) const {
    ReadCodePoint read = read_;
    size_t at = 0;
    if (has_mark_ && SkipMark(text, &read, &at) && at == text.size()) {
      each(char32_t{0xFFFF}, size_t{0});  // a mark alone, as ICU reads it
      return Status();
    }
    // The first character begins with the mark.
    for (size_t begin = 0; at < text.size(); begin = at) {
      const char32_t c = read(text, &at);
      const bool wrong = c == kIllFormed || (errors.replace_control_characters && c < 0x20);
      if (!wrong) {
        each(c, begin);
      } else if (errors.strict && (c == kIllFormed || errors.strict_on_control_characters)) {
        return InvalidArgument("byte ", static_cast<uint64_t>(begin), " of ", Quoted(text),
                               " is no character of the encoding");
      } else if (!errors.ignore) {
        each(errors.replacement, begin);
      }
    }
    return Status();
  }

 private:
  // Passes over a byte order mark and takes its order.
  bool SkipMark(std::string_view text, ReadCodePoint* read, size_t* at) const;

  ReadCodePoint read_ = nullptr;
  bool has_mark_ = false;
};

Result<WriteCodePoint> FindTextEncoder(const std::string& encoding);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_UNICODE_ATTRS_H_
