#include "engine/import/attr_value.h"

#include "engine/base/bit_cast.h"
#include <cstring>

#include "engine/graph/tensor_proto.h"

namespace rivulet {
namespace {

Status ReadFunctionCall(WireCursor message, const AttrSource& source, int depth, FunctionCall* call) {
  std::vector<AttrMap::Entry> entries;
  while (message.Next()) {
    if (message.field() == 1) {
      call->name = std::string(message.Text());
    } else if (message.field() == 2) {
      RIVULET_RETURN_IF_ERROR(ReadAttrEntry(message.Message(), source, depth + 1, &entries.emplace_back()));
    } else {
      message.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(message.status());
  auto attrs = std::make_shared<AttrMap>();
  attrs->Assign(entries);
  call->attrs = std::move(attrs);
  return Status();
}

Status ReadList(WireCursor message, const AttrSource& source, int depth, AttrList* list) {
  Status nested;
  while (message.Next() && nested.ok()) {
    switch (message.field()) {
      case 2: list->strings.emplace_back(message.Text()); break;
      case 3: ReadRepeatedVarints(message, [&](uint64_t v) { list->ints.push_back(static_cast<int64_t>(v)); }); break;
      case 4:
        if (message.type() == WireType::kBytes) {
          const std::span<const uint8_t> packed = message.Bytes();
          if (packed.size() % 4 != 0) {
            message.Fail(DataLoss("offset ", message.OffsetOf(packed.data()), ": packed floats are not whole"));
            break;
          }
          for (size_t i = 0; i < packed.size(); i += 4) {
            float value;
            std::memcpy(&value, packed.data() + i, 4);
            list->floats.push_back(value);
          }
        } else {
          list->floats.push_back(BitCast<float>(message.Fixed32()));
        }
        break;
      case 5: ReadRepeatedVarints(message, [&](uint64_t v) { list->bools.push_back(v != 0); }); break;
      case 6:
        ReadRepeatedVarints(message,
                            [&](uint64_t v) { list->types.push_back(DTypeFromFile(static_cast<int32_t>(v))); });
        break;
      case 7: list->shapes.push_back(ReadShape(message.Message(), source.limits, &nested)); break;
      case 8:
        list->tensors.push_back(
            std::make_shared<const TensorLiteral>(ReadTensor(message.Message(), source.owner, source.limits, &nested)));
        break;
      case 9: nested = ReadFunctionCall(message.Message(), source, depth + 1, &list->functions.emplace_back()); break;
      default: message.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(nested);
  return message.status();
}

Status ReadValue(WireCursor message, const AttrSource& source, int depth, AttrValue* value) {
  if (depth > source.limits.nesting_depth) {
    return InvalidArgument("offset ", message.offset(), ": attributes nested deeper than ",
                           source.limits.nesting_depth);
  }
  Status nested;
  while (message.Next() && nested.ok()) {
    switch (message.field()) {
      case 1: {
        auto list = std::make_shared<AttrList>();
        nested = ReadList(message.Message(), source, depth + 1, list.get());
        *value = std::shared_ptr<const AttrList>(std::move(list));
        break;
      }
      case 2: *value = std::string(message.Text()); break;
      case 3: *value = message.Int(); break;
      case 4: *value = BitCast<float>(message.Fixed32()); break;
      case 5: *value = message.Bool(); break;
      case 6: *value = DTypeFromFile(message.Int32()); break;
      case 7: *value = ReadShape(message.Message(), source.limits, &nested); break;
      case 8:
        *value = std::shared_ptr<const TensorLiteral>(
            std::make_shared<const TensorLiteral>(ReadTensor(message.Message(), source.owner, source.limits, &nested)));
        break;
      case 9: *value = AttrPlaceholder{std::string(message.Text())}; break;
      case 10: {
        FunctionCall call;
        nested = ReadFunctionCall(message.Message(), source, depth + 1, &call);
        *value = std::move(call);
        break;
      }
      default: message.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(nested);
  return message.status();
}

}  // namespace

Status ReadAttrEntry(WireCursor entry, const AttrSource& source, int depth, AttrMap::Entry* out) {
  while (entry.Next()) {
    if (entry.field() == 1) {
      out->first = std::string(entry.Text());
    } else if (entry.field() == 2) {
      Status status = ReadValue(entry.Message(), source, depth + 1, &out->second);
      if (!status.ok()) return std::move(status).Framed(Cat("attr ", Quoted(out->first)));
    } else {
      entry.Skip();
    }
  }
  if (entry.status().ok() && out->first.empty()) return InvalidArgument("an attribute without a name");
  return entry.status();
}

}  // namespace rivulet
