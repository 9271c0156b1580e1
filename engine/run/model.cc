#include "rivulet/model.h"

#include "engine/base/file.h"
#include "engine/base/guard.h"
#include "engine/import/graphdef.h"
#include "engine/import/sniff.h"
#include "engine/import/text_graphdef.h"
#include "engine/ops/infer.h"
#include "engine/run/cut.h"

namespace rivulet {

struct Model::Rep {
  std::string name;
  std::string format;
  FileBytes file;
  Graph graph;
  Limits limits;
  std::shared_ptr<Allocator> allocator;
};

Model::Model(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Model::~Model() = default;

namespace {

Result<Graph> Import(const FileBytes& file, const Limits& limits, std::string* format) {
  if (file.bytes.empty()) return InvalidArgument("the file is empty");
  const std::string_view foreign = DescribeForeignFile(file.bytes);
  if (LooksLikeText(file.bytes) && foreign.empty()) {
    *format = "text GraphDef";
    const std::string_view text(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
    RIVULET_ASSIGN_OR_RETURN(std::vector<uint8_t> wire, TextGraphDefToWire(text, limits));
    auto held = std::make_shared<std::vector<uint8_t>>(std::move(wire));
    return ImportGraphDef(*held, std::shared_ptr<void>(held, held->data()), limits);
  }
  *format = "GraphDef";
  Result<Graph> graph = ImportGraphDef(file.bytes, file.owner, limits);
  if (!foreign.empty() && (!graph.ok() || graph->size() == 0)) {
    return InvalidArgument("want a TensorFlow GraphDef, got what looks like ", foreign);
  }
  if (graph.ok() && graph->size() == 0 && graph->functions.empty()) {
    return InvalidArgument("want a TensorFlow GraphDef, got a file without a node");
  }
  return graph;
}

}  // namespace

Result<std::shared_ptr<const Model>> Model::Load(const std::string& path, const LoadOptions& options) {
  return CatchBadAlloc([&]() -> Result<std::shared_ptr<const Model>> {
    RIVULET_ASSIGN_OR_RETURN(FileBytes file, OpenFile(path, options.map_file ? FileAccess::kMap : FileAccess::kRead,
                                                      options.limits.file_bytes));
    RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<const Model> model, LoadBytes(file.bytes, file.owner, path, options));
    model->rep_->file.is_mapped = file.is_mapped;
    return model;
  });
}

Result<std::shared_ptr<const Model>> Model::LoadBytes(std::span<const uint8_t> bytes, std::shared_ptr<void> owner,
                                                      const std::string& name, const LoadOptions& options) {
  return CatchBadAlloc([&]() -> Result<std::shared_ptr<const Model>> {
    auto rep = std::make_unique<Rep>();
    rep->name = name;
    rep->file.bytes = bytes;
    rep->file.owner = std::move(owner);
    rep->allocator = options.allocator ? options.allocator : Allocator::Create();
    Result<Graph> graph = Import(rep->file, options.limits, &rep->format);
    if (!graph.ok()) return std::move(graph).status().Framed(Quoted(name));
    rep->graph = std::move(*graph);
    rep->limits = options.limits;
    return std::shared_ptr<const Model>(new Model(std::move(rep)));
  });
}

std::shared_ptr<const Model> Model::FromGraph(Graph graph, const std::string& name) {
  auto rep = std::make_unique<Rep>();
  rep->name = name;
  rep->format = "graph";
  rep->graph = std::move(graph);
  for (Node& node : rep->graph.nodes()) node.def = FindOp(node.op);
  rep->allocator = Allocator::Create();
  return std::shared_ptr<const Model>(new Model(std::move(rep)));
}

const std::string& Model::name() const { return rep_->name; }
const std::string& Model::format() const { return rep_->format; }
int64_t Model::file_bytes() const { return static_cast<int64_t>(rep_->file.bytes.size()); }
const Limits& Model::limits() const { return rep_->limits; }
const Graph& Model::graph() const { return rep_->graph; }
const std::shared_ptr<Allocator>& Model::allocator() const { return rep_->allocator; }
void Model::DropFilePages() const { DropPages(rep_->file); }

std::vector<Model::Input> Model::Inputs() const {
  std::vector<Input> inputs;
  for (const Node& node : rep_->graph.nodes()) {
    const bool has_default = node.op == "PlaceholderWithDefault";
    if (node.op != "Placeholder" && node.op != "PlaceholderV2" && !has_default) continue;
    const AttrReader attrs(node);
    Shape shape = attrs.ShapeAttr("shape");
    if (!rep_->graph.has_versions && shape.rank() == 0) shape = Shape::UnknownRank();
    inputs.push_back({node.name, attrs.Type("dtype"), std::move(shape), has_default});
  }
  return inputs;
}

Result<Model::EdgeInfo> Model::Describe(const std::string& name) const {
  return CatchBadAlloc([&]() -> Result<EdgeInfo> {
    RIVULET_ASSIGN_OR_RETURN(const Edge edge, FindEdge(rep_->graph, name));
    EdgeInfo info;
    const Node& node = rep_->graph.node(edge.node);
    if (node.op.starts_with("Placeholder")) {
      info.dtype = AttrReader(node).Type("dtype");
      info.shape = AttrReader(node).ShapeAttr("shape");
      if (!rep_->graph.has_versions && info.shape.rank() == 0) info.shape = Shape::UnknownRank();
      return info;
    }
    RIVULET_ASSIGN_OR_RETURN(Cut cut, CutGraph(rep_->graph, {}, {name}, {}));
    // What cannot be inferred stays unknown; running it will say why.
    if (!InferGraph(cut.graph, *rep_->allocator).ok()) return info;
    const auto& outputs = cut.graph.node(cut.fetches[0].node).outputs;
    if (static_cast<size_t>(edge.slot) >= outputs.size()) {
      return NotFound(NodeFrame(node), ": output ", edge.slot, " does not exist, the node has ",
                      static_cast<int64_t>(outputs.size()));
    }
    info.dtype = outputs[static_cast<size_t>(edge.slot)].dtype;
    info.shape = outputs[static_cast<size_t>(edge.slot)].shape;
    return info;
  });
}

std::vector<std::string> Model::LikelyOutputs() const {
  const Graph& graph = rep_->graph;
  std::vector<bool> used(static_cast<size_t>(graph.size()), false);
  for (const Node& node : graph.nodes()) {
    for (const Edge& edge : node.inputs) used[static_cast<size_t>(edge.node)] = true;
    for (const int32_t control : node.control_inputs) used[static_cast<size_t>(control)] = true;
  }
  std::vector<std::string> outputs;
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    if (used[static_cast<size_t>(i)] || node.op == "Const" || node.op == "NoOp" || node.op == "Assert" ||
        node.op.starts_with("Placeholder")) {
      continue;
    }
    outputs.push_back(node.name);
  }
  return outputs;
}

}  // namespace rivulet
