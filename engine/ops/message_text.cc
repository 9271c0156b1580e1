// Protobuf's text format read into a message: `name: value`, `name { ... }`, `name: [a, b]`, `[full.name]: value` for
// extensions, `# comments`, strings side by side joined.
// Deviations: the messages of google.protobuf.Any are not written out; depth is bounded; a field that the type reserves
// is unknown.
#include <algorithm>
#include <cctype>
#include <cfloat>
#include <cmath>

#include "engine/base/text_scanner.h"
#include "engine/base/bit_cast.h"
#include "engine/base/errors.h"
#include "engine/ops/message_tree.h"
#include "engine/ops/number_text.h"

namespace rivulet {
namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string_view ShortName(const MessageType& type) {
  return std::string_view(type.name).substr(type.name.rfind('.') + 1);  // npos + 1 is 0
}

// As protobuf narrows: what rounds to the largest float is that, and more is infinite.
float Narrow(double value) {
  constexpr double kHalfStepAbove = 3.4028235677973366e+38;
  if (std::isnan(value) || std::fabs(value) <= double{FLT_MAX}) return static_cast<float>(value);
  return std::copysign(std::fabs(value) <= kHalfStepAbove ? FLT_MAX : HUGE_VALF,
                       static_cast<float>(std::copysign(1.0, value)));
}

class Parser : TextScanner {
 public:
  explicit Parser(std::string_view text) : TextScanner(text, kTextFormBlanks, '#') {}

  Status Fields(char end, int depth, MessageTree* tree) {
    if (depth > MessageTree::kDeepest) return Error("messages nested deeper than ", MessageTree::kDeepest);
    for (;;) {
      SkipBlanks();
      if (at_ == text_.size()) {
        if (end == '\0') return Status();
        return Error("the text ends inside a message, want '", end, "'");
      }
      if (end != '\0' && Accept(end)) return Status();
      RIVULET_RETURN_IF_ERROR(Field(depth, tree));
      if (!Accept(';')) Accept(',');
    }
  }

