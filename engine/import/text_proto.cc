// Protobuf's text format: `name: value`, `name { ... }`, `name: [a, b]`, `# comments`, adjacent strings joined. A table
// gives the fields of each message; each is written as wire bytes at once.
#include "engine/import/text_proto.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "engine/base/text_scanner.h"
#include "engine/base/bit_cast.h"
#include "engine/base/errors.h"
#include "engine/import/text_fields.h"

namespace rivulet {
namespace {

using namespace text_format;

void PutVarint(std::vector<uint8_t>& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<uint8_t>(value));
}

class Parser : TextScanner {
 public:
  Parser(std::string_view text, const Limits& limits) : TextScanner(text, kTextFormBlanks, '#'), limits_(limits) {}

  Result<std::vector<uint8_t>> Parse(Message root) {
    std::vector<uint8_t> out;
    RIVULET_RETURN_IF_ERROR(ParseFields(root, '\0', 0, &out));
    return out;
  }

  std::string_view FirstWord() { return Word(); }

 private:
  template <typename... Args>
  Status Error(const Args&... args) const {
    const std::string_view before = text_.substr(0, at_);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const size_t newline = before.rfind('\n');
    const size_t column = newline == std::string_view::npos ? at_ + 1 : at_ - newline;
    return InvalidArgument("line ", static_cast<int64_t>(line), ", column ", static_cast<uint64_t>(column), ": ",
                           args...);
  }

  std::string_view Word() {
    SkipBlanks();
    const size_t start = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                           c == '.' || c == '-' || c == '+';
      if (!is_word) break;
      ++at_;
    }
    return text_.substr(start, at_ - start);
  }

  Status ParseFields(Message message, char end, int depth, std::vector<uint8_t>* out) {
    if (depth > limits_.nesting_depth) return Error("messages nested deeper than ", limits_.nesting_depth);
    for (;;) {
      SkipBlanks();
      if (at_ == text_.size()) {
        if (end == '\0') return Status();
        return Error("the text ends inside a message, want '", end, "'");
      }
      if (end != '\0' && Accept(end)) return Status();
      RIVULET_RETURN_IF_ERROR(ParseField(message, depth, out));
      if (!Accept(';')) Accept(',');
    }
  }

  Status ParseField(Message message, int depth, std::vector<uint8_t>* out) {
    if (Peek('[')) return ParseBracketed(message, depth, out);
    const std::string_view name = Word();
    if (name.empty()) return Error("want a field name, got ", Quoted(text_.substr(at_, 1)));
    const Field* field = FindField(message, name);
    if (field == nullptr && message != kOpaque) return Error("no field is called ", Quoted(name), " here");
    if (field == nullptr) return SkipOpaque(depth);
    const bool has_colon = Accept(':');
    if (field->kind != Kind::kMessage && !has_colon) return Error("want ':' after ", Quoted(name));
    if (!Accept('[')) return ParseValue(*field, depth, out);
    if (Accept(']')) return Status();
    for (;;) {
      RIVULET_RETURN_IF_ERROR(ParseValue(*field, depth, out));
      if (Accept(']')) return Status();
      if (!Accept(',')) return Error("want ',' or ']' in the list of ", Quoted(name));
    }
  }

  // "[type.googleapis.com/tensorflow.AssetFileDef] { ... }": what an Any holds, written out. Only asset files are kept.
  Status ParseBracketed(Message message, int depth, std::vector<uint8_t>* out) {
    if (message != kAny && message != kOpaque) return Error("extensions are not part of this message");
    Accept('[');
    const size_t end = std::min(text_.find(']', at_), text_.size());
    const std::string_view name = text_.substr(at_, end - at_);
    at_ = end;
    if (!Accept(']')) return Error("want ']'");
    if (message != kAny || !name.ends_with("/tensorflow.AssetFileDef")) return SkipOpaque(depth);
    Accept(':');
    if (!Accept('{')) return Error("want '{' after ", Quoted(name));
    std::vector<uint8_t> inner;
    RIVULET_RETURN_IF_ERROR(ParseFields(kAssetFileDef, '}', depth + 1, &inner));
    PutBytes(kAnyTypeUrl, std::vector<uint8_t>(name.begin(), name.end()), out);
    PutBytes(kAnyValue, inner, out);
    return Status();
  }

