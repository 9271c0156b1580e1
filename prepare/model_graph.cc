#include "prepare/model_graph.h"

#include <algorithm>

#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "engine/base/folder.h"
#include "engine/base/wire.h"
#include "engine/import/meta_graph.h"
#include "engine/import/saved_model.h"
#include "engine/import/sniff.h"
#include "engine/import/text_proto.h"
#include "prepare/region_constants.h"

namespace rivulet::prepare {
namespace {

enum : uint32_t { kMetaGraphs = 2 };                              // of SavedModel
enum : uint32_t { kMetaInfo = 1, kGraphDef = 2, kSaverDef = 3 };  // of MetaGraphDef
enum : uint32_t { kTags = 4 };                                    // of MetaInfoDef
enum : uint32_t { kFilenameTensor = 1, kRestoreOp = 3 };          // of SaverDef
enum : uint32_t { kLibrary = 2, kFunction = 1 };                  // of GraphDef and FunctionDefLibrary
enum : uint32_t { kSignature = 1, kNodeDef = 3, kOpName = 1 };    // of FunctionDef and its OpDef
enum class Root { kGraph, kMetaGraph, kSavedModel, kPackage };

struct Wire {
  std::span<const uint8_t> bytes;
  std::shared_ptr<void> owner;
  Root root = Root::kGraph;
};

// The folder's file of a SavedModel; the path itself when it is no folder.
std::string FileOf(const std::string& path) {
  if (!IsFolder(path)) return path;
  const std::string folder = path.ends_with('/') ? path : path + "/";
  const bool has_text = OpenFile(folder + "saved_model.pbtxt", FileAccess::kMap, int64_t{1} << 40).ok() &&
                        !OpenFile(folder + "saved_model.pb", FileAccess::kMap, int64_t{1} << 40).ok();
  return folder + (has_text ? "saved_model.pbtxt" : "saved_model.pb");
}

Result<Wire> ReadText(const FileBytes& file, const Limits& limits) {
  const std::string_view text(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
  const TextRoot root = TextRootOf(text);
  RIVULET_ASSIGN_OR_RETURN(std::vector<uint8_t> wire, TextToWire(text, root, limits));
  auto owner = std::make_shared<std::vector<uint8_t>>(std::move(wire));
  const std::span<const uint8_t> bytes(*owner);
  return Wire{bytes, std::move(owner),
              root == TextRoot::kSavedModel     ? Root::kSavedModel
              : root == TextRoot::kMetaGraphDef ? Root::kMetaGraph
                                                : Root::kGraph};
}

Result<Wire> ReadWire(const std::string& path, const Limits& limits) {
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, OpenFile(FileOf(path), FileAccess::kMap, limits.file_bytes));
  if (file.bytes.empty()) return InvalidArgument("'", path, "': the file is empty");
  if (const std::string_view foreign = DescribeForeignFile(file.bytes); !foreign.empty()) {
    return InvalidArgument("'", path, "': want a model, got ", foreign);
  }
  if (LooksLikeText(file.bytes)) {
    Result<Wire> wire = ReadText(file, limits);
    if (!wire.ok()) return Status(wire.status()).Framed(Cat("'", path, "'"));
    return wire;
  }
  if (LooksLikePackage(file.bytes)) {
    return Wire{file.bytes, file.owner, Root::kPackage};
  }
  const Root root = LooksLikeSavedModel(file.bytes)  ? Root::kSavedModel
                    : LooksLikeMetaGraph(file.bytes) ? Root::kMetaGraph
                                                     : Root::kGraph;
  return Wire{file.bytes, file.owner, root};
}

Status ReadSaver(WireCursor saver, ModelGraph* model) {
  while (saver.Next()) {
    switch (saver.field()) {
      case kFilenameTensor: model->filename_tensor = saver.Text(); break;
      case kRestoreOp: model->restore_op = saver.Text(); break;
      default: saver.Skip();
    }
  }
  return saver.status();
}

Status ReadMeta(WireCursor meta, const std::shared_ptr<void>& owner, const Limits& limits, ModelGraph* model) {
  while (meta.Next()) {
    if (meta.field() == kGraphDef) {
      const std::span<const uint8_t> bytes = meta.Bytes();
      if (!meta.status().ok()) break;
      RIVULET_ASSIGN_OR_RETURN(model->graph, ParseGraphDef(bytes, owner, limits));
    } else if (meta.field() == kSaverDef) {
      RIVULET_RETURN_IF_ERROR(ReadSaver(meta.Message(), model));
    } else {
      meta.Skip();
    }
  }
  return meta.status();
}

std::string Joined(const std::vector<std::string>& tags) {
  std::string text;
  for (const std::string& tag : tags) text += (text.empty() ? "" : ",") + tag;
  return Cat("'", text, "'");
}

bool SameTags(std::vector<std::string> a, std::vector<std::string> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

struct Variant {
  std::vector<std::string> tags;
  std::span<const uint8_t> bytes;
};

Result<std::vector<Variant>> VariantsOf(const Wire& wire) {
  std::vector<Variant> variants;
  WireCursor cursor(wire.bytes, 0);
  while (cursor.Next()) {
    if (cursor.field() != kMetaGraphs) {
      cursor.Skip();
      continue;
    }
    Variant variant;
    variant.bytes = cursor.Bytes();
    if (!cursor.status().ok()) break;
    RIVULET_ASSIGN_OR_RETURN(variant.tags, ReadTags(WireCursor(variant.bytes, 0)));
    variants.push_back(std::move(variant));
  }
  RIVULET_RETURN_IF_ERROR(cursor.status());
  return variants;
}

Result<Variant> Choose(const std::vector<Variant>& variants, const std::vector<std::string>& tags) {
  const std::vector<std::string> wanted = tags.empty() ? std::vector<std::string>{"serve"} : tags;
  std::string there;
  for (const Variant& variant : variants) {
    if (SameTags(variant.tags, wanted)) return variant;
    there += (there.empty() ? "" : ", ") + Joined(variant.tags);
  }
  if (tags.empty() && variants.size() == 1) return variants[0];
  const auto serves = [](const Variant& variant) {
    return std::find(variant.tags.begin(), variant.tags.end(), "serve") != variant.tags.end();
  };
  if (tags.empty() && std::count_if(variants.begin(), variants.end(), serves) == 1) {
    return *std::find_if(variants.begin(), variants.end(), serves);
  }
  // As a module of TensorFlow Hub has it, beside one for training.
  const auto is_untagged = [](const Variant& variant) { return variant.tags.empty(); };
  if (tags.empty() && std::none_of(variants.begin(), variants.end(), serves) &&
      std::count_if(variants.begin(), variants.end(), is_untagged) == 1) {
    return *std::find_if(variants.begin(), variants.end(), is_untagged);
  }
  return NotFound("no graph has the tags ", Joined(wanted), "; there are ", there.empty() ? "none" : there);
}

Result<ModelGraph> Read(const Wire& wire, const std::vector<std::string>& tags, const Limits& limits) {
  ModelGraph model;
  std::span<const uint8_t> meta = wire.bytes;
  if (wire.root == Root::kPackage) {
    RIVULET_ASSIGN_OR_RETURN(model.graph, GraphOfPackage(wire.bytes, wire.owner, limits));
    return model;
  }
  if (wire.root == Root::kGraph) {
    RIVULET_ASSIGN_OR_RETURN(model.graph, ParseGraphDef(wire.bytes, wire.owner, limits));
    return model;
  }
  if (wire.root == Root::kSavedModel) {
    RIVULET_ASSIGN_OR_RETURN(const std::vector<Variant> variants, VariantsOf(wire));
    RIVULET_ASSIGN_OR_RETURN(const Variant variant, Choose(variants, tags));
    model.tags = variant.tags;
    meta = variant.bytes;
  }
  RIVULET_RETURN_IF_ERROR(ReadMeta(WireCursor(meta, 0), wire.owner, limits, &model));
  return model;
}

// One function as a graph whose nodes are its own: field 3 becomes GraphDef's field 1.
Status VisitFunction(WireCursor function, const std::function<void(std::string_view, const NodeDef&)>& visit) {
  std::string_view name;
  std::vector<std::span<const uint8_t>> nodes;
  while (function.Next()) {
    if (function.field() == kNodeDef) {
      nodes.push_back(function.Bytes());
    } else if (function.field() == kSignature) {
      WireCursor signature = function.Message();
      while (signature.Next()) {
        if (signature.field() == kOpName) {
          name = signature.Text();
        } else {
          signature.Skip();
        }
      }
      RIVULET_RETURN_IF_ERROR(signature.status());
    } else {
      function.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(function.status());
  for (const auto& bytes : nodes) {
    RIVULET_ASSIGN_OR_RETURN(const NodeDef node, ParseNodeDef(bytes, nullptr));
    visit(name, node);
  }
  return Status();
}

}  // namespace

Result<ModelGraph> ReadModelGraph(const std::string& path, const std::vector<std::string>& tags, const Limits& limits) {
  RIVULET_ASSIGN_OR_RETURN(const Wire wire, ReadWire(path, limits));
  Result<ModelGraph> model = Read(wire, tags, limits);
  if (!model.ok()) return Status(model.status()).Framed(Cat("'", path, "'"));
  return model;
}

Result<std::vector<std::vector<std::string>>> ReadTagSets(const std::string& path, const Limits& limits) {
  RIVULET_ASSIGN_OR_RETURN(const Wire wire, ReadWire(path, limits));
  if (wire.root != Root::kSavedModel) return InvalidArgument("'", path, "': want a SavedModel");
  Result<std::vector<Variant>> variants = VariantsOf(wire);
  if (!variants.ok()) return Status(variants.status()).Framed(Cat("'", path, "'"));
  std::vector<std::vector<std::string>> sets;
  for (Variant& variant : *variants) sets.push_back(std::move(variant.tags));
  return sets;
}

Result<MetaGraph> ReadSavedModelGraph(const std::string& path, const std::vector<std::string>& tags,
                                      const Limits& limits) {
  RIVULET_ASSIGN_OR_RETURN(const Wire wire, ReadWire(path, limits));
  if (wire.root != Root::kSavedModel) return InvalidArgument("'", path, "': want a SavedModel");
  Result<MetaGraph> graph = ReadSavedModel(wire.bytes, wire.owner, tags, limits, *Allocator::Create());
  if (!graph.ok()) return Status(graph.status()).Framed(Cat("'", path, "'"));
  return graph;
}

Status VisitFunctionNodes(const GraphDef& graph, const std::function<void(std::string_view, const NodeDef&)>& visit) {
  WireCursor rest({reinterpret_cast<const uint8_t*>(graph.rest.data()), graph.rest.size()}, 0);
  while (rest.Next()) {
    if (rest.field() != kLibrary) {
      rest.Skip();
      continue;
    }
    WireCursor library = rest.Message();
    while (library.Next()) {
      if (library.field() == kFunction) {
        RIVULET_RETURN_IF_ERROR(VisitFunction(library.Message(), visit));
      } else {
        library.Skip();
      }
    }
    RIVULET_RETURN_IF_ERROR(library.status());
  }
  return rest.status();
}

}  // namespace rivulet::prepare
