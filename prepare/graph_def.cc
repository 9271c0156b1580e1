#include "prepare/graph_def.h"

#include <charconv>

#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "engine/import/sniff.h"
#include "engine/import/text_proto.h"
#include "prepare/region_constants.h"
#include "prepare/wire_writer.h"

namespace rivulet::prepare {
namespace {

enum : uint32_t { kNode = 1 };                                               // of GraphDef
enum : uint32_t { kName = 1, kOp = 2, kInput = 3, kDevice = 4, kAttr = 5 };  // of NodeDef
enum : uint32_t { kKey = 1, kValue = 2 };                                    // of an entry of a map

// The field that Next has just read the tag of, tag and all, as bytes.
std::string_view WholeField(WireCursor& cursor, std::span<const uint8_t> message, uint64_t start) {
  cursor.Skip();
  if (!cursor.status().ok()) return {};
  return {reinterpret_cast<const char*>(message.data()) + start, static_cast<size_t>(cursor.offset() - start)};
}

Status ReadAttr(WireCursor entry, const std::shared_ptr<void>& owner, NodeDef* node) {
  std::string_view key, value;
  while (entry.Next()) {
    switch (entry.field()) {
      case kKey: key = entry.Text(); break;
      case kValue: value = entry.Text(); break;
      default: entry.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(entry.status());
  node->attrs.insert_or_assign(std::string(key), Attr(value, owner));
  return Status();
}

Status ReadNode(std::span<const uint8_t> bytes, const std::shared_ptr<void>& owner, NodeDef* node) {
  WireCursor cursor(bytes, 0);
  uint64_t start = 0;
  while (cursor.Next()) {
    switch (cursor.field()) {
      case kName: node->name = cursor.Text(); break;
      case kOp: node->op = cursor.Text(); break;
      case kInput: node->inputs.emplace_back(cursor.Text()); break;
      case kDevice: node->device = cursor.Text(); break;
      case kAttr: RIVULET_RETURN_IF_ERROR(ReadAttr(cursor.Message(), owner, node)); break;
      default: node->rest.append(WholeField(cursor, bytes, start));
    }
    start = cursor.offset();
  }
  return cursor.status();
}

size_t EntryBytes(const std::string& name, const Attr& attr) {
  return BytesFieldSize(kKey, name.size()) + BytesFieldSize(kValue, attr.bytes().size());
}

size_t NodeBytes(const NodeDef& node) {
  size_t bytes = node.rest.size();
  if (!node.name.empty()) bytes += BytesFieldSize(kName, node.name.size());
  if (!node.op.empty()) bytes += BytesFieldSize(kOp, node.op.size());
  for (const std::string& input : node.inputs) bytes += BytesFieldSize(kInput, input.size());
  if (!node.device.empty()) bytes += BytesFieldSize(kDevice, node.device.size());
  for (const auto& [name, attr] : node.attrs) bytes += BytesFieldSize(kAttr, EntryBytes(name, attr));
  return bytes;
}

// Sizes are counted before anything is written: weights are copied once, to where they stay.
void AppendNode(const NodeDef& node, std::string* out) {
  if (!node.name.empty()) AppendBytes(kName, node.name, out);
  if (!node.op.empty()) AppendBytes(kOp, node.op, out);
  for (const std::string& input : node.inputs) AppendBytes(kInput, input, out);
  if (!node.device.empty()) AppendBytes(kDevice, node.device, out);
  for (const auto& [name, attr] : node.attrs) {
    AppendBytesHead(kAttr, EntryBytes(name, attr), out);
    AppendBytes(kKey, name, out);
    AppendBytes(kValue, attr.bytes(), out);
  }
  out->append(node.rest);
}

size_t NodesBytes(const std::vector<NodeDef>& nodes, uint32_t field) {
  size_t bytes = 0;
  for (const NodeDef& node : nodes) bytes += BytesFieldSize(field, NodeBytes(node));
  return bytes;
}

void AppendNodes(const std::vector<NodeDef>& nodes, uint32_t field, std::string* out) {
  for (const NodeDef& node : nodes) {
    AppendBytesHead(field, NodeBytes(node), out);
    AppendNode(node, out);
  }
}

}  // namespace

const Attr* NodeDef::Find(std::string_view name) const {
  const auto it = attrs.find(name);
  return it == attrs.end() ? nullptr : &it->second;
}

Result<NodeDef> ParseNodeDef(std::span<const uint8_t> bytes, const std::shared_ptr<void>& owner) {
  NodeDef node;
  RIVULET_RETURN_IF_ERROR(ReadNode(bytes, owner, &node));
  return node;
}

Result<GraphDef> ParseGraphDef(std::span<const uint8_t> bytes, const std::shared_ptr<void>& owner,
                               const Limits& limits) {
  GraphDef graph;
  WireCursor cursor(bytes, 0);
  uint64_t start = 0;
  while (cursor.Next()) {
    if (cursor.field() == kNode) {
      if (static_cast<int64_t>(graph.nodes.size()) >= limits.nodes) {
        return ResourceExhausted("more than ", limits.nodes, " nodes");
      }
      NodeDef& node = graph.nodes.emplace_back();
      const std::span<const uint8_t> message = cursor.Bytes();
      if (cursor.status().ok()) RIVULET_RETURN_IF_ERROR(ReadNode(message, owner, &node));
    } else {
      graph.rest.append(WholeField(cursor, bytes, start));
    }
    start = cursor.offset();
  }
  RIVULET_RETURN_IF_ERROR(cursor.status());
  return graph;
}

Result<GraphDef> ReadGraphDef(const std::string& path, const Limits& limits) {
  RIVULET_ASSIGN_OR_RETURN(FileBytes file, OpenFile(path, FileAccess::kMap, limits.file_bytes));
  const auto read = [&]() -> Result<GraphDef> {
    if (file.bytes.empty()) return InvalidArgument("the file is empty");
    if (const std::string_view foreign = DescribeForeignFile(file.bytes); !foreign.empty()) {
      return InvalidArgument("want a GraphDef, got ", foreign);
    }
    if (LooksLikePackage(file.bytes)) return GraphOfPackage(file.bytes, file.owner, limits);
    if (!LooksLikeText(file.bytes)) return ParseGraphDef(file.bytes, file.owner, limits);
    const std::string_view text(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
    RIVULET_ASSIGN_OR_RETURN(std::vector<uint8_t> wire, TextToWire(text, TextRoot::kGraphDef, limits));
    auto owner = std::make_shared<std::vector<uint8_t>>(std::move(wire));
    return ParseGraphDef(*owner, owner, limits);
  };
  Result<GraphDef> graph = read();
  if (!graph.ok()) return Status(graph.status()).Framed(Cat("'", path, "'"));
  return graph;
}

std::string SerializeNodes(const std::vector<NodeDef>& nodes, uint32_t field) {
  std::string out;
  out.reserve(NodesBytes(nodes, field));
  AppendNodes(nodes, field, &out);
  return out;
}

size_t SerializedBytes(const GraphDef& graph) { return NodesBytes(graph.nodes, kNode) + graph.rest.size(); }

std::string Serialize(const GraphDef& graph) {
  std::string out;
  out.reserve(SerializedBytes(graph));
  AppendNodes(graph.nodes, kNode, &out);
  out.append(graph.rest);
  return out;
}

Status WriteGraphDef(const GraphDef& graph, const std::string& path) {
  const std::string bytes = Serialize(graph);
  return SaveFile(path, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

InputName ParseInput(std::string_view input) {
  InputName name;
  if (!input.empty() && input[0] == '^') return {.node = input.substr(1), .is_control = true};
  const size_t colon = input.rfind(':');
  if (colon != std::string_view::npos) {
    const char* end = input.data() + input.size();
    const auto [rest, error] = std::from_chars(input.data() + colon + 1, end, name.port);
    if (error == std::errc() && rest == end && name.port >= 0) {
      name.node = input.substr(0, colon);
      return name;
    }
    name.port = 0;
  }
  name.node = input;
  return name;
}

std::string ToText(const InputName& input) {
  if (input.is_control) return Cat("^", input.node);
  return input.port == 0 ? std::string(input.node) : Cat(input.node, ":", input.port);
}

Result<NodeIndex> IndexNodes(const GraphDef& graph) {
  NodeIndex index;
  index.reserve(graph.nodes.size());
  for (const NodeDef& node : graph.nodes) {
    if (!index.emplace(node.name, &node).second) return InvalidArgument("two nodes are called '", node.name, "'");
  }
  return index;
}

Status CheckReferences(const GraphDef& graph) {
  RIVULET_ASSIGN_OR_RETURN(const NodeIndex index, IndexNodes(graph));
  for (const NodeDef& node : graph.nodes) {
    for (const std::string& input : node.inputs) {
      if (!index.contains(ParseInput(input).node)) {
        return InvalidArgument("node '", node.name, "' (", node.op, "): input '", input, "' is no node of the graph");
      }
    }
  }
  return Status();
}

}  // namespace rivulet::prepare
