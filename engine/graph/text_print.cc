#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "engine/base/errors.h"
#include "engine/graph/text_form.h"

namespace rivulet {
namespace {

bool IsPlain(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '/' || c == '-';
  });
}

void PrintString(std::string& out, std::string_view text) {
  static const char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7F) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void PrintName(std::string& out, std::string_view name) {
  if (IsPlain(name)) {
    out += name;
  } else {
    PrintString(out, name);
  }
}

// The shortest decimal that reads back as the same float.
void PrintFloat(std::string& out, float value) {
  char text[24];
  for (const int precision : {6, 7, 8, 9}) {
    std::snprintf(text, sizeof(text), "%.*g", precision, static_cast<double>(value));
    if (std::strtof(text, nullptr) == value) break;
  }
  out += text;
}

void PrintElement(std::string& out, const Tensor& tensor, int64_t i) {
  switch (tensor.dtype()) {
    case DType::kFloat: return PrintFloat(out, tensor.data<float>()[i]);
    case DType::kDouble: return AppendAny(out, tensor.data<double>()[i]);
    case DType::kHalf: return PrintFloat(out, static_cast<float>(tensor.data<Half>()[i]));
    case DType::kBfloat16: return PrintFloat(out, static_cast<float>(tensor.data<BFloat16>()[i]));
    case DType::kBool: return AppendAny(out, tensor.data<bool>()[i]);
    case DType::kInt8:
    case DType::kQint8: return AppendAny(out, static_cast<int>(tensor.data<int8_t>()[i]));
    case DType::kUint8:
    case DType::kQuint8: return AppendAny(out, static_cast<int>(tensor.data<uint8_t>()[i]));
    case DType::kInt16:
    case DType::kQint16: return AppendAny(out, tensor.data<int16_t>()[i]);
    case DType::kUint16:
    case DType::kQuint16: return AppendAny(out, tensor.data<uint16_t>()[i]);
    case DType::kInt32:
    case DType::kQint32: return AppendAny(out, tensor.data<int32_t>()[i]);
    case DType::kUint32: return AppendAny(out, tensor.data<uint32_t>()[i]);
    case DType::kInt64: return AppendAny(out, tensor.data<int64_t>()[i]);
    case DType::kUint64: return AppendAny(out, tensor.data<uint64_t>()[i]);
    case DType::kString: return PrintString(out, tensor.data<std::string>()[i]);
    case DType::kComplex64: {
      const Complex64 value = tensor.data<Complex64>()[i];
      PrintFloat(out, value.real());
      out += ' ';
      return PrintFloat(out, value.imag());
    }
    case DType::kComplex128: {
      const Complex128 value = tensor.data<Complex128>()[i];
      AppendAny(out, value.real());
      out += ' ';
      return AppendAny(out, value.imag());
    }
    default: out += '?';
  }
}

void PrintTensor(std::string& out, const TensorLiteral& literal, const PrintOptions& options) {
  out += Name(literal.dtype);
  out += literal.shape.ToString();
  out += '{';
  Tensor prefix = literal.prefix;
  auto allocator = Allocator::Create();
  if (prefix.valid() && !prefix.is_aligned()) {
    auto aligned = Clone(prefix, *allocator);
    if (aligned.ok()) prefix = *aligned;
  }
  const int64_t count = prefix.num_elements();
  const int64_t shown = options.max_elements < 0 ? count : std::min(count, options.max_elements);
  for (int64_t i = 0; i < shown; ++i) {
    if (i > 0) out += ", ";
    PrintElement(out, prefix, i);
  }
  out += shown < count ? ", ...}" : "}";
}

void PrintAttrs(std::string& out, const AttrMap& attrs, const PrintOptions& options);

void PrintFunction(std::string& out, const FunctionCall& call, const PrintOptions& options) {
  out += '@';
  PrintName(out, call.name);
  if (call.attrs != nullptr && call.attrs->size() > 0) PrintAttrs(out, *call.attrs, options);
}

template <typename Range, typename Print>
void PrintList(std::string& out, std::string_view kind, const Range& range, const Print& print) {
  out += kind;
  out += '[';
  bool first = true;
  for (const auto& element : range) {
    if (!first) out += ", ";
    print(element);
    first = false;
  }
  out += ']';
}

