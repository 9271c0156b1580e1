// Names from a file, made harmless for what they are written into.
#ifndef RIVULET_CLI_VIEW_ESCAPE_H_
#define RIVULET_CLI_VIEW_ESCAPE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rivulet::cli::view {

// Control characters and what is no UTF-8 become U+FFFD.
std::string CleanText(std::string_view text);

// For text and attributes of XML and HTML.
std::string XmlText(std::string_view text);

// For within the quotes of a DOT identifier.
std::string DotText(std::string_view text);

// What two clean texts begin with alike, in whole characters; `units` is what JavaScript counts.
struct SharedStart {
  size_t bytes = 0;
  int32_t units = 0;
};
SharedStart FindSharedStart(std::string_view a, std::string_view b);

// JSON that stands in a <script>: nothing in it can end the script or begin a comment of HTML.
std::string ScriptJson(std::string_view json);

}  // namespace rivulet::cli::view

#endif  // RIVULET_CLI_VIEW_ESCAPE_H_
