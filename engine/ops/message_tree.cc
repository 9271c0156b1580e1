#include "engine/ops/message_tree.h"

#include <algorithm>

#include "engine/base/bit_cast.h"
#include "engine/base/errors.h"
#include "engine/ops/unicode_codec.h"
#include "engine/ops/wire_writer.h"

namespace rivulet {
namespace {

std::span<const uint8_t> BytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

int64_t UnZigZag(uint64_t value) { return static_cast<int64_t>(value >> 1 ^ (0 - (value & 1))); }
uint64_t ZigZag(int64_t value) { return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63); }

// The value of a number as the wire has it.
uint64_t FromWire(FieldKind kind, uint64_t raw) {
  const auto low = static_cast<uint32_t>(raw);
  switch (kind) {
    case FieldKind::kInt32:
    case FieldKind::kEnum:
    case FieldKind::kSfixed32: return static_cast<uint64_t>(int64_t{static_cast<int32_t>(low)});
    case FieldKind::kUint32: return low;
    case FieldKind::kBool: return raw != 0;
    case FieldKind::kSint32: return static_cast<uint64_t>(UnZigZag(low));
    case FieldKind::kSint64: return static_cast<uint64_t>(UnZigZag(raw));
    default: return raw;
  }
}

uint64_t ToWire(FieldKind kind, uint64_t bits) {
  switch (kind) {
    case FieldKind::kSint32: return static_cast<uint32_t>(ZigZag(static_cast<int64_t>(bits)));
    case FieldKind::kSint64: return ZigZag(static_cast<int64_t>(bits));
    default: return bits;
  }
}

class Reader {
 public:
  explicit Reader(std::string_view all) : all_(BytesOf(all)) {}

  // The fields of one message or group.
  Status Message(WireCursor wire, int depth, MessageTree* tree) {
    if (depth > MessageTree::kDeepest) {
      return InvalidArgument("messages nested deeper than ", MessageTree::kDeepest);
    }
    while (wire.Next()) {
      const auto known = tree->type->by_number.find(wire.field());
      const FieldType* field = known == tree->type->by_number.end() ? nullptr : known->second;
      const bool is_packed = field != nullptr && field->is_repeated && wire.type() == WireType::kBytes &&
                             WireTypeOf(field->kind) != WireType::kBytes && field->kind != FieldKind::kGroup;
      if (field == nullptr || (wire.type() != WireTypeOf(field->kind) && !is_packed)) {
        RIVULET_RETURN_IF_ERROR(Unknown(&wire, tree));
        continue;
      }
      if (is_packed) {
        RIVULET_RETURN_IF_ERROR(Packed(&wire, *field, tree));
        continue;
      }
      MessageTree::Value value;
      if (IsText(field->kind)) {
        value.text = wire.Text();
        if (field->wants_utf8 && !IsUtf8(value.text)) {
          return InvalidArgument("field ", Quoted(field->name), ": ", Quoted(value.text), " is no UTF-8");
        }
      } else if (IsMessage(field->kind)) {
        const WireCursor inner = field->kind == FieldKind::kGroup ? Group(&wire) : wire.Message();
        RIVULET_RETURN_IF_ERROR(wire.status());
        std::unique_ptr<MessageTree>* at = &value.message;
        // Two messages of one field that is not repeated are merged.
        if (!field->is_repeated) {
          ClearOneof(*field, tree);
          std::vector<MessageTree::Value>& values = tree->fields[field];
          values.resize(1);
          at = &values[0].message;
        }
        if (*at == nullptr) *at = std::make_unique<MessageTree>(field->message);
        RIVULET_RETURN_IF_ERROR(Message(inner, depth + 1, at->get()));
        if (!field->is_repeated) continue;
      } else {
        value.bits = FromWire(field->kind, Number(&wire));
      }
      RIVULET_RETURN_IF_ERROR(wire.status());
      Put(*field, std::move(value), tree);
    }
    return wire.status();
  }

 private:
  static uint64_t Number(WireCursor* wire) {
    switch (wire->type()) {
      case WireType::kVarint: return wire->Varint();
      case WireType::kFixed32: return wire->Fixed32();
      default: return wire->Fixed64();
    }
  }

  static void Put(const FieldType& field, MessageTree::Value value, MessageTree* tree) {
    if (field.enumeration != nullptr && field.enumeration->is_closed) {
      const auto& values = field.enumeration->values;
      const auto number = static_cast<int32_t>(value.bits);
      if (std::none_of(values.begin(), values.end(), [&](const auto& one) { return one.second == number; })) {
        WireWriter(&tree->unknown).Int(field.number, static_cast<int64_t>(value.bits));
        return;
      }
    }
    if (!field.is_repeated) ClearOneof(field, tree);
    std::vector<MessageTree::Value>& values = tree->fields[&field];
    if (!field.is_repeated) values.clear();
    values.push_back(std::move(value));
  }

  static Status Packed(WireCursor* wire, const FieldType& field, MessageTree* tree) {
    const WireType type = WireTypeOf(field.kind);
    std::span<const uint8_t> bytes = wire->Bytes();
    RIVULET_RETURN_IF_ERROR(wire->status());
    while (!bytes.empty()) {
      MessageTree::Value value;
      uint64_t raw = 0;
      size_t used = 0;
      if (type == WireType::kVarint) {
        do {
          if (used == bytes.size() || used == 10)
            return InvalidArgument("field ", Quoted(field.name), ": bad packed numbers");
          raw |= static_cast<uint64_t>(bytes[used] & 0x7F) << (7 * used);
        } while (bytes[used++] >= 0x80);
      } else {
        used = type == WireType::kFixed32 ? 4 : 8;
        if (bytes.size() < used) return InvalidArgument("field ", Quoted(field.name), ": packed numbers are not whole");
        for (size_t i = 0; i < used; ++i) raw |= uint64_t{bytes[i]} << (8 * i);
      }
      value.bits = FromWire(field.kind, raw);
      Put(field, std::move(value), tree);
      bytes = bytes.subspan(used);
    }
    return Status();
  }