 private:
  template <typename... Args>
  Status Error(const Args&... args) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<ptrdiff_t>(at_), '\n');
    return InvalidArgument("line ", static_cast<int64_t>(line), ": ", args...);
  }

  // A name, or a number with its letters, signs of exponents and point.
  std::string_view Token() {
    SkipBlanks();
    const size_t start = at_;
    if (at_ == text_.size()) return {};
    if (IsLetter(text_[at_])) {
      while (at_ < text_.size() && (IsLetter(text_[at_]) || IsDigit(text_[at_]))) ++at_;
    } else {
      const bool is_hex = text_.substr(at_).starts_with("0x") || text_.substr(at_).starts_with("0X");
      while (at_ < text_.size() && (IsLetter(text_[at_]) || IsDigit(text_[at_]) || text_[at_] == '.' ||
                                    ((text_[at_] == '-' || text_[at_] == '+') && !is_hex && at_ > start &&
                                     (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E')))) {
        ++at_;
      }
    }
    return text_.substr(start, at_ - start);
  }

  Status Field(int depth, MessageTree* tree) {
    const MessageType& type = *tree->type;
    const FieldType* field = nullptr;
    if (Accept('[')) {
      const size_t end = std::min(text_.find(']', at_), text_.size());
      const std::string_view name = WithoutSpaceAround(text_.substr(at_, end - at_));
      at_ = end;
      if (!Accept(']')) return Error("want ']' after ", Quoted(name));
      field = type.FindExtension(name);
      if (field == nullptr) return Error(Quoted(type.name), " has no extension ", Quoted(name));
    } else {
      const std::string_view name = Token();
      if (name.empty()) return Error("want the name of a field, got ", Quoted(text_.substr(at_, 1)));
      field = type.FindField(name);
      if (field == nullptr) {
        // A group goes by the name of its type, too.
        field = type.FindField(Lower(name));
        if (field != nullptr && (field->kind != FieldKind::kGroup || ShortName(*field->message) != name))
          field = nullptr;
      }
      if (field == nullptr) {
        return Error(Quoted(type.name), " has no field ", Quoted(name));
      }
    }
    const bool has_colon = Accept(':');
    if (!IsMessage(field->kind) && !has_colon) return Error("want ':' after ", Quoted(field->name));
    if (!field->is_repeated) {
      for (const auto& [other, values] : tree->fields) {
        if (other == field) return Error("field ", Quoted(field->name), " is there twice");
        if (field->oneof < 0 || other->oneof != field->oneof) continue;
        return Error("field ", Quoted(field->name), " cannot be beside ", Quoted(other->name));
      }
    }
    std::vector<MessageTree::Value> values;
    if (field->is_repeated && Accept('[')) {
      while (!Accept(']')) {
        if (!values.empty() && !Accept(',')) return Error("want ',' or ']' in the list of ", Quoted(field->name));
        RIVULET_RETURN_IF_ERROR(Value(*field, depth, &values.emplace_back()));
      }
    } else {
      RIVULET_RETURN_IF_ERROR(Value(*field, depth, &values.emplace_back()));
    }
    if (values.empty()) return Status();
    std::vector<MessageTree::Value>& all = tree->fields[field];
    std::move(values.begin(), values.end(), std::back_inserter(all));
    return Status();
  }

  Status Value(const FieldType& field, int depth, MessageTree::Value* value) {
    if (IsMessage(field.kind)) {
      const bool braces = Accept('{');
      if (!braces && !Accept('<')) return Error("want '{' after ", Quoted(field.name));
      value->message = std::make_unique<MessageTree>(field.message);
      return Fields(braces ? '}' : '>', depth + 1, value->message.get());
    }
    if (IsText(field.kind)) return Text(field, &value->text);
    const bool is_negative = Accept('-');
    const std::string word(Token());
    const auto wrong = [&] {
      return Error("field ", Quoted(field.name), ": ", Quoted(is_negative ? "-" + word : word), " is no ",
                   Name(field.kind));
    };
    if (word.empty()) return wrong();
    if (field.kind == FieldKind::kFloat || field.kind == FieldKind::kDouble) {
      double number = 0;
      if (!Real(word, &number)) return wrong();
      if (is_negative) number = -number;
      value->bits = field.kind == FieldKind::kDouble ? BitCast<uint64_t>(number) : BitCast<uint32_t>(Narrow(number));
      return Status();
    }
    if (field.kind == FieldKind::kBool && !IsDigit(word[0])) {
      if (is_negative) return wrong();
      value->bits = word == "true" || word == "True" || word == "t";
      return value->bits != 0 || word == "false" || word == "False" || word == "f" ? Status() : wrong();
    }
    if (field.kind == FieldKind::kEnum) {
      if (IsLetter(word[0])) {
        for (const auto& [name, number] : field.enumeration->values) {
          if (name != word || is_negative) continue;
          value->bits = static_cast<uint64_t>(int64_t{number});
          return Status();
        }
        return wrong();
      }
    }
    uint64_t size = 0;
    if (!Integer(word, &size)) return wrong();
    uint64_t most = 0;
    bool is_signed = true;
    switch (field.kind) {
      case FieldKind::kBool: most = 1, is_signed = false; break;
      case FieldKind::kUint32:
      case FieldKind::kFixed32: most = UINT32_MAX, is_signed = false; break;
      case FieldKind::kUint64:
      case FieldKind::kFixed64: most = UINT64_MAX, is_signed = false; break;
      case FieldKind::kInt64:
      case FieldKind::kSint64:
      case FieldKind::kSfixed64: most = INT64_MAX; break;
      default: most = INT32_MAX;
    }
    if (is_negative && (!is_signed || size > most + 1)) return wrong();
    if (!is_negative && size > most) return wrong();
    value->bits = is_negative ? 0 - size : size;
    if (field.kind == FieldKind::kEnum && field.enumeration->is_closed) {
      const auto& values = field.enumeration->values;
      const auto number = static_cast<int32_t>(value->bits);
      if (std::none_of(values.begin(), values.end(), [&](const auto& one) { return one.second == number; })) {
        return wrong();
      }
    }
    return Status();
  }

  // Decimal, with an f behind it or not; or inf, infinity, nan in any case.
  static bool Real(std::string_view word, double* value) {
    const std::string lower = Lower(word);
    if (lower == "inf" || lower == "infinity" || lower == "nan") return ReadNumber(lower, value);
    if (word.size() > 1 && lower.back() == 'f') word.remove_suffix(1);
    if (!IsDigit(word[0]) && word[0] != '.') return false;
    if (word.size() > 1 && word[0] == '0' && IsDigit(word[1])) return false;
    return lower.find('x') == std::string::npos && ReadNumber(word, value);
  }

  static bool Integer(std::string_view digits, uint64_t* value) {
    uint64_t base = 10;
    if (digits.size() > 1 && digits[0] == '0') {
      base = digits[1] == 'x' || digits[1] == 'X' ? 16 : 8;
      digits.remove_prefix(base == 16 ? 2 : 1);
    }
    if (digits.empty()) return false;
    for (const char c : digits) {
      const uint64_t digit = IsDigit(c)             ? static_cast<uint64_t>(c - '0')
                             : c >= 'a' && c <= 'f' ? static_cast<uint64_t>(c - 'a') + 10
                             : c >= 'A' && c <= 'F' ? static_cast<uint64_t>(c - 'A') + 10
                                                    : 99;
      if (digit >= base || __builtin_mul_overflow(*value, base, value) ||
          __builtin_add_overflow(*value, digit, value)) {
        return false;
      }
    }
    return true;
  }

  Status Text(const FieldType& field, std::string* out) {
    if (!Peek('"') && !Peek('\'')) return Error("want a string for ", Quoted(field.name));
    while (Peek('"') || Peek('\'')) {
      const char quote = text_[at_++];
      const size_t start = at_;
      while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') at_ += text_[at_] == '\\' ? 2 : 1;
      if (at_ >= text_.size() || text_[at_] != quote) {
        at_ = std::min(at_, text_.size());
        return Error("a string has no end");
      }
      if (!Unescape(text_.substr(start, at_ - start), out)) return Error("a string has a broken escape");
      ++at_;
    }
    return Status();
  }
};

}  // namespace

Status ReadMessageText(std::string_view text, MessageTree* tree) {
  RIVULET_RETURN_IF_ERROR(Parser(text).Fields('\0', 0, tree));
  return CheckRequired(*tree);
}

}  // namespace rivulet
