#include "engine/ops/signature.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "engine/ops/op.h"

namespace rivulet {
namespace {

struct ShortType {
  std::string_view name;
  DType dtype;
};
constexpr ShortType kShortTypes[] = {
    {"f32", DType::kFloat},       {"f16", DType::kHalf},      {"bf16", DType::kBfloat16},
    {"f64", DType::kDouble},      {"i8", DType::kInt8},       {"i16", DType::kInt16},
    {"i32", DType::kInt32},       {"i64", DType::kInt64},     {"u8", DType::kUint8},
    {"u16", DType::kUint16},      {"u32", DType::kUint32},    {"u64", DType::kUint64},
    {"bool", DType::kBool},       {"b", DType::kBool},        {"str", DType::kString},
    {"s", DType::kString},        {"c64", DType::kComplex64}, {"c128", DType::kComplex128},
    {"qi8", DType::kQint8},       {"qu8", DType::kQuint8},    {"qi16", DType::kQint16},
    {"qu16", DType::kQuint16},    {"qi32", DType::kQint32},   {"resource", DType::kResource},
    {"variant", DType::kVariant},
};

std::string_view Trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\n')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\n')) s.remove_suffix(1);
  return s;
}

// The pieces of `s` between `separator`s that are outside brackets and quotes.
std::vector<std::string_view> SplitTop(std::string_view s, char separator) {
  std::vector<std::string_view> out;
  int depth = 0;
  bool quoted = false;
  size_t start = 0;
  for (size_t i = 0; i <= s.size(); ++i) {
    if (i == s.size() || (s[i] == separator && depth == 0 && !quoted)) {
      const std::string_view piece = Trim(s.substr(start, i - start));
      if (!piece.empty()) out.push_back(piece);
      start = i + 1;
    } else if (s[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && (s[i] == '(' || s[i] == '[' || s[i] == '{')) {
      ++depth;
    } else if (!quoted && (s[i] == ')' || s[i] == ']' || s[i] == '}')) {
      --depth;
    }
  }
  return out;
}

std::string_view Unquote(std::string_view s) {
  return s.size() >= 2 && s.front() == '"' && s.back() == '"' ? s.substr(1, s.size() - 2) : s;
}

bool ParseArg(std::string_view text, ArgSpec* arg) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  arg->name = std::string(Trim(text.substr(0, colon)));
  std::string_view type = Trim(text.substr(colon + 1));
  if (type.substr(0, 5) == "list(" && type.back() == ')') {
    arg->list_attr = std::string(type.substr(5, type.size() - 6));
    return true;
  }
  const size_t star = type.find('*');
  if (star != std::string_view::npos) {
    arg->number_attr = std::string(type.substr(0, star));
    type = type.substr(star + 1);
  }
  if (type.substr(0, 4) == "ref ") {
    arg->is_ref = true;
    type = Trim(type.substr(4));
  }
  arg->dtype = ShortTypeFromName(type);
  if (arg->dtype == DType::kInvalid) arg->type_attr = std::string(type);
  return true;
}

bool ParseKind(std::string_view word, AttrKind* kind) {
  constexpr struct {
    std::string_view word;
    AttrKind kind;
  } kKinds[] = {{"string", AttrKind::kString}, {"int", AttrKind::kInt},   {"float", AttrKind::kFloat},
                {"bool", AttrKind::kBool},     {"type", AttrKind::kType}, {"shape", AttrKind::kShape},
                {"tensor", AttrKind::kTensor}, {"func", AttrKind::kFunc}};
  for (const auto& entry : kKinds) {
    if (entry.word == word) {
      *kind = entry.kind;
      return true;
    }
  }
  return false;
}

bool ParseScalarDefault(std::string_view text, AttrKind kind, AttrValue* value) {
  const std::string word(Unquote(text));
  switch (kind) {
    case AttrKind::kString: *value = word; return true;
    case AttrKind::kInt: *value = static_cast<int64_t>(std::strtoll(word.c_str(), nullptr, 10)); return true;
    case AttrKind::kFloat: *value = std::strtof(word.c_str(), nullptr); return true;
    case AttrKind::kBool: *value = word == "true"; return word == "true" || word == "false";
    case AttrKind::kType: *value = ShortTypeFromName(word); return ShortTypeFromName(word) != DType::kInvalid;
    case AttrKind::kTensor: *value = std::shared_ptr<const TensorLiteral>(); return word == "none";
    case AttrKind::kShape: *value = word == "?" ? Shape::UnknownRank() : Shape(); return word == "?" || word == "[]";
    default: return false;
  }
}

bool ParseListDefault(std::string_view text, AttrKind element, AttrValue* value) {
  if (text.size() < 2 || text.front() != '[') return false;
  auto list = std::make_shared<AttrList>();
  for (const std::string_view piece : SplitTop(text.substr(1, text.size() - 2), ',')) {
    AttrValue scalar;
    if (!ParseScalarDefault(piece, element, &scalar)) return false;
    if (const auto* s = std::get_if<std::string>(&scalar)) list->strings.push_back(*s);
    if (const auto* i = std::get_if<int64_t>(&scalar)) list->ints.push_back(*i);
    if (const auto* f = std::get_if<float>(&scalar)) list->floats.push_back(*f);
    if (const auto* t = std::get_if<DType>(&scalar)) list->types.push_back(*t);
    if (const auto* b = std::get_if<bool>(&scalar)) list->bools.push_back(*b);
  }
  *value = std::shared_ptr<const AttrList>(std::move(list));
  return true;
}