  // What is between the tags of the group that begins here. The end's tag must have its shortest form, so that what is
  // before it is known.
  WireCursor Group(WireCursor* wire) {
    const uint64_t start = wire->offset();
    std::string end;
    WireWriter(&end).Tag(wire->field(), 4);
    wire->Skip();
    if (!wire->status().ok()) return WireCursor({}, 0);
    const std::span<const uint8_t> group = all_.subspan(start, wire->offset() - start);
    if (group.size() < end.size() ||
        !std::equal(end.begin(), end.end(), group.end() - static_cast<ptrdiff_t>(end.size()),
                    [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; })) {
      wire->Fail(InvalidArgument("offset ", wire->offset(), ": a group's end is written too long"));
      return WireCursor({}, 0);
    }
    return WireCursor(group.first(group.size() - end.size()), start);
  }

  Status Unknown(WireCursor* wire, MessageTree* tree) {
    const uint32_t field = wire->field();
    WireWriter out(&tree->unknown);
    switch (wire->type()) {
      case WireType::kVarint: out.Int(field, wire->Int()); break;
      case WireType::kFixed64: out.Fixed64(field, wire->Fixed64()); break;
      case WireType::kFixed32: out.Fixed32(field, wire->Fixed32()); break;
      case WireType::kBytes: out.Bytes(field, wire->Text()); break;
      default: {
        const uint64_t start = wire->offset();
        wire->Skip();
        RIVULET_RETURN_IF_ERROR(wire->status());
        out.Tag(field, 3);
        const std::span<const uint8_t> group = all_.subspan(start, wire->offset() - start);
        tree->unknown.append(reinterpret_cast<const char*>(group.data()), group.size());
      }
    }
    return wire->status();
  }

  std::span<const uint8_t> all_;
};

}  // namespace

void ClearOneof(const FieldType& field, MessageTree* tree) {
  if (field.oneof < 0) return;
  std::erase_if(tree->fields, [&](const auto& one) { return one.first != &field && one.first->oneof == field.oneof; });
}

Status CheckRequired(const MessageTree& tree) {
  for (const FieldType& field : tree.type->fields) {
    if (!field.is_required || tree.fields.count(&field) != 0) continue;
    return InvalidArgument("message ", Quoted(tree.type->name), ": the required field ", Quoted(field.name),
                           " is missing");
  }
  for (const auto& [field, values] : tree.fields) {
    if (!IsMessage(field->kind)) continue;
    for (const MessageTree::Value& value : values) RIVULET_RETURN_IF_ERROR(CheckRequired(*value.message));
  }
  return Status();
}

Status ReadMessage(std::string_view bytes, MessageTree* tree) {
  Status status = Reader(bytes).Message(WireCursor(BytesOf(bytes), 0), 0, tree);
  if (!status.ok()) return InvalidArgument("this is no ", tree->type->name, ": ", status.message());
  return CheckRequired(*tree);
}

namespace {

void WriteNumber(FieldKind kind, uint64_t bits, WireWriter* out) {
  switch (WireTypeOf(kind)) {
    case WireType::kVarint: out->BareVarint(ToWire(kind, bits)); break;
    case WireType::kFixed32: out->BareFixed32(static_cast<uint32_t>(bits)); break;
    default: out->BareFixed64(bits); break;
  }
}

void WriteOne(const FieldType& field, const MessageTree::Value& value, std::string* out) {
  WireWriter writer(out);
  if (IsText(field.kind)) {
    writer.Bytes(field.number, value.text);
  } else if (IsMessage(field.kind)) {
    std::string inner;
    WriteMessage(*value.message, &inner);
    if (field.kind == FieldKind::kGroup) {
      writer.Group(field.number, inner);
    } else {
      writer.Bytes(field.number, inner);
    }
  } else {
    writer.Tag(field.number, static_cast<uint32_t>(WireTypeOf(field.kind)));
    WriteNumber(field.kind, value.bits, &writer);
  }
}

// Key and value of a map's entry are written even where they were left out.
void WriteEntry(const MessageTree& tree, std::string* out) {
  for (const FieldType& field : tree.type->fields) {
    const auto found = tree.fields.find(&field);
    if (found != tree.fields.end()) {
      WriteOne(field, found->second.back(), out);
      continue;
    }
    MessageTree::Value nothing;
    if (IsMessage(field.kind)) nothing.message = std::make_unique<MessageTree>(field.message);
    WriteOne(field, nothing, out);
  }
}

}  // namespace

void WriteMessage(const MessageTree& tree, std::string* out) {
  if (tree.type->is_map_entry) {
    WriteEntry(tree, out);
    out->append(tree.unknown);
    return;
  }
  for (const auto& [field, values] : tree.fields) {
    if (field->is_packed) {
      std::string packed;
      WireWriter writer(&packed);
      for (const MessageTree::Value& value : values) WriteNumber(field->kind, value.bits, &writer);
      if (!values.empty()) WireWriter(out).Bytes(field->number, packed);
      continue;
    }
    for (const MessageTree::Value& value : values) {
      const bool is_zero = value.bits == 0 && value.text.empty();
      if (!field->has_presence && !field->is_repeated && is_zero) continue;
      WriteOne(*field, value, out);
    }
  }
  out->append(tree.unknown);
}

}  // namespace rivulet
