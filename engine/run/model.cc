#include "rivulet/model.h"

#include "engine/base/built.h"
#include "engine/base/guard.h"
#include "engine/base/new_file.h"
#include "engine/import/memmapped_package.h"
#include "engine/import/model_cache.h"
#include "engine/import/open_model.h"
#include "engine/ops/infer.h"
#include "engine/run/cut.h"
#include "engine/run/kept_forms.h"

namespace rivulet {

struct Model::Rep {
  std::string name;
  ModelContent content;
  Limits limits;
  std::shared_ptr<Allocator> allocator;
};

Model::Model(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Model::~Model() = default;

namespace {

LoadOptions WithAllocator(LoadOptions options) {
  if (options.allocator == nullptr) options.allocator = Allocator::Create();
  return options;
}

}  // namespace

Result<std::shared_ptr<const Model>> Model::Load(const std::string& path, const LoadOptions& options) {
  return CatchBadAlloc([&]() -> Result<std::shared_ptr<const Model>> {
    const LoadOptions given = WithAllocator(options);
    auto rep = std::make_unique<Rep>();
    rep->name = path;
    rep->allocator = given.allocator;
    RIVULET_ASSIGN_OR_RETURN(rep->content, OpenModel(path, given));
    rep->limits = options.limits;
    return std::shared_ptr<const Model>(new Model(std::move(rep)));
  });
}

Result<std::shared_ptr<const Model>> Model::LoadBytes(std::span<const uint8_t> bytes, std::shared_ptr<void> owner,
                                                      const std::string& name, const LoadOptions& options) {
  return CatchBadAlloc([&]() -> Result<std::shared_ptr<const Model>> {
    const LoadOptions given = WithAllocator(options);
    auto rep = std::make_unique<Rep>();
    rep->name = name;
    rep->allocator = given.allocator;
    RIVULET_ASSIGN_OR_RETURN(rep->content, OpenModelBytes({bytes, std::move(owner), false}, name, given));
    rep->limits = options.limits;
    return std::shared_ptr<const Model>(new Model(std::move(rep)));
  });
}

std::shared_ptr<const Model> Model::FromGraph(Graph graph, const std::string& name,
                                              std::shared_ptr<Allocator> allocator) {
  auto rep = std::make_unique<Rep>();
  rep->name = name;
  rep->content.format = "graph";
  rep->content.graph = std::move(graph);
  for (Node& node : rep->content.graph.nodes()) node.def = FindOp(node.op);
  rep->allocator = allocator != nullptr ? std::move(allocator) : Allocator::Create();
  return std::shared_ptr<const Model>(new Model(std::move(rep)));
}

const std::string& Model::name() const { return rep_->name; }
const std::string& Model::format() const { return rep_->content.format; }
int64_t Model::file_bytes() const { return static_cast<int64_t>(rep_->content.file.bytes.size()); }
const Graph& Model::graph() const { return rep_->content.graph; }
const Limits& Model::limits() const { return rep_->limits; }
const std::shared_ptr<Allocator>& Model::allocator() const { return rep_->allocator; }
const MemmappedPackage* Model::package() const { return rep_->content.package.get(); }
const PackedForms* Model::packed_forms() const { return rep_->content.packed.get(); }
std::string_view Model::Metadata() const {
  if (package() == nullptr) return {};
  const MemmappedPackage::Region* region = package()->Find(MemmappedPackage::kMetadataRegion);
  if (region == nullptr) return {};
  return {reinterpret_cast<const char*>(region->bytes.data()), region->bytes.size()};
}
ModelCache* Model::cache() const { return rep_->content.cache.get(); }
void Model::DropFilePages(const Tensor& constant) const {
  const std::span<const uint8_t> bytes(static_cast<const uint8_t*>(constant.raw()), constant.bytes());
  DropPages(rep_->content.file, bytes);
  if (cache() != nullptr) cache()->DropPages(bytes);
}
void Model::DropFilePages() const {
  DropPages(rep_->content.file);
  if (cache() != nullptr) cache()->DropPages();
  if (rep_->content.files != nullptr) rep_->content.files->DropPages();
}

struct KeptForms::Rep {
  explicit Rep(ModelCache* cache) : recording(cache) {}
  ModelCache::Recording recording;
};
KeptForms::KeptForms(const Model& model)
    : rep_([&]() -> Rep* {
        if constexpr (kBuilt.packages) {
          if (model.cache() != nullptr) return new Rep(model.cache());
        }
        return nullptr;
      }()) {}
KeptForms::~KeptForms() = default;
void KeptForms::Keep() {
  if constexpr (kBuilt.packages) {
    if (rep_ != nullptr) rep_->recording.Keep();
  }
}

const ModelSetup& Model::setup() const { return rep_->content.setup; }
ModelFiles* Model::files() const { return rep_->content.files.get(); }
const std::vector<ModelSignature>& Model::Signatures() const { return rep_->content.signatures; }

Result<const ModelSignature*> Model::FindSignature(const std::string& key) const {
  const std::vector<ModelSignature>& all = rep_->content.signatures;
  const std::string wanted = key.empty() ? "serving_default" : key;
  std::vector<std::string_view> keys;
  for (const ModelSignature& signature : all) {
    if (signature.key == wanted) return &signature;
    keys.push_back(signature.key);
  }
  if (key.empty() && all.size() == 1) return &all[0];
  if (all.empty()) return NotFound(Quoted(rep_->name), ": the model has no signatures");
  std::string there;
  for (const std::string_view known : keys) there += Cat(there.empty() ? "" : ", ", Quoted(known));
  return NotFound(Quoted(rep_->name), ": no signature is called ", Quoted(wanted), "; there are: ", there);
}

namespace {

std::vector<bool> ReadNodes(const Graph& graph) {
  std::vector<bool> read(static_cast<size_t>(graph.size()), false);
  for (const Node& node : graph.nodes()) {
    for (const Edge& edge : node.inputs) read[static_cast<size_t>(edge.node)] = true;
    for (const int32_t control : node.control_inputs) read[static_cast<size_t>(control)] = true;
  }
  return read;
}

bool IsInput(const Node& node) {
  return node.op == "Placeholder" || node.op == "PlaceholderV2" || node.op == "PlaceholderWithDefault";
}

}  // namespace

std::vector<Model::Input> Model::Inputs() const {
  const Graph& graph = rep_->content.graph;
  const std::vector<bool> read = ReadNodes(graph);
  std::vector<Input> inputs, unread;
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    if (!IsInput(node)) continue;
    const AttrReader attrs(node);
    Shape shape = attrs.ShapeAttr("shape");
    if (!graph.has_versions && shape.rank() == 0) shape = Shape::UnknownRank();
    (read[static_cast<size_t>(i)] ? inputs : unread)
        .push_back({node.name, attrs.Type("dtype"), std::move(shape), node.op == "PlaceholderWithDefault"});
  }
  return inputs.empty() ? unread : inputs;
}

Result<Model::EdgeInfo> Model::Describe(const std::string& name) const {
  return CatchBadAlloc([&]() -> Result<EdgeInfo> {
    RIVULET_ASSIGN_OR_RETURN(const Edge edge, FindEdge(rep_->content.graph, name));
    EdgeInfo info;
    const Node& node = rep_->content.graph.node(edge.node);
    if (node.op.starts_with("Placeholder")) {
      info.dtype = AttrReader(node).Type("dtype");
      info.shape = AttrReader(node).ShapeAttr("shape");
      if (!rep_->content.graph.has_versions && info.shape.rank() == 0) info.shape = Shape::UnknownRank();
      return info;
    }
    RIVULET_ASSIGN_OR_RETURN(Cut cut, CutGraph(rep_->content.graph, {}, {name}, {}));
    // What cannot be inferred stays unknown; running it will say why.
    if (!InferGraph(cut.graph, *rep_->allocator, {.stop = BriefLook()}).ok()) return info;
    const auto& outputs = cut.graph.node(cut.fetches[0].node).outputs;
    if (static_cast<size_t>(edge.slot) >= outputs.size()) {
      return NotFound(NodeFrame(node), ": output ", edge.slot, " does not exist, the node has ",
                      static_cast<int64_t>(outputs.size()));
    }
    info.dtype = outputs[static_cast<size_t>(edge.slot)].dtype;
    info.shape = outputs[static_cast<size_t>(edge.slot)].shape;
    if (GivesReference(rep_->content.graph, edge)) {
      info = {TypeBehindReference(rep_->content.graph, edge), Shape::UnknownRank()};
    }
    return info;
  });
}

namespace {

// Nodes that write checkpoints, and what depends on them: parts of a saver, which no caller asks for.
std::vector<bool> PartsOfSavers(const Graph& graph) {
  std::vector<std::vector<int32_t>> readers(static_cast<size_t>(graph.size()));
  std::vector<int32_t> pending;
  std::vector<bool> found(static_cast<size_t>(graph.size()), false);
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    for (const Edge& edge : node.inputs) readers[static_cast<size_t>(edge.node)].push_back(i);
    for (const int32_t control : node.control_inputs) readers[static_cast<size_t>(control)].push_back(i);
    if (node.op == "SaveV2" || node.op == "SaveSlices" || node.op == "Save" || node.op == "MergeV2Checkpoints") {
      found[static_cast<size_t>(i)] = true;
      pending.push_back(i);
    }
  }
  while (!pending.empty()) {
    const int32_t node = pending.back();
    pending.pop_back();
    for (const int32_t reader : readers[static_cast<size_t>(node)]) {
      if (found[static_cast<size_t>(reader)]) continue;
      found[static_cast<size_t>(reader)] = true;
      pending.push_back(reader);
    }
  }
  return found;
}

}  // namespace

std::vector<std::string> Model::LikelyOutputs() const {
  const Graph& graph = rep_->content.graph;
  const std::vector<bool> read = ReadNodes(graph), saving = PartsOfSavers(graph);
  std::vector<std::string> outputs;
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    const OpDef* op = FindOp(node.op);
    const bool gives_nothing = op != nullptr && *op->outputs == '\0';
    if (read[static_cast<size_t>(i)] || gives_nothing || saving[static_cast<size_t>(i)] || node.op == "Const" ||
        node.op == "NoOp" || node.op == "Assert" || node.op.starts_with("Placeholder")) {
      continue;
    }
    outputs.push_back(node.name);
  }
  return outputs;
}

}  // namespace rivulet
