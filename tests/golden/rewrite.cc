#include "tests/golden/rewrite.h"

#include <functional>

#include "engine/base/wire.h"

namespace rivulet::golden {
namespace {

void AppendVarint(Bytes& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
  out.push_back(static_cast<uint8_t>(value));
}

void AppendNumber(Bytes& out, uint32_t field, uint64_t value) {
  AppendVarint(out, field << 3);
  AppendVarint(out, value);
}

void AppendBytes(Bytes& out, uint32_t field, std::span<const uint8_t> bytes) {
  AppendVarint(out, (field << 3) | 2);
  AppendVarint(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void AppendText(Bytes& out, uint32_t field, std::string_view text) {
  AppendBytes(out, field, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

Bytes TensorProto(const Tensor& value) {
  Bytes shape;
  for (const int64_t size : value.shape().dims()) {
    Bytes dim;
    AppendNumber(dim, 1, static_cast<uint64_t>(size));
    AppendBytes(shape, 2, dim);
  }
  Bytes out;
  AppendNumber(out, 1, static_cast<uint64_t>(value.dtype()));
  AppendBytes(out, 2, shape);
  if (value.dtype() == DType::kString) {
    for (const std::string& text : value.values<std::string>()) AppendText(out, 8, text);
  } else {
    AppendBytes(out, 4, {static_cast<const uint8_t*>(value.raw()), value.bytes()});
  }
  return out;
}

void AppendAttr(Bytes& node, std::string_view name, const Bytes& value) {
  Bytes entry;
  AppendText(entry, 1, name);
  AppendBytes(entry, 2, value);
  AppendBytes(node, 5, entry);
}

Bytes TypeAttr(DType dtype) {
  Bytes value;
  AppendNumber(value, 6, static_cast<uint64_t>(dtype));
  return value;
}

Bytes IntAttr(int64_t number) {
  Bytes value;
  AppendNumber(value, 3, static_cast<uint64_t>(number));
  return value;
}

Bytes NodeHead(std::string_view name, std::string_view op, std::string_view input) {
  Bytes node;
  AppendText(node, 1, name);
  AppendText(node, 2, op);
  if (!input.empty()) AppendText(node, 3, input);
  return node;
}

std::string FedName(std::string_view node) { return Cat(node, "/fed"); }

// The same NodeDef under another name.
Result<Bytes> Renamed(std::span<const uint8_t> node, std::string_view name) {
  Bytes out;
  WireCursor cursor(node, 0);
  uint64_t begin = 0;
  while (cursor.Next()) {
    const bool is_name = cursor.field() == 1;
    cursor.Skip();
    if (!is_name)
      out.insert(out.end(), node.begin() + static_cast<int64_t>(begin),
                 node.begin() + static_cast<int64_t>(cursor.offset()));
    begin = cursor.offset();
  }
  RIVULET_RETURN_IF_ERROR(cursor.status());
  AppendText(out, 1, name);
  return out;
}

std::string_view NameOfNode(std::span<const uint8_t> node) {
  WireCursor cursor(node, 0);
  std::string_view name;
  while (cursor.Next()) {
    if (cursor.field() == 1) {
      name = cursor.Text();
    } else {
      cursor.Skip();
    }
  }
  return name;
}

// The graph with the nodes that `replace` gives nodes for replaced by those.
using Replace = std::function<Result<std::vector<Bytes>>(const Tensor& value, std::string_view name,
                                                         std::span<const uint8_t> node)>;
Result<Bytes> ReplaceFed(std::span<const uint8_t> graph, const Feeds& feeds, const Replace& replace) {
  Bytes out;
  WireCursor cursor(graph, 0);
  uint64_t begin = 0;
  while (cursor.Next()) {
    const Tensor* value = nullptr;
    std::span<const uint8_t> node;
    std::string_view name;
    if (cursor.field() == 1) {
      node = cursor.Bytes();
      name = NameOfNode(node);
      for (const auto& [edge, tensor] : feeds) {
        if (NodeOfEdge(edge) == name) value = &tensor;
      }
    } else {
      cursor.Skip();
    }
    if (value == nullptr) {
      out.insert(out.end(), graph.begin() + static_cast<int64_t>(begin),
                 graph.begin() + static_cast<int64_t>(cursor.offset()));
    } else {
      RIVULET_ASSIGN_OR_RETURN(const std::vector<Bytes> nodes, replace(*value, name, node));
      for (const Bytes& bytes : nodes) AppendBytes(out, 1, bytes);
    }
    begin = cursor.offset();
  }
  RIVULET_RETURN_IF_ERROR(cursor.status());
  return out;
}

}  // namespace

std::string NodeOfEdge(std::string_view edge) { return std::string(edge.substr(0, edge.rfind(':'))); }

Bytes ConstNode(std::string_view name, const Tensor& value) {
  Bytes node = NodeHead(name, "Const", "");
  AppendAttr(node, "dtype", TypeAttr(value.dtype()));
  Bytes tensor;
  AppendBytes(tensor, 8, TensorProto(value));
  AppendAttr(node, "value", tensor);
  return node;
}

Result<Bytes> FeedsAsConstants(std::span<const uint8_t> graph, const Feeds& feeds) {
  return ReplaceFed(graph, feeds, [](const Tensor& value, std::string_view name, std::span<const uint8_t>) {
    return std::vector<Bytes>{ConstNode(name, value)};
  });
}

Result<Bytes> FeedsAsIntermediates(std::span<const uint8_t> graph, const Feeds& feeds) {
  const Replace behind = [](const Tensor& value, std::string_view name,
                            std::span<const uint8_t> node) -> Result<std::vector<Bytes>> {
    RIVULET_ASSIGN_OR_RETURN(Bytes fed, Renamed(node, FedName(name)));
    const std::string packed_name = Cat(name, "/packed");
    Bytes packed = NodeHead(packed_name, "Pack", FedName(name));
    AppendAttr(packed, "N", IntAttr(1));
    AppendAttr(packed, "T", TypeAttr(value.dtype()));
    AppendAttr(packed, "axis", IntAttr(0));
    Bytes squeezed = NodeHead(name, "Squeeze", packed_name);
    AppendAttr(squeezed, "T", TypeAttr(value.dtype()));
    Bytes list, axis, attr;
    AppendVarint(axis, 0);
    AppendBytes(list, 3, axis);  // packed repeated int64
    AppendBytes(attr, 1, list);
    AppendAttr(squeezed, "squeeze_dims", attr);
    return std::vector<Bytes>{std::move(fed), std::move(packed), std::move(squeezed)};
  };
  return ReplaceFed(graph, feeds, behind);
}

Feeds RenamedFeeds(const Feeds& feeds) {
  Feeds renamed;
  for (const auto& [edge, tensor] : feeds) renamed.emplace_back(FedName(NodeOfEdge(edge)) + ":0", tensor);
  return renamed;
}

}  // namespace rivulet::golden
