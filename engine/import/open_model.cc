#include "engine/import/open_model.h"

#include <algorithm>

#include "engine/base/built.h"
#include "engine/base/errors.h"
#include "engine/import/graphdef.h"
#include "engine/import/granted_files.h"
#include "engine/import/memmapped_package.h"
#include "engine/import/model_cache.h"
#include "engine/import/package_checksums.h"
#include "engine/import/saved_model.h"
#include "engine/import/sniff.h"
#include "engine/import/sorted_table.h"
#include "engine/import/squeezed_constants.h"
#include "engine/import/text_proto.h"

namespace rivulet {
namespace {

constexpr std::string_view kVariablesPrefix = "variables/variables";
constexpr size_t kMostListed = 12;

std::string Listed(const std::vector<std::string>& names) {
  std::string out;
  for (size_t i = 0; i < names.size() && i < kMostListed; ++i) out += Cat(i == 0 ? "" : ", ", Quoted(names[i]));
  if (names.size() > kMostListed) out += ", …";
  return names.empty() ? "nothing" : out;
}

Status NoGraph(std::string_view what) {
  return InvalidArgument("this is ", what,
                         ": variables without a graph. Load the graph (its .meta file) with this checkpoint; 'rivulet "
                         "inspect' lists the variables");
}

// What a MetaGraphDef says, moved to where the session looks for it. Assets are named, not opened.
Status TakeMeta(MetaGraph meta, const Folder* folder, ModelContent* content) {
  RIVULET_ASSIGN_OR_RETURN(content->setup.init_ops, meta.InitOps());
  for (const MetaGraph::Asset& asset : meta.assets) {
    Status inside = CheckInside(asset.filename);
    if (!inside.ok()) return std::move(inside).Framed(Cat("asset of tensor ", Quoted(asset.tensor)));
    const std::string path = "assets/" + asset.filename;
    content->setup.assets.emplace_back(asset.tensor, folder == nullptr ? path : folder->Describe(path));
  }
  content->setup.filename_tensor = std::move(meta.filename_tensor);
  content->setup.restore_op = std::move(meta.restore_op);
  content->setup.tags = std::move(meta.tags);
  content->setup.tensorflow_version = std::move(meta.tensorflow_version);
  content->setup.stripped_default_attrs = meta.stripped_default_attrs;
  content->setup.objects = std::move(meta.objects);
  content->graph = std::move(meta.graph);
  content->signatures = std::move(meta.signatures);
  std::erase_if(content->signatures, [](const ModelSignature& signature) { return signature.key == kInitSignature; });
  return Status();
}

// A MetaGraphDef that is no SavedModel has no main op; its tables are filled by the nodes of this collection.
Status TakeBareMeta(MetaGraph meta, ModelContent* content) {
  std::vector<std::string> tables;
  const auto list = meta.node_lists.find("table_initializer");
  if (list != meta.node_lists.end()) tables = list->second;
  RIVULET_RETURN_IF_ERROR(TakeMeta(std::move(meta), nullptr, content));
  content->setup.init_ops.insert(content->setup.init_ops.end(), tables.begin(), tables.end());
  return Status();
}

Status ReadText(const LoadOptions& options, const Folder* folder, ModelContent* content) {
  if constexpr (!kBuilt.text) return NotBuilt("models in text form");
  const std::string_view text(reinterpret_cast<const char*>(content->file.bytes.data()), content->file.bytes.size());
  const TextRoot root = TextRootOf(text);
  content->format = root == TextRoot::kSavedModel     ? "text SavedModel"
                    : root == TextRoot::kMetaGraphDef ? "text MetaGraphDef"
                                                      : "text GraphDef";
  RIVULET_ASSIGN_OR_RETURN(std::vector<uint8_t> wire, TextToWire(text, root, options.limits));
  auto held = std::make_shared<std::vector<uint8_t>>(std::move(wire));
  const std::shared_ptr<void> owner(held, held->data());
  if constexpr (!kBuilt.saved_models) {
    if (root != TextRoot::kGraphDef) return NotBuilt("SavedModels and MetaGraphDefs");
  }
  switch (root) {
    case TextRoot::kSavedModel: {
      RIVULET_ASSIGN_OR_RETURN(MetaGraph meta,
                               ReadSavedModel(*held, owner, options.tags, options.limits, *options.allocator));
      return TakeMeta(std::move(meta), folder, content);
    }
    case TextRoot::kMetaGraphDef: {
      RIVULET_ASSIGN_OR_RETURN(MetaGraph meta,
                               ReadMetaGraph(WireCursor(*held, 0), owner, options.limits, *options.allocator));
      return TakeBareMeta(std::move(meta), content);
    }
    default: break;
  }
  RIVULET_ASSIGN_OR_RETURN(content->graph, ImportGraphDef(*held, owner, options.limits));
  return Status();
}

Status ReadPackage(const LoadOptions& options, ModelContent* content) {
  const FileBytes& file = content->file;
  RIVULET_ASSIGN_OR_RETURN(MemmappedPackage read, MemmappedPackage::Read(file.bytes, file.owner));
  const bool is_pack = read.Find(MemmappedPackage::kChecksumsRegion) != nullptr;
  content->format = is_pack ? "pack" : "memmapped package";
  if (is_pack && options.check_regions) {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<PackageDamage> damage, FindPackageDamage(read));
    if (!damage.empty()) return damage[0].status;
  }
  content->cache = ModelCache::Open(read, options);
  DecodedConstants decoded = content->cache != nullptr
                                 ? content->cache->Constants()
                                 : DecodeToMemory(read, *options.allocator, std::clamp(options.num_threads, 1, 1024));
  // Squeezed bytes were read for the last time.
  if (content->cache == nullptr ? !decoded.empty() : content->cache->has_decoded()) DropPages(file);
  read.DecodeTo(options.allocator, /*threads=*/1);
  read.TakeDecoded(std::move(decoded));
  const auto package = std::make_shared<MemmappedPackage>(std::move(read));
  RIVULET_ASSIGN_OR_RETURN(content->graph, ImportGraphDef(WireCursor(package->graph().bytes, package->graph().offset),
                                                          file.owner, options.limits, package.get()));
  package->TakeDecoded({});
  content->package = package;
  content->packed = std::make_shared<const PackedRegions>(*package, content->cache);
  return Status();
}

Status ReadBinary(const LoadOptions& options, const Folder* folder, ModelContent* content) {
  const FileBytes& file = content->file;
  const bool is_saved = LooksLikeSavedModel(file.bytes);
  const bool is_meta = !is_saved && !LooksLikePackage(file.bytes) && LooksLikeMetaGraph(file.bytes);
  if constexpr (!kBuilt.saved_models) {
    if (is_saved || is_meta) return NotBuilt("SavedModels and MetaGraphDefs");
  }
  if (is_saved) {
    content->format = "SavedModel";
    RIVULET_ASSIGN_OR_RETURN(MetaGraph meta,
                             ReadSavedModel(file.bytes, file.owner, options.tags, options.limits, *options.allocator));
    return TakeMeta(std::move(meta), folder, content);
  }
  if (LooksLikePackage(file.bytes)) {
    if constexpr (!kBuilt.packages) return NotBuilt("memmapped packages");
    return ReadPackage(options, content);
  }
  if (is_meta) {
    content->format = "MetaGraphDef";
    RIVULET_ASSIGN_OR_RETURN(MetaGraph meta,
                             ReadMetaGraph(WireCursor(file.bytes, 0), file.owner, options.limits, *options.allocator));
    return TakeBareMeta(std::move(meta), content);
  }
  content->format = "GraphDef";
  RIVULET_ASSIGN_OR_RETURN(content->graph, ImportGraphDef(file.bytes, file.owner, options.limits));
  return Status();
}

// Fills in format, graph, signatures and setup from content->file.
Status ReadContent(const LoadOptions& options, const Folder* folder, ModelContent* content) {
  const FileBytes& file = content->file;
  if (file.bytes.empty()) return InvalidArgument("the file is empty");
  if (kBuilt.saved_models && LooksLikeSortedTable(file.bytes)) return NoGraph("a checkpoint's table");
  const std::string_view foreign = LooksLikeSavedModel(file.bytes) ? "" : DescribeForeignFile(file.bytes);
  Status status = LooksLikeText(file.bytes) && foreign.empty() ? ReadText(options, folder, content)
                                                               : ReadBinary(options, folder, content);
  const bool is_empty = content->graph.size() == 0 && content->graph.functions.empty();
  if (!foreign.empty() && (!status.ok() || is_empty)) {
    return InvalidArgument("want a TensorFlow GraphDef, got what looks like ", foreign);
  }
  if (status.ok() && is_empty) return InvalidArgument("want a TensorFlow GraphDef, got a file without a node");
  return status;
}

FolderOptions FolderOptionsOf(const LoadOptions& options) {
  FolderOptions folder;
  folder.access = options.map_file ? FileAccess::kMap : FileAccess::kRead;
  folder.max_bytes = options.limits.file_bytes;
  folder.follow_links = options.follow_links;
  return folder;
}

// Variables come from the checkpoint `prefix`, a path of the caller; its folder is then what may be read.
Status TakeCheckpoint(const std::string& prefix, const LoadOptions& options, ModelContent* content) {
  const size_t slash = prefix.rfind('/');
  const std::string folder_path = slash == std::string::npos ? "." : slash == 0 ? "/" : prefix.substr(0, slash);
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<const Folder> folder,
                           Folder::OpenFolder(folder_path, FolderOptionsOf(options)));
  const std::string stem = slash == std::string::npos ? prefix : prefix.substr(slash + 1);
  // A SavedModel's own folder stays granted, for its assets.
  auto granted = content->files == nullptr ? std::make_shared<GrantedFiles>(options.limits)
                                           : std::static_pointer_cast<GrantedFiles>(content->files);
  granted->Grant(folder);
  content->files = granted;
  content->setup.checkpoint_prefix = folder->Describe(stem);
  ModelSetup& setup = content->setup;
  // A plain graph says nothing of how it is restored; these are the names that savers gave from the first to the last.
  if (setup.restore_op.empty() && content->graph.Find("save/restore_all") >= 0 &&
      content->graph.Find("save/Const") >= 0) {
    setup.restore_op = "save/restore_all";
    setup.filename_tensor = "save/Const:0";
  }
  return Status();
}

