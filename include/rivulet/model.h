// A trained model as it came from its file: what is in it, before any plan is made.
#ifndef RIVULET_MODEL_H_
#define RIVULET_MODEL_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rivulet/limits.h"
#include "rivulet/tensor.h"

namespace rivulet {

class Graph;

struct LoadOptions {
  // Map the file, so that its pages come and go with use. Off: read it into memory, for files that others may cut
  // while they are in use.
  bool map_file = true;
  Limits limits;
  // Where constants that the file only describes (splats) are made; unlimited when null.
  std::shared_ptr<Allocator> allocator;
};

// Immutable; shared by any number of sessions and threads.
class Model {
 public:
  // Reads a frozen GraphDef, binary or text, recognised by its content.
  static Result<std::shared_ptr<const Model>> Load(const std::string& path, const LoadOptions& options = {});
  // The same from memory; `owner` keeps the bytes alive and may be null when the caller does. `name` is for messages.
  static Result<std::shared_ptr<const Model>> LoadBytes(std::span<const uint8_t> bytes, std::shared_ptr<void> owner,
                                                        const std::string& name, const LoadOptions& options = {});
  ~Model();

  const std::string& name() const;
  // "GraphDef" or "text GraphDef".
  const std::string& format() const;
  int64_t file_bytes() const;

  struct Input {
    std::string name;
    DType dtype;
    Shape shape;
    bool has_default;
  };
  // Placeholders, in file order.
  std::vector<Input> Inputs() const;
  // Nodes that no other node uses and that are no constants: what a caller most likely wants.
  std::vector<std::string> LikelyOutputs() const;

  // Type and shape of an edge, "name" or "name:port", as far as the file tells. NOT_FOUND names the nearest names.
  struct EdgeInfo {
    DType dtype = DType::kInvalid;
    Shape shape = Shape::UnknownRank();
  };
  Result<EdgeInfo> Describe(const std::string& edge) const;

  // For the engine's own rooms and tools. FromGraph looks up the operators.
  static std::shared_ptr<const Model> FromGraph(Graph graph, const std::string& name);
  const Graph& graph() const;
  const Limits& limits() const;
  const std::shared_ptr<Allocator>& allocator() const;
  void DropFilePages() const;

 private:
  struct Rep;
  explicit Model(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace rivulet

#endif  // RIVULET_MODEL_H_
