// DecodeJSONExample: tf.Example messages in protobuf's JSON as bytes of the message.
//   json_examples: strings of any shape     binary_examples: one message each
// Byte for byte what TensorFlow's protobuf writes: fields in the order of the text, lists of numbers not packed.
// As there, more than JSON is read: names without quotes, strings in single quotes, a comma before a closing bracket,
// control characters in strings, a value in place of a list of one, lists within lists, numbers in quotes.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "engine/base/text_scanner.h"
#include "engine/ops/number_text.h"
#include "engine/ops/plain_infer.h"
#include "engine/ops/text_bytes.h"
#include "engine/ops/unicode_codec.h"
#include "engine/ops/wire_writer.h"

namespace rivulet {
namespace {

constexpr int kDeepest = 100;  // objects and lists within each other

// What a value in the text is the content of.
enum class Kind {
  kExample,
  kFeatures,
  kFeatureMap,
  kFeature,
  kBytesList,
  kFloatList,
  kInt64List,
  kBytes,
  kFloat,
  kInt64
};

struct Field {
  Kind in;
  const char* json_name;
  const char* name;
  uint32_t number;
  Kind kind;
};

constexpr Field kFields[] = {
    {Kind::kExample, "features", "features", 1, Kind::kFeatures},
    {Kind::kFeatures, "feature", "feature", 1, Kind::kFeatureMap},
    {Kind::kFeature, "bytesList", "bytes_list", 1, Kind::kBytesList},
    {Kind::kFeature, "floatList", "float_list", 2, Kind::kFloatList},
    {Kind::kFeature, "int64List", "int64_list", 3, Kind::kInt64List},
    {Kind::kBytesList, "value", "value", 1, Kind::kBytes},
    {Kind::kFloatList, "value", "value", 1, Kind::kFloat},
    {Kind::kInt64List, "value", "value", 1, Kind::kInt64},
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The whole text as a base64 of either alphabet; '=' at the end may be left out, but not in part.
bool DecodeBase64(std::string_view text, std::string* out) {
  size_t padding = 0;
  while (padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  if (padding != 0 && (text.size() % 4 != 0 || padding > 2)) return false;
  text.remove_suffix(padding);
  if (text.size() % 4 == 1) return false;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    uint32_t value;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<uint32_t>(c - 'a') + 26;
    } else if (IsDigit(c)) {
      value = static_cast<uint32_t>(c - '0') + 52;
    } else if (c == '+' || c == '-') {
      value = 62;
    } else if (c == '/' || c == '_') {
      value = 63;
    } else {
      return false;
    }
    bits = bits << 6 | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out->push_back(static_cast<char>(bits >> count));
  }
  return true;
}

bool ReadFloat(const std::string& text, bool is_quoted, float* out) {
  double value = 0;
  if (is_quoted && text == "NaN") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (!ReadNumber(text, &value)) {
    return false;
  }
  // What would round to infinity is too large; half a step above the largest float does.
  constexpr double kTooLarge = 3.4028235677973366e+38;
  if (std::isfinite(value) && std::fabs(value) >= kTooLarge) return false;
  *out = static_cast<float>(value);
  return true;
}

// A number with a point or an exponent counts up to 2^53, below which a double holds every whole number.
bool ReadInteger(const std::string& text, bool is_quoted, int64_t* out) {
  if (is_quoted && std::any_of(text.begin(), text.end(), IsSpace)) return false;
  if (ReadNumber(text, out)) return true;
  constexpr double kMost = 9007199254740992.0;
  double value = 0;
  if (!ReadNumber(text, &value) || !(std::fabs(value) <= kMost) || value != std::trunc(value)) return false;
  *out = static_cast<int64_t>(value);
  return true;
}

class Parser : TextScanner {
 public:
  explicit Parser(std::string_view text) : TextScanner(text, " \n\r\t") {}

  Status Parse(std::string* out) {
    RIVULET_RETURN_IF_ERROR(Message(Kind::kExample, 1, out));
    SkipBlanks();
    return at_ == text_.size() ? Status() : Error("want nothing after the object");
  }

 private:
  template <typename... Args>
  Status Error(const Args&... args) const {
    return InvalidArgument(
        "this is no JSON of a tf.Example: offset ", static_cast<uint64_t>(at_), ": ", Cat(args...),
        at_ == text_.size() ? std::string(", got the end") : ", got " + Quoted(text_.substr(at_, 1)));
  }

  bool AcceptNull() {
    SkipBlanks();
    if (!text_.substr(at_).starts_with("null")) return false;
    at_ += 4;
    return true;
  }