  Status ParseValue(const Field& field, int depth, std::vector<uint8_t>* out) {
    if (field.kind == Kind::kMessage) {
      const bool braces = Accept('{');
      if (!braces && !Accept('<')) return Error("want '{' after ", Quoted(field.name));
      std::vector<uint8_t> inner;
      RIVULET_RETURN_IF_ERROR(ParseFields(field.type, braces ? '}' : '>', depth + 1, &inner));
      if (field.type == kOpaque) return Status();
      PutBytes(field.number, inner, out);
      return Status();
    }
    if (field.kind == Kind::kBytes) {
      std::vector<uint8_t> bytes;
      RIVULET_RETURN_IF_ERROR(ParseString(&bytes));
      PutBytes(field.number, bytes, out);
      return Status();
    }
    const std::string word(Word());
    if (word.empty()) return Error("want a value for ", Quoted(field.name));
    if (field.kind == Kind::kFloat || field.kind == Kind::kDouble) return PutReal(field, word, out);
    if (field.kind == Kind::kIgnoredEnum) return Status();
    uint64_t value = 0;
    if (field.kind == Kind::kEnum && !(word[0] >= '0' && word[0] <= '9')) {
      RIVULET_RETURN_IF_ERROR(ParseType(word, &value));
    } else if (word == "true" || word == "false") {
      value = word == "true" ? 1 : 0;
    } else {
      RIVULET_RETURN_IF_ERROR(ParseInt(word, &value));
    }
    PutVarint(*out, field.number << 3);
    PutVarint(*out, value);
    return Status();
  }

  Status ParseType(std::string_view word, uint64_t* value) {
    const int number = TypeNumber(word);
    if (number >= 0) {
      *value = static_cast<uint64_t>(number);
      return Status();
    }
    return Error("no type is called ", Quoted(word));
  }

  Status ParseInt(const std::string& word, uint64_t* value) {
    const bool negative = word[0] == '-';
    std::string_view digits = std::string_view(word).substr(negative ? 1 : 0);
    int base = 10;
    if (digits.size() > 1 && digits[0] == '0') {
      base = digits[1] == 'x' || digits[1] == 'X' ? 16 : 8;
      digits.remove_prefix(base == 16 ? 2 : 1);
    }
    uint64_t magnitude = 0;
    if (digits.empty()) return Error("want an integer, got ", Quoted(word));
    for (const char c : digits) {
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : 99;
      if (digit >= base) return Error("want an integer, got ", Quoted(word));
      if (__builtin_mul_overflow(magnitude, static_cast<uint64_t>(base), &magnitude) ||
          __builtin_add_overflow(magnitude, static_cast<uint64_t>(digit), &magnitude)) {
        return Error("the integer ", Quoted(word), " has more than 64 bits");
      }
    }
    if (negative && magnitude > (uint64_t{1} << 63))
      return Error("the integer ", Quoted(word), " has more than 64 bits");
    *value = negative ? 0 - magnitude : magnitude;
    return Status();
  }

  // Numbers are read without the locale: strtod is given the text only where it holds no '.' or exponent trouble, so
  // the decimal point is replaced by what the C library expects.
  Status PutReal(const Field& field, std::string word, std::vector<uint8_t>* out) {
    std::string_view number = word;
    if (number.size() > 1 && (number.back() == 'f' || number.back() == 'F') &&
        number.find("inf") == std::string_view::npos) {
      number.remove_suffix(1);
    }
    double value = 0;
    if (!ReadReal(number, &value)) return Error("want a number for ", Quoted(field.name), ", got ", Quoted(word));
    if (field.kind == Kind::kFloat) {
      PutVarint(*out, (field.number << 3) | 5);
      Put32(BitCast<uint32_t>(static_cast<float>(ClampToFloat(value))), out);
    } else {
      PutVarint(*out, (field.number << 3) | 1);
      const auto bits = BitCast<uint64_t>(value);
      Put32(static_cast<uint32_t>(bits), out);
      Put32(static_cast<uint32_t>(bits >> 32), out);
    }
    return Status();
  }

  // A double beyond float's range would be undefined to convert; it is an infinity, as protobuf reads it.
  static double ClampToFloat(double value) {
    constexpr double kLargest = 3.4028235677973366e+38;  // halfway between the largest float and 2^128
    if (value >= kLargest) return HUGE_VAL;
    if (value <= -kLargest) return -HUGE_VAL;
    return value;
  }