Result<ModelContent> OpenSavedModel(const std::string& path, const LoadOptions& options) {
  RIVULET_ASSIGN_OR_RETURN(const std::shared_ptr<const Folder> folder,
                           Folder::OpenFolder(path, FolderOptionsOf(options)));
  ModelContent content;
  Result<FileBytes> file = folder->Open("saved_model.pb");
  if (!file.ok() && file.status().code() == Code::kNotFound) file = folder->Open("saved_model.pbtxt");
  if (!file.ok()) {
    if (file.status().code() != Code::kNotFound) return std::move(file).status();
    const std::vector<std::string> names = folder->List();
    const auto has = [&](std::string_view name) { return std::find(names.begin(), names.end(), name) != names.end(); };
    if (has("saved_model.cpb")) {
      return Unimplemented("saved_model.cpb: a SavedModel in chunks is not read; save it again without chunks");
    }
    if (has("checkpoint")) return NoGraph("a folder of checkpoints");
    for (const std::string& name : names) {
      if (folder->Has(name + "/saved_model.pb") || folder->Has(name + "/saved_model.pbtxt")) {
        return NotFound("the folder has no saved_model.pb; did you mean ", Quoted(folder->Describe(name)), "?");
      }
    }
    return NotFound("the folder has no saved_model.pb or saved_model.pbtxt; it has ", Listed(names));
  }
  content.file = *std::move(file);
  RIVULET_RETURN_IF_ERROR(ReadContent(options, folder.get(), &content));
  auto granted = std::make_shared<GrantedFiles>(options.limits);
  granted->Grant(folder);
  content.files = granted;
  if (content.setup.restore_op.empty()) return content;
  const std::string prefix(kVariablesPrefix);
  if (folder->Has(prefix + ".index")) {
    content.setup.checkpoint_prefix = folder->Describe(prefix);
  } else {
    const bool has_folder = folder->Has("variables");
    content.setup.no_checkpoint =
        Cat(Quoted(folder->Describe(prefix + ".index")), " is not there; ",
            has_folder ? Quoted(folder->Describe("variables")) : std::string("the model's folder"), " has ",
            Listed(folder->List(has_folder ? "variables" : "")));
  }
  return content;
}

}  // namespace

