// A trained model as it came from its file: what is in it, before any plan is made.
#ifndef RIVULET_MODEL_H_
#define RIVULET_MODEL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rivulet/limits.h"
#include "rivulet/signature.h"
#include "rivulet/tensor.h"

namespace rivulet {

class Graph;
class MemmappedPackage;
class ModelCache;
class ModelFiles;
class PackedForms;
struct ModelSetup;

struct LoadOptions {
  // Map the file, so that its pages come and go with use. Off: read it into memory, for files that others may cut
  // while they are in use.
  bool map_file = true;
  Limits limits;
  // Where constants that the file only describes (splats) are made; unlimited when null.
  std::shared_ptr<Allocator> allocator;
  // Which graph of a SavedModel: that of exactly these tags. Empty: of "serve", else the only one, else that of none.
  std::vector<std::string> tags;
  // Prefix of the checkpoint that variables are restored from; empty: the one that comes with the model.
  std::string checkpoint;
  // Files of a model's folder may be links, to wherever they lead.
  bool follow_links = false;
  // Read all of a pack (.rivulet) and compare its checksums before it is used. Off: only those of what loading reads.
  bool check_regions = false;
  // Threads that decode squeezed constants.
  int num_threads = 1;
  // A folder of the caller's own where what is made of squeezed constants is kept, and mapped the next time: decoded,
  // and as kernels read them. It is made if it is not there, and may be emptied at any time. Empty: nothing is written.
  std::string cache_folder;
  // Told why the cache could not be used or written, by threads that load or plan; all works without it.
  std::function<void(const std::string& note)> cache_note;
};

// Immutable; shared by any number of sessions and threads.
class Model {
 public:
  // Reads a SavedModel when the path is a folder; otherwise a GraphDef, a MetaGraphDef (both binary or text), a
  // memmapped package or a pack, recognised by its content.
  static Result<std::shared_ptr<const Model>> Load(const std::string& path, const LoadOptions& options = {});
  // The same from memory; `owner` keeps the bytes alive and may be null when the caller does. `name` is for messages.
  static Result<std::shared_ptr<const Model>> LoadBytes(std::span<const uint8_t> bytes, std::shared_ptr<void> owner,
                                                        const std::string& name, const LoadOptions& options = {});
  ~Model();

  const std::string& name() const;
  // "SavedModel", "MetaGraphDef", "GraphDef", "text " with any of them, "memmapped package" or "pack".
  const std::string& format() const;
  int64_t file_bytes() const;

  struct Input {
    std::string name;
    DType dtype;
    Shape shape;
    bool has_default;
  };
  // Placeholders that something reads, in file order; where none is read, all.
  std::vector<Input> Inputs() const;
  // Nodes that no other node uses and that are no constants: what a caller most likely wants.
  std::vector<std::string> LikelyOutputs() const;

  // What the model says it can be asked; sorted by key, empty for a plain graph.
  const std::vector<ModelSignature>& Signatures() const;
  // The signature of that key; for an empty one "serving_default", else the only one. NOT_FOUND lists those there are.
  Result<const ModelSignature*> FindSignature(const std::string& key) const;

  // Type and shape of an edge, "name" or "name:port", as far as the file tells. NOT_FOUND names the nearest names.
  struct EdgeInfo {
    DType dtype = DType::kInvalid;
    Shape shape = Shape::UnknownRank();
  };
  Result<EdgeInfo> Describe(const std::string& edge) const;

  // What a pack says of itself, as JSON: inputs, labels, samples (docs/formats.md). Empty for other files.
  std::string_view Metadata() const;

  // For the engine's own rooms and tools. FromGraph looks up the operators; `allocator` as in LoadOptions.
  static std::shared_ptr<const Model> FromGraph(Graph graph, const std::string& name,
                                                std::shared_ptr<Allocator> allocator = nullptr);
  const Graph& graph() const;
  const Limits& limits() const;
  const ModelSetup& setup() const;
  // Null when the model came without a folder.
  ModelFiles* files() const;
  // Both null unless the file is a memmapped package.
  const MemmappedPackage* package() const;
  const PackedForms* packed_forms() const;
  // Null without LoadOptions::cache_folder, and where nothing is squeezed.
  ModelCache* cache() const;
  const std::shared_ptr<Allocator>& allocator() const;
  // Pages of the file that are not needed now: all, or those of a constant that lies in it.
  void DropFilePages() const;
  void DropFilePages(const Tensor& constant) const;

 private:
  struct Rep;
  explicit Model(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace rivulet

#endif  // RIVULET_MODEL_H_
