// The types of protobuf messages, as a FileDescriptorSet describes them.
//
//   FileDescriptorSet { file = 1: FileDescriptorProto { package = 2, message_type = 4, enum_type = 5, extension = 7 } }
//
// Syntax proto2 and proto3; files of an edition are refused by name. A type that a file uses must be in the set, but
// the file need not import its file.
#ifndef RIVULET_ENGINE_OPS_MESSAGE_TYPES_H_
#define RIVULET_ENGINE_OPS_MESSAGE_TYPES_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/keyed_hash.h"
#include "engine/base/wire.h"
#include "rivulet/dtype.h"
#include "rivulet/status.h"

namespace rivulet {

// By the numbers that descriptors use.
enum class FieldKind : uint8_t {
  kDouble = 1,
  kFloat,
  kInt64,
  kUint64,
  kInt32,
  kFixed64,
  kFixed32,
  kBool,
  kString,
  kGroup,
  kMessage,
  kBytes,
  kUint32,
  kEnum,
  kSfixed32,
  kSfixed64,
  kSint32,
  kSint64,
};
std::string_view Name(FieldKind kind);
WireType WireTypeOf(FieldKind kind);
inline bool IsText(FieldKind kind) { return kind == FieldKind::kString || kind == FieldKind::kBytes; }
inline bool IsMessage(FieldKind kind) { return kind == FieldKind::kGroup || kind == FieldKind::kMessage; }

// Whether TensorFlow's operators give and take a field of this kind as tensors of the dtype.
bool Fits(FieldKind kind, DType dtype);

struct MessageType;

struct EnumType {
  std::string name;
  bool is_closed = false;  // an unknown number counts as an unknown field
  std::vector<std::pair<std::string, int32_t>> values;
};

struct FieldType {
  std::string name;  // the full one of an extension
  uint32_t number = 0;
  FieldKind kind = FieldKind::kInt32;
  bool is_repeated = false;
  bool is_required = false;
  bool is_packed = false;
  bool has_presence = true;  // zero is written when it was set
  bool wants_utf8 = false;
  int oneof = -1;
  const MessageType* message = nullptr;
  const EnumType* enumeration = nullptr;
  // The default: the bits as the kind's 64-bit value (an integer, or a double), or the text.
  uint64_t default_bits = 0;
  std::string default_text;
};

struct MessageType {
  std::string name;
  bool is_map_entry = false;
  std::deque<FieldType> fields;      // in the order of the file
  std::deque<FieldType> extensions;  // of this message, by any file
  std::unordered_map<uint32_t, const FieldType*> by_number;
  std::unordered_map<std::string_view, const FieldType*, KeyedHash> field_by_name, extension_by_name;

  const FieldType* FindField(std::string_view field) const;
  const FieldType* FindExtension(std::string_view full_name) const;
};

class MessageTypes {
 public:
  // Broken bytes, an unknown type, a name or number that is there twice: INVALID_ARGUMENT.
  static Result<std::shared_ptr<const MessageTypes>> Parse(std::string_view file_descriptor_set);
  // Those that are known without a description; see known_messages.cc.
  static std::shared_ptr<const MessageTypes> Known();

  const MessageType* Find(std::string_view full_name) const;
  std::string Names() const;  // for messages: the first few

 private:
  friend class MessageTypesBuilder;
  std::map<std::string, MessageType, std::less<>> messages_;
  std::map<std::string, EnumType, std::less<>> enums_;
};

// The types of a descriptor_source attribute: "bytes://" and a FileDescriptorSet, or "local://" (or nothing) for the
// known messages. A file's name is refused.
Result<std::shared_ptr<const MessageTypes>> TypesOf(std::string_view descriptor_source);
// Only whether the attribute is of a kind that can be read.
Status CheckDescriptorSource(std::string_view descriptor_source);

// "\n", "\001", "\x1f" and so on as bytes; false when a backslash is followed by something else.
bool Unescape(std::string_view text, std::string* out);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_MESSAGE_TYPES_H_