void PrintAttrList(std::string& out, const AttrList& list, const PrintOptions& options) {
  if (!list.strings.empty())
    return PrintList(out, "strings", list.strings, [&](const std::string& s) { PrintString(out, s); });
  if (!list.ints.empty()) return PrintList(out, "ints", list.ints, [&](int64_t v) { AppendAny(out, v); });
  if (!list.floats.empty()) return PrintList(out, "floats", list.floats, [&](float v) { PrintFloat(out, v); });
  if (!list.bools.empty()) return PrintList(out, "bools", list.bools, [&](bool v) { AppendAny(out, v); });
  if (!list.types.empty()) return PrintList(out, "types", list.types, [&](DType t) { out += Name(t); });
  if (!list.shapes.empty())
    return PrintList(out, "shapes", list.shapes, [&](const Shape& s) { out += "shape" + s.ToString(); });
  if (!list.tensors.empty()) {
    return PrintList(out, "tensors", list.tensors, [&](const auto& t) { PrintTensor(out, *t, options); });
  }
  if (!list.functions.empty()) {
    return PrintList(out, "functions", list.functions, [&](const FunctionCall& f) { PrintFunction(out, f, options); });
  }
  out += "list[]";
}

void PrintValue(std::string& out, const AttrValue& value, const PrintOptions& options) {
  if (const auto* s = std::get_if<std::string>(&value)) return PrintString(out, *s);
  if (const auto* i = std::get_if<int64_t>(&value)) return AppendAny(out, *i);
  if (const auto* f = std::get_if<float>(&value)) {
    PrintFloat(out, *f);
    out += 'f';
    return;
  }
  if (const auto* b = std::get_if<bool>(&value)) return AppendAny(out, *b);
  if (const auto* t = std::get_if<DType>(&value)) {
    out += IsKnown(*t) ? std::string(Name(*t)) : Cat("type", static_cast<int>(*t));
    return;
  }
  if (const auto* s = std::get_if<Shape>(&value)) {
    out += "shape" + s->ToString();
    return;
  }
  if (const auto* t = std::get_if<std::shared_ptr<const TensorLiteral>>(&value)) return PrintTensor(out, **t, options);
  if (const auto* l = std::get_if<std::shared_ptr<const AttrList>>(&value)) return PrintAttrList(out, **l, options);
  if (const auto* f = std::get_if<FunctionCall>(&value)) return PrintFunction(out, *f, options);
  if (const auto* p = std::get_if<AttrPlaceholder>(&value)) {
    out += '$';
    return PrintName(out, p->name);
  }
  out += "none";
}

void PrintAttrs(std::string& out, const AttrMap& attrs, const PrintOptions& options) {
  out += '{';
  bool first = true;
  for (const auto& [name, value] : attrs) {
    if (!first) out += ", ";
    PrintName(out, name);
    out += '=';
    PrintValue(out, value, options);
    first = false;
  }
  out += '}';
}

}  // namespace

std::string PrintNode(const Graph& graph, const Node& node, const PrintOptions& options) {
  std::string out;
  PrintName(out, node.name);
  out += " = ";
  PrintName(out, node.op);
  out += '(';
  bool first = true;
  for (const Edge& edge : node.inputs) {
    if (!first) out += ", ";
    PrintName(out, graph.node(edge.node).name);
    if (edge.slot != 0) out += Cat(":", edge.slot);
    first = false;
  }
  for (const int32_t control : node.control_inputs) {
    if (!first) out += ", ";
    out += '^';
    PrintName(out, graph.node(control).name);
    first = false;
  }
  out += ')';
  if (node.attrs.size() > 0) {
    out += ' ';
    PrintAttrs(out, node.attrs, options);
  }
  if (options.facts) {
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      out += i == 0 ? " -> " : ", ";
      out += Name(node.outputs[i].dtype);
      out += node.outputs[i].shape.ToString();
    }
  }
  return out;
}

std::string PrintGraph(const Graph& graph, const PrintOptions& options) {
  std::string out;
  for (const Node& node : graph.nodes()) out += PrintNode(graph, node, options) + "\n";
  return out;
}

}  // namespace rivulet
