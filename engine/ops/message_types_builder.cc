#include "engine/ops/message_types_builder.h"

#include "engine/base/bit_cast.h"
#include "engine/base/errors.h"
#include "engine/ops/number_text.h"

namespace rivulet {

MessageType* MessageTypesBuilder::AddMessage(const std::string& full_name) {
  if (types_->enums_.count(full_name) != 0) return nullptr;
  const auto [at, is_new] = types_->messages_.try_emplace(full_name);
  at->second.name = full_name;
  return is_new ? &at->second : nullptr;
}

EnumType* MessageTypesBuilder::AddEnum(const std::string& full_name) {
  if (types_->messages_.count(full_name) != 0) return nullptr;
  const auto [at, is_new] = types_->enums_.try_emplace(full_name);
  at->second.name = full_name;
  return is_new ? &at->second : nullptr;
}

// The innermost scope that has the name counts.
template <typename Map>
typename Map::mapped_type* MessageTypesBuilder::Look(Map& map, const std::string& scope, const std::string& name) {
  if (name.starts_with('.')) {
    const auto found = map.find(std::string_view(name).substr(1));
    return found == map.end() ? nullptr : &found->second;
  }
  std::string outer = scope;
  for (;;) {
    const auto found = map.find(outer.empty() ? name : outer + "." + name);
    if (found != map.end()) return &found->second;
    if (outer.empty()) return nullptr;
    const size_t dot = outer.rfind('.');
    outer.resize(dot == std::string::npos ? 0 : dot);
  }
}

Status MessageTypesBuilder::SetDefault(Pending& pending) {
  FieldType& field = pending.field;
  const std::string& text = pending.default_value;
  bool is_good = true;
  const auto integer = [&](auto value) {
    is_good = ReadNumber(text, &value);
    field.default_bits = static_cast<uint64_t>(value);
  };
  switch (field.kind) {
    case FieldKind::kDouble:
    case FieldKind::kFloat: {
      double value = 0;
      is_good = ReadNumber(text, &value);
      field.default_bits = BitCast<uint64_t>(value);
      break;
    }
    case FieldKind::kInt64:
    case FieldKind::kSint64:
    case FieldKind::kSfixed64: integer(int64_t{0}); break;
    case FieldKind::kUint64:
    case FieldKind::kFixed64: integer(uint64_t{0}); break;
    case FieldKind::kInt32:
    case FieldKind::kSint32:
    case FieldKind::kSfixed32: integer(int32_t{0}); break;
    case FieldKind::kUint32:
    case FieldKind::kFixed32: integer(uint32_t{0}); break;
    case FieldKind::kBool:
      is_good = text == "true" || text == "false";
      field.default_bits = text == "true";
      break;
    case FieldKind::kString: field.default_text = text; break;
    case FieldKind::kBytes: is_good = Unescape(text, &field.default_text); break;
    case FieldKind::kEnum: {
      is_good = false;
      for (const auto& [name, number] : field.enumeration->values) {
        if (name != text) continue;
        is_good = true;
        field.default_bits = static_cast<uint64_t>(int64_t{number});
      }
      break;
    }
    default: is_good = false;
  }
  if (is_good) return Status();
  return InvalidArgument("field ", Quoted(field.name), ": ", Quoted(text), " is no default of a ", Name(field.kind));
}

Status MessageTypesBuilder::Resolve(Pending& pending) {
  FieldType& field = pending.field;
  MessageType* owner = Look(types_->messages_, pending.scope, pending.owner);
  if (owner == nullptr) {
    return InvalidArgument("field ", Quoted(field.name), ": no message is called ", Quoted(pending.owner));
  }
  if (field.number == 0 || field.number > 0x1FFFFFFF) {
    return InvalidArgument("field ", Quoted(field.name), ": no field may have number ", field.number);
  }
  if (!pending.has_kind || IsMessage(field.kind) || field.kind == FieldKind::kEnum) {
    field.message = Look(types_->messages_, pending.scope, pending.type_name);
    field.enumeration = Look(types_->enums_, pending.scope, pending.type_name);
    if (!pending.has_kind) field.kind = field.enumeration != nullptr ? FieldKind::kEnum : FieldKind::kMessage;
    if (field.kind == FieldKind::kEnum) {
      field.message = nullptr;
    } else {
      field.enumeration = nullptr;
    }
    if (field.message == nullptr && field.enumeration == nullptr) {
      return InvalidArgument("field ", Quoted(field.name), ": no ", Name(field.kind), " is called ",
                             Quoted(pending.type_name));
    }
  }
  if (IsMessage(field.kind)) field.has_presence = true;
  if (field.enumeration != nullptr) {
    field.default_bits = static_cast<uint64_t>(int64_t{field.enumeration->values.front().second});
  }
  if (field.is_packed && (!field.is_repeated || IsText(field.kind) || IsMessage(field.kind))) field.is_packed = false;
  if (pending.has_default) RIVULET_RETURN_IF_ERROR(SetDefault(pending));
  std::deque<FieldType>& fields = pending.is_extension ? owner->extensions : owner->fields;
  auto& by_name = pending.is_extension ? owner->extension_by_name : owner->field_by_name;
  fields.push_back(std::move(field));
  const FieldType& added = fields.back();
  if (!by_name.emplace(added.name, &added).second) {
    return InvalidArgument("message ", Quoted(owner->name), ": field ", Quoted(added.name), " is there twice");
  }
  if (owner->by_number.emplace(added.number, &added).second) return Status();
  return InvalidArgument("message ", Quoted(owner->name), ": field number ", added.number, " is there twice");
}

Result<std::shared_ptr<const MessageTypes>> MessageTypesBuilder::Build() {
  for (Pending& pending : pending_) RIVULET_RETURN_IF_ERROR(Resolve(pending));
  return std::shared_ptr<const MessageTypes>(std::move(types_));
}

}  // namespace rivulet