  // Calls member(name) at each value of an object.
  template <typename Body>
  Status Object(int depth, const Body& member) {
    if (depth > kDeepest) return Error("want nesting of at most ", kDeepest);
    if (!Accept('{')) return Error("want '{'");
    for (bool has_comma = true; !Accept('}'); has_comma = Accept(',')) {
      if (!has_comma) return Error("want ',' or '}'");
      std::string name;
      if (Peek('"') || Peek('\'')) {
        RIVULET_RETURN_IF_ERROR(String(&name));
      } else {
        RIVULET_RETURN_IF_ERROR(BareWord(&name));
      }
      if (!Accept(':')) return Error("want ':'");
      RIVULET_RETURN_IF_ERROR(member(name));
    }
    return Status();
  }

  Status BareWord(std::string* name) {
    const size_t start = at_;
    while (at_ < text_.size() &&
           ((text_[at_] >= 'a' && text_[at_] <= 'z') || (text_[at_] >= 'A' && text_[at_] <= 'Z') ||
            IsDigit(text_[at_]) || text_[at_] == '_')) {
      ++at_;
    }
    *name = text_.substr(start, at_ - start);
    const bool is_word =
        !name->empty() && !IsDigit(name->front()) && *name != "null" && *name != "true" && *name != "false";
    return is_word ? Status() : Error("want a name");
  }

  Status Message(Kind message, int depth, std::string* out) {
    bool has_list = false;  // of a Feature, which has one of its three at most
    return Object(depth, [&](const std::string& name) -> Status {
      const Field* field = nullptr;
      for (const Field& known : kFields) {
        if (known.in == message && (name == known.json_name || name == known.name)) field = &known;
      }
      if (field == nullptr) return Error("no field is called ", Quoted(name), " here");
      if (AcceptNull()) return Status();
      if (message == Kind::kFeature) {
        if (has_list) return Error("a feature has one list, ", Quoted(name), " is another");
        has_list = true;
      }
      switch (field->kind) {
        case Kind::kFeatureMap: return FeatureMap(*field, depth + 1, out);
        case Kind::kBytes:
        case Kind::kFloat:
        case Kind::kInt64: return Values(*field, depth + 1, out);
        default: break;
      }
      std::string inner;
      RIVULET_RETURN_IF_ERROR(Message(field->kind, depth + 1, &inner));
      WireWriter(out).Bytes(field->number, inner);
      return Status();
    });
  }

  // Entries { key = 1, value = 2 }, without a value where the text has null.
  Status FeatureMap(const Field& field, int depth, std::string* out) {
    std::set<std::string> keys;
    return Object(depth, [&](const std::string& key) -> Status {
      if (!keys.insert(key).second) return Error("feature ", Quoted(key), " is there twice");
      std::string entry;
      WireWriter(&entry).Bytes(1, key);
      if (!AcceptNull()) {
        std::string feature;
        RIVULET_RETURN_IF_ERROR(Message(Kind::kFeature, depth + 1, &feature));
        WireWriter(&entry).Bytes(2, feature);
      }
      WireWriter(out).Bytes(field.number, entry);
      return Status();
    });
  }

  // A list, lists within it or not, or one value.
  Status Values(const Field& field, int depth, std::string* out) {
    if (!Accept('[')) return Value(field, out);
    if (depth > kDeepest) return Error("want nesting of at most ", kDeepest);
    for (bool has_comma = true; !Accept(']'); has_comma = Accept(',')) {
      if (!has_comma) return Error("want ',' or ']'");
      if (AcceptNull()) {
        WriteZero(field, out);
      } else {
        RIVULET_RETURN_IF_ERROR(Values(field, depth + 1, out));
      }
    }
    return Status();
  }

  static void WriteZero(const Field& field, std::string* out) {
    switch (field.kind) {
      case Kind::kBytes: WireWriter(out).Bytes(field.number, ""); break;
      case Kind::kFloat: WireWriter(out).Float(field.number, 0); break;
      default: WireWriter(out).Int(field.number, 0); break;
    }
  }

  Status Value(const Field& field, std::string* out) {
    std::string text;
    const bool is_quoted = Peek('"') || Peek('\'');
    const size_t start = at_;
    if (is_quoted) {
      RIVULET_RETURN_IF_ERROR(String(&text));
    } else if (field.kind == Kind::kBytes) {
      return Error("want a string");
    } else {
      RIVULET_RETURN_IF_ERROR(RawNumber(&text));
    }
    bool is_good = false;
    switch (field.kind) {
      case Kind::kBytes: {
        std::string bytes;
        is_good = DecodeBase64(text, &bytes);
        WireWriter(out).Bytes(field.number, bytes);
        break;
      }
      case Kind::kFloat: {
        float value = 0;
        is_good = ReadFloat(text, is_quoted, &value);
        WireWriter(out).Float(field.number, value);
        break;
      }
      default: {
        int64_t value = 0;
        is_good = ReadInteger(text, is_quoted, &value);
        WireWriter(out).Int(field.number, value);
      }
    }
    if (is_good) return Status();
    at_ = start;
    return Error(field.kind == Kind::kBytes   ? "want base64"
                 : field.kind == Kind::kFloat ? "want a float"
                                              : "want an int64",
                 ", not ", Quoted(text));
  }

