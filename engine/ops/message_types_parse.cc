// A FileDescriptorSet read into MessageTypes.
//
//   DescriptorProto { name = 1, field = 2, nested_type = 3, enum_type = 4, extension = 6, options = 7 { map_entry = 7 }
//   } FieldDescriptorProto { name = 1, extendee = 2, number = 3, label = 4, type = 5, type_name = 6, default_value = 7,
//                          options = 8 { packed = 2 }, oneof_index = 9, proto3_optional = 17 }
//   EnumDescriptorProto { name = 1, value = 2 { name = 1, number = 2 } }
#include <set>

#include "engine/base/errors.h"
#include "engine/ops/message_types_builder.h"

namespace rivulet {
namespace {

constexpr int kDeepest = 32;  // messages within messages, as protobuf's own limit

class Parser {
 public:
  Status File(WireCursor file) {
    std::string package, name;
    std::string_view syntax;
    std::vector<WireCursor> messages, enums, extensions;
    std::vector<std::string> imports;
    while (file.Next()) {
      switch (file.field()) {
        case 1: name = file.Text(); break;
        case 2: package = file.Text(); break;
        case 3: imports.emplace_back(file.Text()); break;
        case 4: messages.push_back(file.Message()); break;
        case 5: enums.push_back(file.Message()); break;
        case 7: extensions.push_back(file.Message()); break;
        case 12: syntax = file.Text(); break;
        default: file.Skip();
      }
    }
    RIVULET_RETURN_IF_ERROR(file.status());
    for (const std::string& import : imports) {
      if (files_.count(import) != 0) continue;
      return InvalidArgument("file ", Quoted(name), ": it imports ", Quoted(import), ", which is not before it");
    }
    if (!files_.insert(name).second) return InvalidArgument("file ", Quoted(name), " is there twice");
    if (!syntax.empty() && syntax != "proto2" && syntax != "proto3") {
      return InvalidArgument("file ", Quoted(name), ": want syntax 'proto2' or 'proto3', got ", Quoted(syntax));
    }
    is_proto3_ = syntax == "proto3";
    for (const WireCursor& one : messages) RIVULET_RETURN_IF_ERROR(Message(one, package, 0));
    for (const WireCursor& one : enums) RIVULET_RETURN_IF_ERROR(Enum(one, package));
    for (const WireCursor& one : extensions) RIVULET_RETURN_IF_ERROR(Field(one, package, ""));
    return Status();
  }

  MessageTypesBuilder builder;

 private:
  static std::string Within(const std::string& scope, std::string_view name) {
    return scope.empty() ? std::string(name) : Cat(scope, ".", name);
  }

  Status Message(WireCursor message, const std::string& scope, int depth) {
    if (depth == kDeepest) return InvalidArgument("messages nested deeper than ", kDeepest);
    std::string_view name;
    bool is_map_entry = false;
    std::vector<WireCursor> fields, messages, enums, extensions;
    while (message.Next()) {
      switch (message.field()) {
        case 1: name = message.Text(); break;
        case 2: fields.push_back(message.Message()); break;
        case 3: messages.push_back(message.Message()); break;
        case 4: enums.push_back(message.Message()); break;
        case 6: extensions.push_back(message.Message()); break;
        case 7: {
          WireCursor options = message.Message();
          while (options.Next()) {
            if (options.field() == 7) {
              is_map_entry = options.Bool();
            } else {
              options.Skip();
            }
          }
          RIVULET_RETURN_IF_ERROR(options.status());
          break;
        }
        default: message.Skip();
      }
    }
    RIVULET_RETURN_IF_ERROR(message.status());
    if (name.empty()) return InvalidArgument("a message has no name");
    const std::string full_name = Within(scope, name);
    MessageType* type = builder.AddMessage(full_name);
    if (type == nullptr) return InvalidArgument("the name ", Quoted(full_name), " is there twice");
    type->is_map_entry = is_map_entry;
    for (const WireCursor& one : messages) RIVULET_RETURN_IF_ERROR(Message(one, full_name, depth + 1));
    for (const WireCursor& one : enums) RIVULET_RETURN_IF_ERROR(Enum(one, full_name));
    for (const WireCursor& one : fields) RIVULET_RETURN_IF_ERROR(Field(one, full_name, full_name));
    for (const WireCursor& one : extensions) RIVULET_RETURN_IF_ERROR(Field(one, full_name, ""));
    return Status();
  }

