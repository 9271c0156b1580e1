// The lines of a text file, as operators that read files cut them.
#ifndef RIVULET_ENGINE_OPS_TEXT_LINES_H_
#define RIVULET_ENGINE_OPS_TEXT_LINES_H_

#include <algorithm>
#include <string_view>

namespace rivulet {

// A line ends with a line feed or the file, and one carriage return before that belongs to its end.
class TextLines {
 public:
  explicit TextLines(std::string_view text) : text_(text) {}

  // False behind the last line.
  bool Next(std::string_view* line) {
    if (at_ >= text_.size()) return false;
    const size_t end = std::min(text_.find('\n', at_), text_.size());
    *line = text_.substr(at_, end - at_);
    if (line->ends_with('\r')) line->remove_suffix(1);
    at_ = end + 1;
    return true;
  }

  // How many bytes the lines so far took, with their ends.
  size_t taken() const { return std::min(at_, text_.size()); }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_TEXT_LINES_H_
