#include "engine/import/meta_graph.h"

#include <algorithm>

#include "engine/base/errors.h"
#include "engine/base/sort.h"
#include "engine/import/graphdef.h"
#include "engine/import/signature_def.h"
#include "engine/import/variable_copies.h"

namespace rivulet {
namespace {

Status ReadInfo(WireCursor message, MetaGraph* meta) {
  while (message.Next()) {
    switch (message.field()) {
      case 4: meta->tags.emplace_back(message.Text()); break;
      case 5: meta->tensorflow_version = std::string(message.Text()); break;
      case 7: meta->stripped_default_attrs = message.Bool(); break;
      default: message.Skip();
    }
  }
  return message.status();
}

Status ReadSaver(WireCursor message, MetaGraph* meta) {
  while (message.Next()) {
    switch (message.field()) {
      case 1: meta->filename_tensor = std::string(message.Text()); break;
      case 2: meta->save_tensor = std::string(message.Text()); break;
      case 3: meta->restore_op = std::string(message.Text()); break;
      default: message.Skip();
    }
  }
  return message.status();
}

Status ReadAsset(WireCursor message, const Limits& limits, std::vector<MetaGraph::Asset>* assets) {
  MetaGraph::Asset asset;
  std::vector<SignatureTensor> tensors;
  while (message.Next()) {
    switch (message.field()) {
      case 1: RIVULET_RETURN_IF_ERROR(ReadTensorInfo(message.Message(), "", limits, &tensors)); break;
      case 2: asset.filename = std::string(message.Text()); break;
      default: message.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(message.status());
  if (!tensors.empty()) asset.tensor = tensors.front().name;
  assets->push_back(std::move(asset));
  return Status();
}

// AnyList: what matters in it are asset files.
Status ReadAnyList(WireCursor list, const Limits& limits, std::vector<MetaGraph::Asset>* assets) {
  while (list.Next()) {
    if (list.field() != 1) {
      list.Skip();
      continue;
    }
    std::string_view type;
    WireCursor value({}, 0);
    WireCursor any = list.Message();
    while (any.Next()) {
      switch (any.field()) {
        case 1: type = any.Text(); break;
        case 2: value = any.Message(); break;
        default: any.Skip();
      }
    }
    RIVULET_RETURN_IF_ERROR(any.status());
    if (type.ends_with("/tensorflow.AssetFileDef")) RIVULET_RETURN_IF_ERROR(ReadAsset(value, limits, assets));
  }
  return list.status();
}

Status ReadCollectionEntry(WireCursor message, const Limits& limits, MetaGraph* meta,
                           std::vector<MetaGraph::Asset>* collected) {
  std::string key;
  WireCursor collection({}, 0);
  while (message.Next()) {
    switch (message.field()) {
      case 1: key = std::string(message.Text()); break;
      case 2: collection = message.Message(); break;
      default: message.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(message.status());
  while (collection.Next()) {
    if (collection.field() == 1) {
      std::vector<std::string>& names = meta->node_lists[key];
      WireCursor list = collection.Message();
      while (list.Next()) {
        if (list.field() == 1) {
          names.emplace_back(list.Text());
        } else {
          list.Skip();
        }
      }
      RIVULET_RETURN_IF_ERROR(list.status());
    } else if (collection.field() == 5 && key == "saved_model_assets") {
      RIVULET_RETURN_IF_ERROR(ReadAnyList(collection.Message(), limits, collected));
    } else {
      collection.Skip();
    }
  }
  return collection.status();
}

// "name:0" as a node's name.
std::string NodeOf(std::string name) {
  const size_t colon = name.rfind(':');
  if (colon != std::string::npos) name.resize(colon);
  if (!name.empty() && name[0] == '^') name.erase(0, 1);
  return name;
}

}  // namespace

Result<std::vector<std::string>> MetaGraph::InitOps() const {
  for (const ModelSignature& signature : signatures) {
    if (signature.key != kInitSignature) continue;
    const SignatureTensor* output = signature.FindOutput(kInitSignature);
    if (output == nullptr || output->name.empty()) {
      return FailedPrecondition("signature ", kInitSignature, " has no output of that name");
    }
    return std::vector<std::string>{NodeOf(output->name)};
  }
  for (const std::string_view key : {"saved_model_main_op", "legacy_init_op"}) {
    const auto list = node_lists.find(key);
    if (list == node_lists.end() || list->second.empty()) continue;
    if (list->second.size() != 1) {
      return FailedPrecondition("collection ", key, ": want one node, got ",
                                static_cast<uint64_t>(list->second.size()));
    }
    return std::vector<std::string>{NodeOf(list->second[0])};
  }
  return std::vector<std::string>();
}

Result<MetaGraph> ReadMetaGraph(WireCursor message, const std::shared_ptr<void>& owner, const Limits& limits,
                                Allocator& allocator) {
  MetaGraph meta;
  std::vector<MetaGraph::Asset> collected;
  bool has_graph = false;
  while (message.Next()) {
    switch (message.field()) {
      case 1: RIVULET_RETURN_IF_ERROR(ReadInfo(message.Message(), &meta)); break;
      case 2: {
        const WireCursor graph = message.Message();
        if (!message.status().ok()) break;
        if (has_graph) return InvalidArgument("the MetaGraphDef has two graphs");
        has_graph = true;
        RIVULET_ASSIGN_OR_RETURN(meta.graph, ImportGraphDef(graph, owner, limits));
        break;
      }
      case 3: RIVULET_RETURN_IF_ERROR(ReadSaver(message.Message(), &meta)); break;
      case 4: RIVULET_RETURN_IF_ERROR(ReadCollectionEntry(message.Message(), limits, &meta, &collected)); break;
      case 5: {
        RIVULET_ASSIGN_OR_RETURN(ModelSignature signature,
                                 ReadSignatureEntry(message.Message(), owner, limits, allocator));
        meta.signatures.push_back(std::move(signature));
        break;
      }
      case 6: RIVULET_RETURN_IF_ERROR(ReadAsset(message.Message(), limits, &meta.assets)); break;
      case 7: {
        RIVULET_ASSIGN_OR_RETURN(meta.objects, ReadSavedObjects(message.Message(), limits));
        break;
      }
      default: message.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(message.status());
  JoinVariableCopies(meta.graph, meta.restore_op);
  // Early SavedModels have them in a collection only.
  if (meta.assets.empty()) meta.assets = std::move(collected);
  StableSort(meta.signatures.begin(), meta.signatures.end(),
             [](const ModelSignature& a, const ModelSignature& b) { return a.key < b.key; });
  for (size_t i = 1; i < meta.signatures.size(); ++i) {
    if (meta.signatures[i].key == meta.signatures[i - 1].key) {
      return InvalidArgument("signature ", Quoted(meta.signatures[i].key), " is there twice");
    }
  }
  return meta;
}

Result<std::vector<std::string>> ReadTags(WireCursor message) {
  MetaGraph meta;
  while (message.Next()) {
    if (message.field() == 1) {
      RIVULET_RETURN_IF_ERROR(ReadInfo(message.Message(), &meta));
    } else {
      message.Skip();
    }
  }
  RIVULET_RETURN_IF_ERROR(message.status());
  return meta.tags;
}

bool LooksLikeMetaGraph(std::span<const uint8_t> bytes) {
  // A GraphDef's field 2 is a library of functions, whose definitions have no text at field 2; a MetaGraphDef's is a
  // graph, whose nodes have their operator there. A saver (field 3, a number in a GraphDef) settles it at once.
  int firsts = 0;
  for (WireCursor file(bytes, 0); file.Next();) {
    if (file.field() == 3) return file.type() == WireType::kBytes;
    if (file.field() == 1 && ++firsts > 1) return false;
    if (file.field() == 2 && file.type() == WireType::kBytes) {
      WireCursor graph = file.Message();
      while (graph.Next()) {
        if (graph.field() == 4 && graph.type() == WireType::kBytes) return true;  // versions
        if (graph.field() != 1 || graph.type() != WireType::kBytes) {
          graph.Skip();
          continue;
        }
        for (WireCursor node = graph.Message(); node.Next(); node.Skip()) {
          if (node.field() == 2 && node.type() == WireType::kBytes) return true;
        }
        break;
      }
      continue;
    }
    file.Skip();
  }
  return false;
}

}  // namespace rivulet