  Status Enum(WireCursor wire, const std::string& scope) {
    EnumType read;
    std::string_view name;
    while (wire.Next()) {
      if (wire.field() == 1) {
        name = wire.Text();
      } else if (wire.field() == 2) {
        WireCursor value = wire.Message();
        std::pair<std::string, int32_t> one;
        while (value.Next()) {
          switch (value.field()) {
            case 1: one.first = value.Text(); break;
            case 2: one.second = value.Int32(); break;
            default: value.Skip();
          }
        }
        RIVULET_RETURN_IF_ERROR(value.status());
        read.values.push_back(std::move(one));
      } else {
        wire.Skip();
      }
    }
    RIVULET_RETURN_IF_ERROR(wire.status());
    const std::string full_name = Within(scope, name);
    if (name.empty() || read.values.empty()) return InvalidArgument("enum ", Quoted(full_name), " has no values");
    EnumType* type = builder.AddEnum(full_name);
    if (type == nullptr) return InvalidArgument("the name ", Quoted(full_name), " is there twice");
    type->is_closed = !is_proto3_;
    type->values = std::move(read.values);
    return Status();
  }

  // A field of `owner`, or an extension when that is empty.
  Status Field(WireCursor wire, const std::string& scope, const std::string& owner) {
    MessageTypesBuilder::Pending pending;
    FieldType& field = pending.field;
    int32_t number = 0, label = 1, type = 0, oneof = -1, packed = -1;
    bool is_optional = false;
    while (wire.Next()) {
      switch (wire.field()) {
        case 1: field.name = wire.Text(); break;
        case 2: pending.owner = wire.Text(); break;
        case 3: number = wire.Int32(); break;
        case 4: label = wire.Int32(); break;
        case 5: type = wire.Int32(); break;
        case 6: pending.type_name = wire.Text(); break;
        case 7:
          pending.default_value = wire.Text();
          pending.has_default = true;
          break;
        case 8: {
          WireCursor options = wire.Message();
          while (options.Next()) {
            if (options.field() == 2) {
              packed = options.Bool() ? 1 : 0;
            } else {
              options.Skip();
            }
          }
          RIVULET_RETURN_IF_ERROR(options.status());
          break;
        }
        case 9: oneof = wire.Int32(); break;
        case 17: is_optional = wire.Bool(); break;
        default: wire.Skip();
      }
    }
    RIVULET_RETURN_IF_ERROR(wire.status());
    if (field.name.empty()) return InvalidArgument("a field of ", Quoted(scope), " has no name");
    if (type < 0 || type > 18) return InvalidArgument("field ", Quoted(field.name), ": no type has number ", type);
    if (label < 1 || label > 3) return InvalidArgument("field ", Quoted(field.name), ": no label has number ", label);
    pending.scope = scope;
    pending.is_extension = owner.empty();
    if (pending.is_extension) {
      field.name = Within(scope, field.name);
    } else {
      pending.owner = "." + owner;
    }
    pending.has_kind = type != 0;
    field.kind = type == 0 ? FieldKind::kMessage : static_cast<FieldKind>(type);
    field.number = number < 0 ? 0 : static_cast<uint32_t>(number);
    field.is_repeated = label == 3;
    field.is_required = label == 2;
    field.is_packed = packed < 0 ? is_proto3_ && field.is_repeated : packed == 1;
    field.oneof = oneof;
    field.has_presence = !is_proto3_ || is_optional || oneof >= 0 || pending.is_extension;
    field.wants_utf8 = is_proto3_ && field.kind == FieldKind::kString;
    builder.AddField(std::move(pending));
    return Status();
  }

  std::set<std::string> files_;
  bool is_proto3_ = false;
};

}  // namespace

Result<std::shared_ptr<const MessageTypes>> MessageTypes::Parse(std::string_view bytes) {
  Parser parser;
  WireCursor set({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, 0);
  while (set.Next()) {
    if (set.field() != 1) {
      set.Skip();
      continue;
    }
    RIVULET_RETURN_IF_ERROR(parser.File(set.Message()));
  }
  if (!set.status().ok()) return InvalidArgument("this is no FileDescriptorSet: ", set.status().message());
  return parser.builder.Build();
}

}  // namespace rivulet
