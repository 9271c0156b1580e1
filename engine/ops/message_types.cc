#include "engine/ops/message_types.h"

#include "engine/base/errors.h"
#include "engine/ops/unicode_codec.h"

namespace rivulet {

std::string_view Name(FieldKind kind) {
  constexpr std::string_view kNames[] = {"",        "double",   "float",    "int64",  "uint64",  "int32", "fixed64",
                                         "fixed32", "bool",     "string",   "group",  "message", "bytes", "uint32",
                                         "enum",    "sfixed32", "sfixed64", "sint32", "sint64"};
  return kNames[static_cast<size_t>(kind)];
}

WireType WireTypeOf(FieldKind kind) {
  switch (kind) {
    case FieldKind::kDouble:
    case FieldKind::kFixed64:
    case FieldKind::kSfixed64: return WireType::kFixed64;
    case FieldKind::kFloat:
    case FieldKind::kFixed32:
    case FieldKind::kSfixed32: return WireType::kFixed32;
    case FieldKind::kString:
    case FieldKind::kMessage:
    case FieldKind::kBytes: return WireType::kBytes;
    case FieldKind::kGroup: return WireType::kStartGroup;
    default: return WireType::kVarint;
  }
}

bool Fits(FieldKind kind, DType dtype) {
  switch (kind) {
    case FieldKind::kDouble: return dtype == DType::kDouble;
    case FieldKind::kFloat: return dtype == DType::kFloat || dtype == DType::kDouble;
    case FieldKind::kInt64:
    case FieldKind::kSint64:
    case FieldKind::kSfixed64: return dtype == DType::kInt64;
    case FieldKind::kUint64:
    case FieldKind::kFixed64: return dtype == DType::kUint64;
    case FieldKind::kInt32:
    case FieldKind::kSint32:
    case FieldKind::kSfixed32: return dtype == DType::kInt32 || dtype == DType::kInt64;
    case FieldKind::kUint32:
    case FieldKind::kFixed32: return dtype == DType::kUint32 || dtype == DType::kUint64;
    case FieldKind::kBool: return dtype == DType::kBool;
    case FieldKind::kEnum: return dtype == DType::kInt32;
    default: return dtype == DType::kString;
  }
}

const FieldType* MessageType::FindField(std::string_view field) const {
  const auto found = field_by_name.find(field);
  return found == field_by_name.end() ? nullptr : found->second;
}

const FieldType* MessageType::FindExtension(std::string_view full_name) const {
  const auto found = extension_by_name.find(full_name);
  return found == extension_by_name.end() ? nullptr : found->second;
}

const MessageType* MessageTypes::Find(std::string_view full_name) const {
  const auto found = messages_.find(full_name);
  return found == messages_.end() ? nullptr : &found->second;
}

std::string MessageTypes::Names() const {
  std::string out;
  int count = 0;
  for (const auto& [name, type] : messages_) {
    if (type.is_map_entry) continue;
    if (++count > 20) return out + ", ...";
    out += (out.empty() ? "" : ", ") + name;
  }
  return out.empty() ? "none" : out;
}

namespace {

constexpr std::string_view kBytesSource = "bytes://";
constexpr std::string_view kLocalSource = "local://";

}  // namespace

Status CheckDescriptorSource(std::string_view source) {
  if (source.empty() || source == kLocalSource || source.starts_with(kBytesSource)) return Status();
  return InvalidArgument("descriptor_source: a model may not read files by names of its own, got ", Quoted(source),
                         "; want 'bytes://' with the FileDescriptorSet, or 'local://'");
}

Result<std::shared_ptr<const MessageTypes>> TypesOf(std::string_view source) {
  RIVULET_RETURN_IF_ERROR(CheckDescriptorSource(source));
  if (!source.starts_with(kBytesSource)) return MessageTypes::Known();
  auto types = MessageTypes::Parse(source.substr(kBytesSource.size()));
  if (!types.ok()) return std::move(types).status().Framed("descriptor_source");
  return types;
}

bool Unescape(std::string_view text, std::string* out) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : 99;
  };
  size_t at = 0;
  const auto number = [&](int base, size_t most) {
    uint32_t value = 0;
    for (size_t count = 0; count < most && at < text.size() && digit(text[at]) < base; ++count) {
      value = value * static_cast<uint32_t>(base) + static_cast<uint32_t>(digit(text[at++]));
    }
    return value;
  };
  while (at < text.size()) {
    const char c = text[at++];
    if (c != '\\') {
      out->push_back(c);
      continue;
    }
    if (at == text.size()) return false;
    const char e = text[at++];
    constexpr std::string_view kNames = "abfnrtv\\?'\"", kMeanings = "\a\b\f\n\r\t\v\\?'\"";
    if (const size_t i = kNames.find(e); i != std::string_view::npos) {
      out->push_back(kMeanings[i]);
    } else if (e >= '0' && e <= '7') {
      --at;
      out->push_back(static_cast<char>(number(8, 3)));
    } else if ((e == 'x' || e == 'X') && at < text.size() && digit(text[at]) < 16) {
      out->push_back(static_cast<char>(number(16, 2)));
    } else if (e == 'u' || e == 'U') {
      const size_t digits = e == 'u' ? 4 : 8, start = at;
      uint32_t code = number(16, digits);
      if (at - start != digits || code > 0x10FFFF) return false;
      // Two halves of one character beyond 16 bits.
      if (code >= 0xD800 && code < 0xDC00 && text.substr(at).starts_with("\\u")) {
        const size_t second = at;
        at += 2;
        const uint32_t low = number(16, 4);
        if (at - second == 6 && low >= 0xDC00 && low < 0xE000) {
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        } else {
          at = second;
        }
      }
      WriteUtf8(code, out);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace rivulet
