// A model of any kind as one graph that needs no other file: variables are constants, calls of functions their bodies.
#ifndef RIVULET_PREPARE_FREEZE_MODEL_H_
#define RIVULET_PREPARE_FREEZE_MODEL_H_

#include <memory>
#include <string>
#include <vector>

#include "prepare/graph_def.h"
#include "rivulet/model.h"

namespace rivulet::prepare {

// What is fed or fetched: how the signature calls it, and the tensor of the frozen graph.
struct FrozenTensor {
  std::string key;
  std::string name;
  DType dtype = DType::kInvalid;
  Shape shape = Shape::UnknownRank();
};

struct FreezeModelOptions {
  std::vector<std::string> tags;     // as LoadOptions has them
  std::string signature;             // whose inputs and outputs; empty: serving_default, or the only one
  std::vector<std::string> outputs;  // keys of the signature or tensors; empty: the signature's, else what nobody reads
};

struct FrozenModel {
  GraphDef graph;
  std::vector<FrozenTensor> inputs;
  std::vector<FrozenTensor> outputs;
  size_t variables = 0;
  size_t calls = 0;   // that became bodies
  size_t tables = 0;  // that the graph fills itself (table_contents.h)
  size_t files = 0;   // that are constants (file_contents.h)
  std::vector<std::string> empty_tables;
  std::vector<std::string> notes;  // sentences for the user
};

// `model` is what Model::Load made of `path`, whose checkpoint it knows. Variables have the values with
// which a session starts: the checkpoint's, or what an initialiser makes of them. Nodes keep their names. What came out
// of a function is called as the signature calls it, and so are the inputs that TensorFlow 2 calls SIGNATURE_KEY.
// NOT_FOUND for names that are not there.
Result<FrozenModel> FreezeModel(const std::shared_ptr<const Model>& model, const std::string& path,
                                const FreezeModelOptions& options);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_FREEZE_MODEL_H_
