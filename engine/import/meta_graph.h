// MetaGraphDef: a graph with what is needed to use it: signatures, how variables are restored, assets.
#ifndef RIVULET_ENGINE_IMPORT_META_GRAPH_H_
#define RIVULET_ENGINE_IMPORT_META_GRAPH_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/wire.h"
#include "engine/graph/graph.h"
#include "engine/import/object_graph.h"
#include "rivulet/limits.h"
#include "rivulet/signature.h"

namespace rivulet {

struct MetaGraph {
  std::vector<std::string> tags;
  std::string tensorflow_version;
  bool stripped_default_attrs = false;
  Graph graph;

  // SaverDef; all empty when there is none.
  std::string filename_tensor;
  std::string save_tensor;
  std::string restore_op;

  // Names of nodes by collection ("saved_model_main_op", "table_initializer", ...).
  std::map<std::string, std::vector<std::string>, std::less<>> node_lists;
  std::vector<ModelSignature> signatures;  // sorted by key
  struct Asset {
    std::string tensor;
    std::string filename;
  };
  std::vector<Asset> assets;
  std::vector<SavedObject> objects;  // TensorFlow 2's

  // The nodes that initialise the model once variables are restored, as TensorFlow's loader finds them: the output of
  // signature __saved_model_init_op, or collection saved_model_main_op, or legacy_init_op.
  Result<std::vector<std::string>> InitOps() const;
};

// Constants of the graph are views kept alive by `owner`; default values of inputs come from `allocator`.
Result<MetaGraph> ReadMetaGraph(WireCursor message, const std::shared_ptr<void>& owner, const Limits& limits,
                                Allocator& allocator);

// The tags alone.
Result<std::vector<std::string>> ReadTags(WireCursor message);

// Whether wire bytes are a MetaGraphDef rather than a GraphDef, whose first two fields are of the same kinds.
bool LooksLikeMetaGraph(std::span<const uint8_t> bytes);

// The signature by which a SavedModel says what to run after restoring; nothing that a caller asks for.
inline constexpr std::string_view kInitSignature = "__saved_model_init_op";

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_META_GRAPH_H_
