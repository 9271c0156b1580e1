#include "prepare/strip_unused.h"

#include <unordered_set>

#include "engine/base/errors.h"
#include "engine/base/wire.h"
#include "prepare/facts.h"

namespace rivulet::prepare {
namespace {

// The nodes that attr _class puts this one beside: "loc:@name".
std::vector<std::string_view> ColocatedWith(const NodeDef& node) {
  std::vector<std::string_view> names;
  const Attr* attr = node.Find("_class");
  if (attr == nullptr) return names;
  WireCursor value({reinterpret_cast<const uint8_t*>(attr->bytes().data()), attr->bytes().size()}, 0);
  while (value.Next()) {
    if (value.field() != 1 || value.type() != WireType::kBytes) {
      value.Skip();
      continue;
    }
    WireCursor list = value.Message();
    while (list.Next()) {
      if (list.field() != 2 || list.type() != WireType::kBytes) {
        list.Skip();
        continue;
      }
      const std::string_view text = list.Text();
      if (text.starts_with("loc:@")) names.push_back(text.substr(5));
    }
  }
  return names;
}

// The type of output 0 as the attributes tell it.
DType TypeOf(const NodeDef& node) {
  for (const char* name : {"dtype", "DstT", "out_type", "T", "output_type"}) {
    const Attr* attr = node.Find(name);
    if (attr == nullptr) continue;
    if (const std::optional<DType> type = attr->AsType(); type && IsKnown(*type)) return *type;
  }
  return DType::kFloat;
}

NodeDef PlaceholderFor(const NodeDef& node, DType type) {
  NodeDef placeholder{.name = node.name, .op = "Placeholder"};
  placeholder.attrs["dtype"] = Attr::OfType(type);
  for (const char* name : {"shape", "_output_shapes"}) {
    if (const Attr* attr = node.Find(name)) placeholder.attrs[name] = *attr;
  }
  return placeholder;
}

// A batch of pictures of known size.
bool IsPicture(const Shape& shape) {
  return shape.has_rank() && shape.rank() == 4 && shape[1] > 0 && shape[2] > 0 && shape[3] > 0;
}

}  // namespace

Result<const NodeDef*> FindNode(const GraphDef& graph, const NodeIndex& index, const std::string& name) {
  const auto it = index.find(ParseInput(name).node);
  if (it != index.end() && !ParseInput(name).is_control) return it->second;
  std::vector<std::string_view> names;
  for (const NodeDef& node : graph.nodes) names.push_back(node.name);
  const std::string nearest = NearestNames(name, names);
  return NotFound("no node is called ", Quoted(name), nearest.empty() ? "" : "; nearest: ", nearest);
}

Status KeepNeeded(const std::vector<std::string>& outputs, GraphDef& graph) {
  RIVULET_ASSIGN_OR_RETURN(const NodeIndex index, IndexNodes(graph));
  std::vector<const NodeDef*> waiting;
  for (const std::string& name : outputs) {
    RIVULET_ASSIGN_OR_RETURN(const NodeDef* node, FindNode(graph, index, name));
    waiting.push_back(node);
  }
  std::unordered_set<const NodeDef*> needed;
  while (!waiting.empty()) {
    const NodeDef* node = waiting.back();
    waiting.pop_back();
    if (!needed.insert(node).second) continue;
    for (const std::string& input : node->inputs) {
      const auto it = index.find(ParseInput(input).node);
      if (it == index.end()) {
        return InvalidArgument("node '", node->name, "' (", node->op, "): input '", input, "' is no node of the graph");
      }
      waiting.push_back(it->second);
    }
    for (const std::string_view name : ColocatedWith(*node)) {
      if (const auto it = index.find(name); it != index.end()) waiting.push_back(it->second);
    }
  }
  std::vector<NodeDef> kept;
  for (NodeDef& node : graph.nodes) {
    if (needed.contains(&node)) kept.push_back(std::move(node));
  }
  graph.nodes = std::move(kept);
  return Status();
}

Status StripUnused(const StripOptions& options, GraphDef& graph) {
  if (options.types.size() > 1 && options.types.size() != options.inputs.size()) {
    return InvalidArgument("want one type for all inputs or one for each of the ",
                           static_cast<uint64_t>(options.inputs.size()), ", got ",
                           static_cast<uint64_t>(options.types.size()));
  }
  RIVULET_ASSIGN_OR_RETURN(const NodeIndex index, IndexNodes(graph));
  std::vector<std::pair<size_t, NodeDef>> placeholders;
  std::optional<Result<Facts>> facts;
  for (size_t i = 0; i < options.inputs.size(); ++i) {
    RIVULET_ASSIGN_OR_RETURN(const NodeDef* node, FindNode(graph, index, options.inputs[i]));
    if (ParseInput(options.inputs[i]).port != 0) {
      return InvalidArgument("input '", options.inputs[i], "': want a node, or its output 0");
    }
    if (options.types.empty() && node->op == "Placeholder") continue;
    const DType type = options.types.empty() ? TypeOf(*node) : options.types[options.types.size() > 1 ? i : 0];
    placeholders.emplace_back(static_cast<size_t>(node - graph.nodes.data()), PlaceholderFor(*node, type));
    if (!options.infer_shapes || node->op == "Placeholder" || node->Find("shape") != nullptr) continue;
    // What cannot be looked at whole tells no shapes; that is no reason not to cut it.
    if (!facts) facts.emplace(Facts::Of(graph));
    const Shape shape = facts->ok() ? (*facts)->ShapeOf(node->name) : Shape::UnknownRank();
    if (IsPicture(shape)) {
      placeholders.back().second.attrs["shape"] = Attr::OfShape(Shape{-1, shape[1], shape[2], shape[3]});
    }
  }
  for (auto& [at, placeholder] : placeholders) graph.nodes[at] = std::move(placeholder);
  return KeepNeeded(options.outputs, graph);
}

}  // namespace rivulet::prepare
