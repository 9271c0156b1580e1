// Flags that say which part of a model is meant: of the subcommands that load one.
#ifndef RIVULET_CLI_MODEL_FLAGS_H_
#define RIVULET_CLI_MODEL_FLAGS_H_

#include <memory>
#include <string>

#include "rivulet/model.h"

namespace rivulet::cli {

class Subcommand;

struct ModelFlags {
  std::string tags;
  std::string checkpoint;
  bool follow_links = false;

  void AddTo(Subcommand& command);
  LoadOptions Options() const;
};

// Loads it with the cache (cache_folder.h) and `threads`, and prints what is wrong; *code is the exit code when there
// is no model.
std::shared_ptr<const Model> LoadModel(const std::string& path, const ModelFlags& flags, int* code, int threads = 1);

// What --signature, or its absence, chooses. Names are a signature's keys or tensors of the graph.
class NameChoice {
 public:
  // An unknown key is NOT_FOUND; without `key` a model may have no signature.
  static Result<NameChoice> Of(const Model& model, const std::string& key);

  // Null when none is chosen.
  const ModelSignature* signature() const { return signature_; }
  // The tensor that `name` means as an input or output.
  std::string Input(const std::string& name) const;
  std::string Output(const std::string& name) const;
  // How a caller names the input that the node gives: the signature's key, else the node itself.
  std::string KeyOf(const std::string& node) const;
  // What is said of a name that is neither a key of the signature nor a node: the keys that there are.
  Status Unknown(Status status, const std::string& name, bool is_input) const;
  // The names of what is fetched when nothing is asked for: the signature's outputs, else what no other node uses.
  std::vector<std::string> DefaultOutputs(const Model& model) const;

 private:
  const ModelSignature* signature_ = nullptr;
};

// An error where the tensor is a variable itself (VariableV2, VarHandleOp), a table or another object, that names a
// node to fetch instead. What Assign and its kin give is the value that they leave;
// a reference that a signature names as its output stands for its value, as in TensorFlow.
Status CheckIsArray(const Model& model, const std::string& name, const std::string& tensor);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_MODEL_FLAGS_H_
