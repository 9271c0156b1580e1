// Protobuf's text format for GraphDef: `name: value`, `name { ... }`, `name: [a, b]`, `# comments`, adjacent strings
// joined. A table gives the fields of each message; each is written as wire bytes at once.
#include "engine/import/text_graphdef.h"

#include <algorithm>
#include "engine/base/bit_cast.h"
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "engine/base/errors.h"

namespace rivulet {
namespace {

enum class Kind : uint8_t { kInt, kBool, kFloat, kDouble, kBytes, kEnum, kMessage };
enum Message : uint8_t {
  kGraphDef,
  kNodeDef,
  kAttrEntry,
  kAttrValue,
  kListValue,
  kNameAttrList,
  kTensorProto,
  kTensorShape,
  kDim,
  kVersions,
  kLibrary,
  kFunctionDef,
  kOpDef,
  kArgDef,
  kAttrDef,
  kStringEntry,
  kGradient,
  kOpaque,
  kNone,
};

struct Field {
  Message in;
  const char* name;
  uint32_t number;
  Kind kind;
  Message type = kNone;
};

constexpr Field kFields[] = {
    {kGraphDef, "node", 1, Kind::kMessage, kNodeDef},
    {kGraphDef, "library", 2, Kind::kMessage, kLibrary},
    {kGraphDef, "version", 3, Kind::kInt},
    {kGraphDef, "versions", 4, Kind::kMessage, kVersions},
    {kGraphDef, "debug_info", 5, Kind::kMessage, kOpaque},
    {kNodeDef, "name", 1, Kind::kBytes},
    {kNodeDef, "op", 2, Kind::kBytes},
    {kNodeDef, "input", 3, Kind::kBytes},
    {kNodeDef, "device", 4, Kind::kBytes},
    {kNodeDef, "attr", 5, Kind::kMessage, kAttrEntry},
    {kNodeDef, "experimental_debug_info", 6, Kind::kMessage, kOpaque},
    {kNodeDef, "experimental_type", 7, Kind::kMessage, kOpaque},
    {kAttrEntry, "key", 1, Kind::kBytes},
    {kAttrEntry, "value", 2, Kind::kMessage, kAttrValue},
    {kAttrValue, "list", 1, Kind::kMessage, kListValue},
    {kAttrValue, "s", 2, Kind::kBytes},
    {kAttrValue, "i", 3, Kind::kInt},
    {kAttrValue, "f", 4, Kind::kFloat},
    {kAttrValue, "b", 5, Kind::kBool},
    {kAttrValue, "type", 6, Kind::kEnum},
    {kAttrValue, "shape", 7, Kind::kMessage, kTensorShape},
    {kAttrValue, "tensor", 8, Kind::kMessage, kTensorProto},
    {kAttrValue, "placeholder", 9, Kind::kBytes},
    {kAttrValue, "func", 10, Kind::kMessage, kNameAttrList},
    {kListValue, "s", 2, Kind::kBytes},
    {kListValue, "i", 3, Kind::kInt},
    {kListValue, "f", 4, Kind::kFloat},
    {kListValue, "b", 5, Kind::kBool},
    {kListValue, "type", 6, Kind::kEnum},
    {kListValue, "shape", 7, Kind::kMessage, kTensorShape},
    {kListValue, "tensor", 8, Kind::kMessage, kTensorProto},
    {kListValue, "func", 9, Kind::kMessage, kNameAttrList},
    {kNameAttrList, "name", 1, Kind::kBytes},
    {kNameAttrList, "attr", 2, Kind::kMessage, kAttrEntry},
    {kTensorProto, "dtype", 1, Kind::kEnum},
    {kTensorProto, "tensor_shape", 2, Kind::kMessage, kTensorShape},
    {kTensorProto, "version_number", 3, Kind::kInt},
    {kTensorProto, "tensor_content", 4, Kind::kBytes},
    {kTensorProto, "float_val", 5, Kind::kFloat},
    {kTensorProto, "double_val", 6, Kind::kDouble},
    {kTensorProto, "int_val", 7, Kind::kInt},
    {kTensorProto, "string_val", 8, Kind::kBytes},
    {kTensorProto, "scomplex_val", 9, Kind::kFloat},
    {kTensorProto, "int64_val", 10, Kind::kInt},
    {kTensorProto, "bool_val", 11, Kind::kBool},
    {kTensorProto, "dcomplex_val", 12, Kind::kDouble},
    {kTensorProto, "half_val", 13, Kind::kInt},
    {kTensorProto, "resource_handle_val", 14, Kind::kMessage, kOpaque},
    {kTensorProto, "variant_val", 15, Kind::kMessage, kOpaque},
    {kTensorProto, "uint32_val", 16, Kind::kInt},
    {kTensorProto, "uint64_val", 17, Kind::kInt},
    {kTensorShape, "dim", 2, Kind::kMessage, kDim},
    {kTensorShape, "unknown_rank", 3, Kind::kBool},
    {kDim, "size", 1, Kind::kInt},
    {kDim, "name", 2, Kind::kBytes},
    {kVersions, "producer", 1, Kind::kInt},
    {kVersions, "min_consumer", 2, Kind::kInt},
    {kVersions, "bad_consumers", 3, Kind::kInt},
    {kLibrary, "function", 1, Kind::kMessage, kFunctionDef},
    {kLibrary, "gradient", 2, Kind::kMessage, kGradient},
    {kLibrary, "registered_gradients", 3, Kind::kMessage, kOpaque},
    {kGradient, "function_name", 1, Kind::kBytes},
    {kGradient, "gradient_func", 2, Kind::kBytes},
    {kFunctionDef, "signature", 1, Kind::kMessage, kOpDef},
    {kFunctionDef, "node_def", 3, Kind::kMessage, kNodeDef},
    {kFunctionDef, "ret", 4, Kind::kMessage, kStringEntry},
    {kFunctionDef, "attr", 5, Kind::kMessage, kAttrEntry},
    {kFunctionDef, "control_ret", 6, Kind::kMessage, kStringEntry},
    {kFunctionDef, "arg_attr", 7, Kind::kMessage, kOpaque},
    {kFunctionDef, "resource_arg_unique_id", 8, Kind::kMessage, kOpaque},
    {kStringEntry, "key", 1, Kind::kBytes},
    {kStringEntry, "value", 2, Kind::kBytes},
    {kOpDef, "name", 1, Kind::kBytes},
    {kOpDef, "input_arg", 2, Kind::kMessage, kArgDef},
    {kOpDef, "output_arg", 3, Kind::kMessage, kArgDef},
    {kOpDef, "attr", 4, Kind::kMessage, kAttrDef},
    {kOpDef, "summary", 5, Kind::kBytes},
    {kOpDef, "description", 6, Kind::kBytes},
    {kOpDef, "deprecation", 8, Kind::kMessage, kOpaque},
    {kOpDef, "is_aggregate", 16, Kind::kBool},
    {kOpDef, "is_stateful", 17, Kind::kBool},
    {kOpDef, "is_commutative", 18, Kind::kBool},
    {kOpDef, "allows_uninitialized_input", 19, Kind::kBool},
    {kOpDef, "control_output", 20, Kind::kBytes},
    {kOpDef, "is_distributed_communication", 21, Kind::kBool},
    {kArgDef, "name", 1, Kind::kBytes},
    {kArgDef, "description", 2, Kind::kBytes},
    {kArgDef, "type", 3, Kind::kEnum},
    {kArgDef, "type_attr", 4, Kind::kBytes},
    {kArgDef, "number_attr", 5, Kind::kBytes},
    {kArgDef, "type_list_attr", 6, Kind::kBytes},
    {kArgDef, "handle_data", 7, Kind::kMessage, kOpaque},
    {kArgDef, "is_ref", 16, Kind::kBool},
    {kArgDef, "experimental_full_type", 17, Kind::kMessage, kOpaque},
    {kAttrDef, "name", 1, Kind::kBytes},
    {kAttrDef, "type", 2, Kind::kBytes},
    {kAttrDef, "default_value", 3, Kind::kMessage, kOpaque},
    {kAttrDef, "description", 4, Kind::kBytes},
    {kAttrDef, "has_minimum", 5, Kind::kBool},
    {kAttrDef, "minimum", 6, Kind::kInt},
    {kAttrDef, "allowed_values", 7, Kind::kMessage, kOpaque},
};

struct EnumName {
  std::string_view name;
  int number;
};
constexpr EnumName kTypes[] = {
    {"DT_INVALID", 0},        {"DT_FLOAT", 1},    {"DT_DOUBLE", 2},  {"DT_INT32", 3},       {"DT_UINT8", 4},
    {"DT_INT16", 5},          {"DT_INT8", 6},     {"DT_STRING", 7},  {"DT_COMPLEX64", 8},   {"DT_INT64", 9},
    {"DT_BOOL", 10},          {"DT_QINT8", 11},   {"DT_QUINT8", 12}, {"DT_QINT32", 13},     {"DT_BFLOAT16", 14},
    {"DT_QINT16", 15},        {"DT_QUINT16", 16}, {"DT_UINT16", 17}, {"DT_COMPLEX128", 18}, {"DT_HALF", 19},
    {"DT_RESOURCE", 20},      {"DT_VARIANT", 21}, {"DT_UINT32", 22}, {"DT_UINT64", 23},     {"DT_FLOAT8_E5M2", 24},
    {"DT_FLOAT8_E4M3FN", 25}, {"DT_INT4", 29},    {"DT_UINT4", 30},
};

void PutVarint(std::vector<uint8_t>& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<uint8_t>(value));
}

class Parser {
 public:
  Parser(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

  Result<std::vector<uint8_t>> Parse() {
    std::vector<uint8_t> out;
    RIVULET_RETURN_IF_ERROR(ParseFields(kGraphDef, '\0', 0, &out));
    return out;
  }

 private:
  // Where the next token starts, after blanks and comments.
  void SkipBlanks() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        ++at_;
      } else {
        return;
      }
    }
  }

  bool Peek(char c) {
    SkipBlanks();
    return at_ < text_.size() && text_[at_] == c;
  }

  bool Accept(char c) {
    if (!Peek(c)) return false;
    ++at_;
    return true;
  }

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
    if (Peek('[')) return Error("extensions are not part of a GraphDef");
    const std::string_view name = Word();
    if (name.empty()) return Error("want a field name, got ", Quoted(text_.substr(at_, 1)));
    const Field* field = nullptr;
    for (const Field& candidate : kFields) {
      if (candidate.in == message && name == candidate.name) field = &candidate;
    }
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
    const bool is_ref = word.size() > 4 && word.substr(word.size() - 4) == "_REF";
    const std::string_view plain = is_ref ? word.substr(0, word.size() - 4) : word;
    for (const EnumName& type : kTypes) {
      if (type.name == plain) {
        *value = static_cast<uint64_t>(type.number + (is_ref ? 100 : 0));
        return Status();
      }
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

  std::string_view text_;
  const Limits& limits_;
  size_t at_ = 0;
};

}  // namespace

Result<std::vector<uint8_t>> TextGraphDefToWire(std::string_view text, const Limits& limits) {
  return Parser(text, limits).Parse();
}

}  // namespace rivulet
