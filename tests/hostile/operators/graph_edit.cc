#include "tests/hostile/operators/graph_edit.h"

#include <algorithm>

#include "engine/base/wire.h"
#include "tests/golden/rewrite.h"
#include "tests/hostile/wire_builder.h"

namespace rivulet::hostile {
namespace {

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Calls `field(number, whole, content)` for each field of the message; content is that of a length-delimited one.
template <typename F>
Status ForEachField(std::string_view message, const F& field) {
  WireCursor cursor(AsBytes(message), 0);
  size_t begin = 0;
  while (cursor.Next()) {
    const uint32_t number = cursor.field();
    std::string_view content;
    if (cursor.type() == WireType::kBytes) {
      content = cursor.Text();
    } else {
      cursor.Skip();
    }
    const size_t end = static_cast<size_t>(cursor.offset());
    field(number, message.substr(begin, end - begin), content);
    begin = end;
  }
  return cursor.status();
}

Result<EditNode> TakeNodeApart(std::string_view message) {
  EditNode node;
  RIVULET_RETURN_IF_ERROR(ForEachField(message, [&](uint32_t number, std::string_view whole, std::string_view content) {
    if (number == 1) {
      node.name = content;
    } else if (number == 2) {
      node.op = content;
    } else if (number == 3) {
      node.inputs.emplace_back(content);
    } else if (number == 5) {
      auto& attr = node.attrs.emplace_back();
      const Status entry = ForEachField(content, [&](uint32_t part, std::string_view, std::string_view text) {
        if (part == 1) attr.first = text;
        if (part == 2) attr.second = text;
      });
      if (!entry.ok()) node.attrs.pop_back();
    } else {
      node.rest += whole;
    }
  }));
  return node;
}

std::string PutNodeTogether(const EditNode& node) {
  Wire out;
  out.Bytes(1, node.name).Bytes(2, node.op);
  for (const std::string& input : node.inputs) out.Bytes(3, input);
  for (const auto& [name, value] : node.attrs) out.Raw(Attr(name, value));
  return out.Raw(node.rest).str();
}

std::string ShapeMessage(std::span<const int64_t> dims) {
  Wire shape;
  for (const int64_t dim : dims) shape.Bytes(2, Wire().Int(1, static_cast<uint64_t>(dim)).str());
  return shape.str();
}

}  // namespace

const std::string* EditNode::FindAttr(std::string_view attr) const {
  for (const auto& [name, value] : attrs) {
    if (name == attr) return &value;
  }
  return nullptr;
}

void EditNode::SetAttr(std::string_view attr, std::string value) {
  DropAttr(attr);
  attrs.emplace_back(attr, std::move(value));
}

void EditNode::DropAttr(std::string_view attr) {
  std::erase_if(attrs, [&](const auto& entry) { return entry.first == attr; });
}

EditNode* EditGraph::Find(std::string_view name) {
  for (EditNode& node : nodes) {
    if (node.name == name) return &node;
  }
  return nullptr;
}

Result<EditGraph> TakeApart(std::span<const uint8_t> bytes) {
  EditGraph graph;
  Status broken;
  const std::string_view message(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  RIVULET_RETURN_IF_ERROR(ForEachField(message, [&](uint32_t number, std::string_view whole, std::string_view content) {
    if (number != 1) {
      graph.rest += whole;
      return;
    }
    auto node = TakeNodeApart(content);
    if (node.ok()) {
      graph.nodes.push_back(std::move(*node));
    } else {
      broken = node.status();
    }
  }));
  RIVULET_RETURN_IF_ERROR(broken);
  return graph;
}

std::string PutTogether(const EditGraph& graph) {
  Wire out;
  for (const EditNode& node : graph.nodes) out.Bytes(1, PutNodeTogether(node));
  return out.Raw(graph.rest).str();
}

EditNode NewNode(std::string name, std::string op, std::vector<std::string> inputs) {
  EditNode node;
  node.name = std::move(name);
  node.op = std::move(op);
  node.inputs = std::move(inputs);
  return node;
}

EditNode ConstOf(const std::string& name, const Tensor& value) {
  const golden::Bytes bytes = golden::ConstNode(name, value);
  auto node = TakeNodeApart({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return node.ok() ? std::move(*node) : EditNode();
}

EditNode PlaceholderOf(const std::string& name, DType dtype) {
  EditNode node = NewNode(name, "Placeholder");
  node.SetAttr("dtype", TypeValue(static_cast<int64_t>(dtype)));
  return node;
}

EditNode SplatOf(const std::string& name, DType dtype, std::span<const int64_t> dims) {
  EditNode node = NewNode(name, "Const");
  node.SetAttr("dtype", TypeValue(static_cast<int64_t>(dtype)));
  Wire tensor;
  tensor.Int(1, static_cast<uint64_t>(dtype)).Bytes(2, ShapeMessage(dims));
  switch (dtype) {
    case DType::kFloat: tensor.Float(5, 1); break;
    case DType::kString: tensor.Bytes(8, "s"); break;
    case DType::kInt64: tensor.Int(10, 1); break;
    case DType::kBool: tensor.Int(11, 1); break;
    case DType::kDouble: tensor.Bytes(6, std::string(8, '\0')); break;
    case DType::kComplex64: tensor.Float(9, 1).Float(9, 0); break;
    case DType::kComplex128: tensor.Bytes(12, std::string(16, '\0')); break;
    case DType::kHalf:
    case DType::kBfloat16: tensor.Int(13, 15360); break;
    case DType::kUint32: tensor.Int(16, 1); break;
    case DType::kUint64: tensor.Int(17, 1); break;
    default: tensor.Int(7, 1);
  }
  node.SetAttr("value", Wire().Bytes(8, tensor.str()).str());
  return node;
}

std::string TypeValue(int64_t dtype) { return Wire().Int(6, static_cast<uint64_t>(dtype)).str(); }
std::string IntValue(int64_t value) { return Wire().Int(3, static_cast<uint64_t>(value)).str(); }
std::string FloatValue(float value) { return Wire().Float(4, value).str(); }
std::string BoolValue(bool value) { return Wire().Int(5, value ? 1 : 0).str(); }
std::string TextValue(std::string_view value) { return Wire().Bytes(2, value).str(); }
std::string ShapeValue(std::span<const int64_t> dims) { return Wire().Bytes(7, ShapeMessage(dims)).str(); }
std::string FuncValue(std::string_view name) { return Wire().Bytes(10, Wire().Bytes(1, name).str()).str(); }

std::string IntsValue(std::span<const int64_t> values) {
  Wire list;
  for (const int64_t value : values) list.Int(3, static_cast<uint64_t>(value));
  return Wire().Bytes(1, list.str()).str();
}

std::string ListValue(std::string_view element, size_t count) {
  std::string list;
  for (; count > 0; --count) list += element;
  return Wire().Bytes(1, list).str();
}

uint32_t KindOf(std::string_view attr_value) {
  WireCursor cursor(AsBytes(attr_value), 0);
  return cursor.Next() ? cursor.field() : 0;
}

std::vector<std::string> ElementsOf(std::string_view attr_value) {
  std::vector<std::string> elements;
  const auto element = [&](uint32_t number, std::string_view whole, std::string_view content) {
    // Numbers of a list may be packed into one field; bools and floats are left as they are.
    const bool is_packed = (number == 3 || number == 6) && !content.empty();
    if (!is_packed) {
      elements.emplace_back(whole);
      return;
    }
    for (size_t begin = 0, at = 0; at < content.size(); ++at) {
      if ((static_cast<uint8_t>(content[at]) & 0x80) != 0) continue;
      elements.push_back(Wire().Tag(number, 0).Raw(content.substr(begin, at + 1 - begin)).str());
      begin = at + 1;
    }
  };
  const Status status = ForEachField(attr_value, [&](uint32_t number, std::string_view, std::string_view content) {
    if (number == 1) (void)ForEachField(content, element).ok();
  });
  if (!status.ok()) elements.clear();
  return elements;
}

std::string ListOf(const std::vector<std::string>& elements) {
  std::string list;
  for (const std::string& element : elements) list += element;
  return Wire().Bytes(1, list).str();
}

}  // namespace rivulet::hostile
