// A GraphDef as its file has it: nodes by name and their inputs as text, to be looked at, changed and written again.
//
// The engine's Graph is for running: it resolves names, drops devices, and knows operators. Here nothing is lost:
// fields that this does not know are kept as bytes, weights stay in the mapped file, and a node that nobody touched is
// written as it was read.
#ifndef RIVULET_PREPARE_GRAPH_DEF_H_
#define RIVULET_PREPARE_GRAPH_DEF_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "prepare/attr.h"
#include "prepare/names.h"
#include "rivulet/limits.h"

namespace rivulet::prepare {

struct NodeDef {
  std::string name;
  std::string op;
  std::string device;
  std::vector<std::string> inputs;  // "name", "name:port", "^name" for an order only
  std::map<std::string, Attr, std::less<>> attrs;
  std::string rest;  // fields of other numbers, with their tags

  // Null when the node has no such attribute.
  const Attr* Find(std::string_view name) const;

  // Whether both are written as the same bytes.
  friend bool operator==(const NodeDef&, const NodeDef&) = default;
};

struct GraphDef {
  std::vector<NodeDef> nodes;
  std::string rest;  // versions, functions and what else there is, with their tags

  // Whether both are written as the same bytes. Weights that are the same memory are not looked at.
  friend bool operator==(const GraphDef&, const GraphDef&) = default;
};

// Binary, text, or in a memmapped package or pack, told by the content. Messages start with the path.
Result<GraphDef> ReadGraphDef(const std::string& path, const Limits& limits = {});
Result<GraphDef> ParseGraphDef(std::span<const uint8_t> bytes, const std::shared_ptr<void>& owner,
                               const Limits& limits = {});

// One node's message.
Result<NodeDef> ParseNodeDef(std::span<const uint8_t> bytes, const std::shared_ptr<void>& owner);

// Binary; attributes in the order of their names, so that equal graphs are equal files.
std::string Serialize(const GraphDef& graph);
// How long that is.
size_t SerializedBytes(const GraphDef& graph);
// The nodes alone, each as a field of that number.
std::string SerializeNodes(const std::vector<NodeDef>& nodes, uint32_t field);
// The file is the old one or the new one, never half.
Status WriteGraphDef(const GraphDef& graph, const std::string& path);

// What an input's text refers to.
struct InputName {
  std::string_view node;
  int port = 0;
  bool is_control = false;
};
InputName ParseInput(std::string_view input);
// The text again; port 0 is not written.
std::string ToText(const InputName& input);

// Nodes by name. Names that are there twice are an error.
using NodeIndex = NameViewMap<const NodeDef*>;
Result<NodeIndex> IndexNodes(const GraphDef& graph);

// That every input names a node and no name is there twice.
Status CheckReferences(const GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_GRAPH_DEF_H_
