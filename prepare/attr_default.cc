#include "prepare/attr_default.h"

#include "engine/base/errors.h"
#include "engine/ops/op.h"
#include "engine/ops/signature.h"
#include "prepare/wire_writer.h"

namespace rivulet::prepare {
namespace {

// Of AttrValue and AttrValue.ListValue.
enum : uint32_t { kList = 1 };
enum : uint32_t { kStrings = 2, kFloats = 4, kBools = 5 };

Attr ListOf(const std::string& elements) {
  auto bytes = std::make_shared<std::string>();
  AppendBytes(kList, elements, bytes.get());
  const std::string_view view = *bytes;
  return Attr(view, std::move(bytes));
}

Attr ToAttr(const AttrList& list) {
  std::string elements;
  if (!list.ints.empty()) return Attr::OfInts(list.ints);
  if (!list.types.empty()) return Attr::OfTypes(list.types);
  for (const std::string& text : list.strings) AppendBytes(kStrings, text, &elements);
  for (const float value : list.floats) AppendFloat(kFloats, value, &elements);
  for (const bool value : list.bools) AppendInt(kBools, value ? 1 : 0, &elements);
  return ListOf(elements);
}

// Nothing for kinds that no definition has a default of: tensors, functions.
std::optional<Attr> ToAttr(const AttrValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return Attr::OfString(*text);
  if (const auto* number = std::get_if<int64_t>(&value)) return Attr::OfInt(*number);
  if (const auto* number = std::get_if<float>(&value)) return Attr::OfFloat(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return Attr::OfBool(*flag);
  if (const auto* type = std::get_if<DType>(&value)) return Attr::OfType(*type);
  if (const auto* shape = std::get_if<Shape>(&value)) return Attr::OfShape(*shape);
  if (const auto* list = std::get_if<std::shared_ptr<const AttrList>>(&value)) {
    return *list == nullptr ? ListOf("") : ToAttr(**list);
  }
  return std::nullopt;
}

}  // namespace

Status AddDefaultAttributes(NodeDef& node) {
  const OpDef* def = FindOp(node.op);
  if (def == nullptr) {
    return Unimplemented("node '", node.name, "': the attributes of operator '", node.op, "' are not known");
  }
  for (const AttrSpec& spec : SignatureOf(*def).attrs) {
    if (!spec.has_default || node.Find(spec.name) != nullptr) continue;
    std::optional<Attr> value = ToAttr(spec.default_value);
    if (!value && spec.kind == AttrKind::kList) value = ListOf("");
    if (value) node.attrs.emplace(spec.name, std::move(*value));
  }
  return Status();
}

}  // namespace rivulet::prepare
