// Text in UTF-8, UTF-16 and UTF-32, read one code point at a time and written.
#ifndef RIVULET_ENGINE_OPS_UNICODE_CODEC_H_
#define RIVULET_ENGINE_OPS_UNICODE_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rivulet {

inline constexpr char32_t kReplacement = 0xFFFD;
// What a reader gives for bytes that are no code point; one for each longest beginning of a character.
inline constexpr char32_t kIllFormed = 0xFFFFFFFF;

inline bool IsCodePoint(char32_t c) { return c < 0xD800 || (c > 0xDFFF && c < 0x110000); }

// The code point at `at`, which is before the end; moves `at` behind it.
using ReadCodePoint = char32_t (*)(std::string_view text, size_t* at);
char32_t ReadUtf8(std::string_view text, size_t* at);
char32_t ReadUtf16Be(std::string_view text, size_t* at);
char32_t ReadUtf16Le(std::string_view text, size_t* at);
char32_t ReadUtf32Be(std::string_view text, size_t* at);
char32_t ReadUtf32Le(std::string_view text, size_t* at);

// The same for single bytes: ASCII (others are ill-formed), ISO-8859-1, Windows-1252 and ISO-8859-15.
char32_t ReadAscii(std::string_view text, size_t* at);
char32_t ReadLatin1(std::string_view text, size_t* at);
char32_t ReadWindows1252(std::string_view text, size_t* at);
char32_t ReadLatin9(std::string_view text, size_t* at);

// Appends a code point.
using WriteCodePoint = void (*)(char32_t c, std::string* out);
void WriteUtf8(char32_t c, std::string* out);
void WriteUtf16Be(char32_t c, std::string* out);
void WriteUtf32Be(char32_t c, std::string* out);

// All of it, ill-formed bytes replaced.
std::u32string DecodeUtf8(std::string_view text);
std::string EncodeUtf8(const std::u32string& text);

// Whether no byte is ill-formed.
bool IsUtf8(std::string_view text);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_UNICODE_CODEC_H_