  static bool ReadReal(std::string_view number, double* value) {
    bool negative = false;
    std::string_view body = number;
    if (!body.empty() && (body[0] == '-' || body[0] == '+')) {
      negative = body[0] == '-';
      body.remove_prefix(1);
    }
    std::string lower(body);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower == "inf" || lower == "infinity" || lower == "nan") {
      *value = lower == "nan" ? BitCast<double>(0x7FF8000000000000) : HUGE_VAL;
      if (negative) *value = -*value;
      return true;
    }
    if (lower.empty() || lower.find_first_not_of("0123456789.e+-") != std::string::npos) return false;
    char expected[8];
    std::snprintf(expected, sizeof(expected), "%.1f", 0.5);
    const char point = expected[1];  // the locale's decimal point
    std::replace(lower.begin(), lower.end(), '.', point);
    char* end = nullptr;
    *value = std::strtod(lower.c_str(), &end);
    if (negative) *value = -*value;
    return end == lower.c_str() + lower.size();
  }

  Status ParseString(std::vector<uint8_t>* out) {
    SkipBlanks();
    if (at_ == text_.size() || (text_[at_] != '"' && text_[at_] != '\'')) return Error("want a quoted string");
    while (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
      const char quote = text_[at_++];
      for (;;) {
        if (at_ == text_.size() || text_[at_] == '\n') return Error("a string is not closed");
        const char c = text_[at_++];
        if (c == quote) break;
        if (c != '\\') {
          out->push_back(static_cast<uint8_t>(c));
        } else {
          RIVULET_RETURN_IF_ERROR(ParseEscape(out));
        }
      }
      SkipBlanks();
    }
    return Status();
  }

  Status ParseEscape(std::vector<uint8_t>* out) {
    if (at_ == text_.size()) return Error("a string is not closed");
    const char c = text_[at_++];
    const auto digit = [&](int base) -> int {
      if (at_ == text_.size()) return -1;
      const char d = text_[at_];
      const int v = d >= '0' && d <= '9'   ? d - '0'
                    : d >= 'a' && d <= 'f' ? d - 'a' + 10
                    : d >= 'A' && d <= 'F' ? d - 'A' + 10
                                           : 99;
      return v < base ? v : -1;
    };
    if (c >= '0' && c <= '7') {
      int value = c - '0';
      for (int i = 0; i < 2 && digit(8) >= 0; ++i) value = value * 8 + digit(8), ++at_;
      out->push_back(static_cast<uint8_t>(value));
      return Status();
    }
    if (c == 'x' || c == 'X') {
      int value = 0;
      if (digit(16) < 0) return Error("want hexadecimal digits after \\x");
      for (int i = 0; i < 2 && digit(16) >= 0; ++i) value = value * 16 + digit(16), ++at_;
      out->push_back(static_cast<uint8_t>(value));
      return Status();
    }
    static constexpr std::string_view kFrom = "abfnrtv\\'\"?";
    static constexpr std::string_view kTo = "\a\b\f\n\r\t\v\\'\"?";
    const size_t index = kFrom.find(c);
    if (index == std::string_view::npos) return Error("\\", Quoted(std::string_view(&c, 1)), " is no escape");
    out->push_back(static_cast<uint8_t>(kTo[index]));
    return Status();
  }

  // A field of a message that is not needed: passes over its value whatever it is.
  Status SkipOpaque(int depth) {
    Accept(':');
    if (Accept('[')) {
      while (!Accept(']')) {
        RIVULET_RETURN_IF_ERROR(SkipOpaqueValue(depth));
        Accept(',');
        SkipBlanks();
        if (at_ == text_.size()) return Error("the text ends inside a list");
      }
      return Status();
    }
    return SkipOpaqueValue(depth);
  }

  Status SkipOpaqueValue(int depth) {
    std::vector<uint8_t> unused;
    if (Accept('{')) return ParseFields(kOpaque, '}', depth + 1, &unused);
    if (Accept('<')) return ParseFields(kOpaque, '>', depth + 1, &unused);
    if (Peek('"') || Peek('\'')) return ParseString(&unused);
    return Word().empty() ? Error("want a value") : Status();
  }

  static void Put32(uint32_t bits, std::vector<uint8_t>* out) {
    for (int i = 0; i < 4; ++i) out->push_back(static_cast<uint8_t>(bits >> (8 * i)));
  }

  static void PutBytes(uint32_t number, const std::vector<uint8_t>& bytes, std::vector<uint8_t>* out) {
    PutVarint(*out, (number << 3) | 2);
    PutVarint(*out, bytes.size());
    out->insert(out->end(), bytes.begin(), bytes.end());
  }

  const Limits& limits_;
};

}  // namespace

TextRoot TextRootOf(std::string_view text) {
  const Limits limits;
  const std::string_view word = Parser(text, limits).FirstWord();
  if (FindField(kSavedModel, word) != nullptr) return TextRoot::kSavedModel;
  return FindField(kMetaGraphDef, word) != nullptr ? TextRoot::kMetaGraphDef : TextRoot::kGraphDef;
}

Result<std::vector<uint8_t>> TextToWire(std::string_view text, TextRoot root, const Limits& limits) {
  Parser parser(text, limits);
  switch (root) {
    case TextRoot::kSavedModel: return parser.Parse(kSavedModel);
    case TextRoot::kMetaGraphDef: return parser.Parse(kMetaGraphDef);
    case TextRoot::kCheckpointState: return parser.Parse(kCheckpointState);
    case TextRoot::kGraphDef: break;
  }
  return parser.Parse(kGraphDef);
}

}  // namespace rivulet
