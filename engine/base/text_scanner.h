// What parsers of text forms are built on: a place in a text, blanks passed over.
#ifndef RIVULET_ENGINE_BASE_TEXT_SCANNER_H_
#define RIVULET_ENGINE_BASE_TEXT_SCANNER_H_

#include <cstddef>
#include <string_view>

namespace rivulet {

class TextScanner {
 protected:
  // Of `blanks` any may stand between tokens; from `comment` to the end of its line counts as one, unless it is '\0'.
  TextScanner(std::string_view text, std::string_view blanks, char comment = '\0')
      : text_(text), blanks_(blanks), comment_(comment) {}

  void SkipBlanks() {
    for (; at_ < text_.size(); ++at_) {
      if (comment_ != '\0' && text_[at_] == comment_) {
        while (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
      } else if (blanks_.find(text_[at_]) == std::string_view::npos) {
        return;
      }
    }
  }

  // Whether `c` comes next, after blanks.
  bool Peek(char c) {
    SkipBlanks();
    return at_ < text_.size() && text_[at_] == c;
  }

  // Passes over `c` when it comes next.
  bool Accept(char c) {
    if (!Peek(c)) return false;
    ++at_;
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;

 private:
  std::string_view blanks_;
  char comment_;
};

// Between the tokens of protobuf's text form.
inline constexpr std::string_view kTextFormBlanks = " \t\n\r\v\f";

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_TEXT_SCANNER_H_