  // JSON's own numbers. A double holds them all.
  Status RawNumber(std::string* text) {
    SkipBlanks();
    const size_t start = at_;
    const auto digits = [&] {
      const size_t first = at_;
      while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
      return at_ - first;
    };
    if (at_ < text_.size() && text_[at_] == '-') ++at_;
    const bool is_zero = at_ < text_.size() && text_[at_] == '0';
    const size_t whole = digits();
    bool is_good = whole == 1 || (whole > 1 && !is_zero);
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      is_good = digits() > 0 && is_good;
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      is_good = digits() > 0 && is_good;
    }
    *text = text_.substr(start, at_ - start);
    double value = 0;
    if (is_good && ReadNumber(*text, &value) && std::isfinite(value)) return Status();
    at_ = start;
    return Error("want a number");
  }

  Status String(std::string* out) {
    const char quote = text_[at_++];
    const size_t start = at_;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] != '\\') {
        out->push_back(text_[at_++]);
        continue;
      }
      if (++at_ == text_.size()) return Error("want an escape");
      constexpr std::string_view kNames = "bfnrt\\/\"'", kMeanings = "\b\f\n\r\t\\/\"'";
      const char e = text_[at_];
      if (const size_t i = kNames.find(e); i != std::string_view::npos) {
        out->push_back(kMeanings[i]);
        ++at_;
        continue;
      }
      if (e != 'u') return Error("want an escape");
      RIVULET_RETURN_IF_ERROR(Escaped(out));
    }
    if (at_ == text_.size()) return Error("want the end of a string");
    if (!IsUtf8(text_.substr(start, at_ - start))) {
      at_ = start;
      return Error("want UTF-8 in a string");
    }
    ++at_;
    return Status();
  }

  // u and four digits, or two of these for one character beyond 16 bits.
  Status Escaped(std::string* out) {
    uint32_t code = 0, low = 0;
    RIVULET_RETURN_IF_ERROR(FourDigits(&code));
    if (code >= 0xDC00 && code < 0xE000) return Error("want the first half of a character");
    if (code >= 0xD800 && code < 0xDC00) {
      if (at_ == text_.size() || text_[at_++] != '\\') return Error("want the second half of a character");
      RIVULET_RETURN_IF_ERROR(FourDigits(&low));
      if (low < 0xDC00 || low >= 0xE000) return Error("want the second half of a character");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    WriteUtf8(code, out);
    return Status();
  }

  Status FourDigits(uint32_t* code) {
    if (at_ == text_.size() || text_[at_++] != 'u') return Error("want 'u' and four digits");
    for (int i = 0; i < 4; ++i) {
      const char c = at_ < text_.size() ? text_[at_] : '\0';
      const int digit = IsDigit(c)             ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return Error("want four digits");
      *code = *code << 4 | static_cast<uint32_t>(digit);
      ++at_;
    }
    return Status();
  }
};

Status Run(RunContext& c) {
  const Tensor& input = c.input(0);
  std::string* out = c.output(0).data<std::string>();
  TextBytes bytes(c.allocator());
  for (int64_t i = 0; i < input.num_elements(); ++i) {
    RIVULET_RETURN_IF_ERROR(c.stop().Why());
    const std::string& text = input.data<std::string>()[i];
    // "1," is two characters and five bytes; each message is held once in the one around it.
    RIVULET_RETURN_IF_ERROR(bytes.Charge(CheckedSize(static_cast<int64_t>(text.size())) * 6));
    std::string message;
    Status status = Parser(text).Parse(&message);
    if (!status.ok()) return std::move(status).Framed(Cat("example ", i));
    out[i] = std::move(message);
  }
  return Status();
}

constexpr OpDef kDefs[] = {
    {.name = "DecodeJSONExample",
     .inputs = "json_examples:str",
     .outputs = "binary_examples:str",
     .attrs = "",
     .infer = InferLikeFirst,
     .run = Run},
};

}  // namespace

RIVULET_OP_LIST(DecodeJsonExample, kDefs);

}  // namespace rivulet