// "name:kind[=default][ in {..}][ >=n]"
bool ParseAttr(std::string_view text, AttrSpec* attr) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  attr->name = std::string(Trim(text.substr(0, colon)));
  std::string_view rest = Trim(text.substr(colon + 1));

  const size_t minimum = rest.rfind(">=");
  if (minimum != std::string_view::npos && rest.find('}', minimum) == std::string_view::npos) {
    attr->has_minimum = true;
    attr->minimum = std::strtoll(std::string(rest.substr(minimum + 2)).c_str(), nullptr, 10);
    rest = Trim(rest.substr(0, minimum));
  }
  std::string_view allowed;
  const size_t in = rest.find(" in {");
  if (in != std::string_view::npos) {
    allowed = rest.substr(in + 5, rest.size() - in - 6);
    rest = Trim(rest.substr(0, in));
  }
  std::string_view text_default;
  const size_t equals = rest.find('=');
  if (equals != std::string_view::npos) {
    attr->has_default = true;
    text_default = Trim(rest.substr(equals + 1));
    rest = Trim(rest.substr(0, equals));
  }
  if (rest.substr(0, 5) == "list(") {
    attr->kind = AttrKind::kList;
    if (!ParseKind(rest.substr(5, rest.size() - 6), &attr->element)) return false;
  } else if (!ParseKind(rest, &attr->kind)) {
    return false;
  }
  const bool is_type =
      attr->kind == AttrKind::kType || (attr->kind == AttrKind::kList && attr->element == AttrKind::kType);
  for (const std::string_view piece : SplitTop(allowed, ',')) {
    if (is_type) {
      const DType dtype = ShortTypeFromName(piece);
      if (dtype == DType::kInvalid) return false;
      attr->types.push_back(dtype);
    } else {
      attr->strings.emplace_back(Unquote(piece));
    }
  }
  if (!attr->has_default) return true;
  return attr->kind == AttrKind::kList ? ParseListDefault(text_default, attr->element, &attr->default_value)
                                       : ParseScalarDefault(text_default, attr->kind, &attr->default_value);
}

}  // namespace

DType ShortTypeFromName(std::string_view name) {
  for (const ShortType& entry : kShortTypes) {
    if (entry.name == name) return entry.dtype;
  }
  return DType::kInvalid;
}

std::string_view ShortName(DType dtype) {
  for (const ShortType& entry : kShortTypes) {
    if (entry.dtype == dtype) return entry.name;
  }
  return "?";
}

const AttrSpec* Signature::FindAttr(std::string_view name) const {
  for (const AttrSpec& attr : attrs) {
    if (attr.name == name) return &attr;
  }
  return nullptr;
}

namespace {

const ArgSpec* ArgAt(const std::vector<ArgSpec>& args, int32_t position) {
  for (size_t i = 0; i < args.size() && position >= 0; ++i, --position) {
    const bool is_list = !args[i].number_attr.empty() || !args[i].list_attr.empty();
    if (is_list || position == 0) return &args[i];
  }
  return nullptr;
}

}  // namespace

bool IsReference(const std::vector<ArgSpec>& args, int32_t position) {
  const ArgSpec* arg = ArgAt(args, position);
  return arg != nullptr && arg->is_ref;
}

bool IsHandle(const std::vector<ArgSpec>& args, int32_t position) {
  const ArgSpec* arg = ArgAt(args, position);
  return arg != nullptr && (arg->is_ref || arg->dtype == DType::kResource);
}

Signature ParseSignature(const OpDef& def) {
  Signature out;
  for (const std::string_view piece : SplitTop(def.inputs, ',')) {
    if (!ParseArg(piece, &out.inputs.emplace_back())) out.error = Cat("input ", piece);
  }
  for (const std::string_view piece : SplitTop(def.outputs, ',')) {
    if (!ParseArg(piece, &out.outputs.emplace_back())) out.error = Cat("output ", piece);
  }
  for (const std::string_view piece : SplitTop(def.attrs, ';')) {
    if (!ParseAttr(piece, &out.attrs.emplace_back())) out.error = Cat("attr ", piece);
  }
  return out;
}

namespace {

// What was parsed, found without a lock: planning asks some ten times for each node. A slot is written once; an
// operator whose slots others have is looked up in the map.
class ParsedSignatures {
 public:
  const Signature& Of(const OpDef& def) {
    const size_t start = reinterpret_cast<uintptr_t>(&def) / sizeof(void*) * 0x9E3779B1u;
    for (size_t i = 0; i < kProbes; ++i) {
      const Slot& slot = slots_[(start + i) % kSlots];
      const OpDef* const there = slot.def.load(std::memory_order_acquire);
      if (there == &def) return *slot.signature;
      if (there == nullptr) break;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    auto& parsed = parsed_[&def];
    if (parsed != nullptr) return *parsed;
    parsed = std::make_unique<const Signature>(ParseSignature(def));
    for (size_t i = 0; i < kProbes; ++i) {
      Slot& slot = slots_[(start + i) % kSlots];
      if (slot.def.load(std::memory_order_relaxed) != nullptr) continue;
      slot.signature = parsed.get();
      slot.def.store(&def, std::memory_order_release);
      break;
    }
    return *parsed;
  }

 private:
  static constexpr size_t kSlots = 1024;
  static constexpr size_t kProbes = 4;
  struct Slot {
    std::atomic<const OpDef*> def{nullptr};
    const Signature* signature = nullptr;
  };
  Slot slots_[kSlots];
  std::mutex mutex_;
  std::unordered_map<const OpDef*, std::unique_ptr<const Signature>> parsed_;
};

}  // namespace

const Signature& SignatureOf(const OpDef& def) {
  static ParsedSignatures signatures;
  return signatures.Of(def);
}

}  // namespace rivulet
