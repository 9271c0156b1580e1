// Pages that stand alone: style within, pictures as data URIs, nothing fetched from anywhere.
#ifndef RIVULET_CLI_HTML_PAGE_H_
#define RIVULET_CLI_HTML_PAGE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rivulet::cli {

// Text as it may stand between tags and in attributes.
std::string Escaped(std::string_view text);

// "data:TYPE;base64,…"
std::string DataUri(std::string_view type, std::string_view bytes);

// A whole page; `body` is HTML. Light or dark as the reader's system is.
std::string Page(std::string_view title, std::string_view body);

// A small picture of a picture or WAV file, as an <img> or <svg>; a sign for what cannot be drawn.
std::string Thumbnail(std::span<const uint8_t> file, std::string_view name);

// A number with so many significant digits, without exponent: "0.0312", "98.4".
std::string Digits(double value, int digits);
// Without its folders.
std::string FileName(std::string_view path);
// "1.23 MB", "456 kB", "12 bytes".
std::string BytesText(double bytes);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_HTML_PAGE_H_