Result<ModelContent> OpenModel(const std::string& path, const LoadOptions& options) {
  const FileAccess access = options.map_file ? FileAccess::kMap : FileAccess::kRead;
  if constexpr (!kBuilt.saved_models) {
    if (IsFolder(path) || path.ends_with(".meta") || !options.checkpoint.empty()) {
      return NotBuilt("SavedModels and checkpoints").Framed(Quoted(path));
    }
    RIVULET_ASSIGN_OR_RETURN(FileBytes bytes, OpenFile(path, access, options.limits.file_bytes));
    return OpenModelBytes(std::move(bytes), path, options);
  }
  const size_t slash = path.rfind('/');
  const std::string_view file_name = slash == std::string::npos ? path : std::string_view(path).substr(slash + 1);
  if (!IsFolder(path) && (file_name == "saved_model.pb" || file_name == "saved_model.pbtxt")) {
    // Whoever names the file means the model, whose variables and assets lie beside it.
    const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    RIVULET_RETURN_IF_ERROR(OpenFile(path, access, options.limits.file_bytes).status());
    return OpenModel(folder, options);
  }
  if (IsFolder(path)) {
    Result<ModelContent> content = OpenSavedModel(path, options);
    if (!content.ok()) return std::move(content).status().Framed(Quoted(path));
    if (!options.checkpoint.empty()) RIVULET_RETURN_IF_ERROR(TakeCheckpoint(options.checkpoint, options, &*content));
    return content;
  }
  Result<FileBytes> file = OpenFile(path, access, options.limits.file_bytes);
  if (!file.ok()) {
    if (file.status().code() == Code::kNotFound && OpenFile(path + ".index", access, options.limits.file_bytes).ok()) {
      return NoGraph("a checkpoint's prefix").Framed(Quoted(path));
    }
    return std::move(file).status();
  }
  RIVULET_ASSIGN_OR_RETURN(ModelContent content, OpenModelBytes(*std::move(file), path, options));
  if (!options.checkpoint.empty()) {
    RIVULET_RETURN_IF_ERROR(TakeCheckpoint(options.checkpoint, options, &content));
  } else if (path.ends_with(".meta")) {
    // A saver writes PREFIX.meta beside the checkpoint PREFIX.
    const std::string prefix = path.substr(0, path.size() - 5);
    RIVULET_RETURN_IF_ERROR(TakeCheckpoint(prefix, options, &content));
    const auto& granted = static_cast<GrantedFiles&>(*content.files);
    if (!granted.HasCheckpoint(content.setup.checkpoint_prefix)) {
      content.setup.checkpoint_prefix.clear();
      content.setup.no_checkpoint = Cat("no checkpoint ", Quoted(prefix), " lies beside the file; name one");
    }
  }
  if (content.setup.checkpoint_prefix.empty() && content.setup.no_checkpoint.empty()) {
    content.setup.no_checkpoint = "the model came without a checkpoint; name one";
  }
  return content;
}

Result<ModelContent> OpenModelBytes(FileBytes file, const std::string& name, const LoadOptions& options) {
  ModelContent content;
  content.file = std::move(file);
  Status status = ReadContent(options, nullptr, &content);
  if (!status.ok()) return std::move(status).Framed(Quoted(name));
  content.setup.no_checkpoint = "the model was read from memory, without its folder";
  return content;
}

}  // namespace rivulet
