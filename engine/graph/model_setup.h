// What a session does before a model with state can run, as its file says.
#ifndef RIVULET_ENGINE_GRAPH_MODEL_SETUP_H_
#define RIVULET_ENGINE_GRAPH_MODEL_SETUP_H_

#include <string>
#include <utility>
#include <vector>

#include "rivulet/dtype.h"
#include "rivulet/shape.h"

namespace rivulet {

// An object of the Python program that wrote a SavedModel of TensorFlow 2; only to be shown.
struct SavedObject {
  enum class Kind { kOther, kVariable, kFunction, kAsset, kConstant, kResource };
  std::string path;  // from the root: "net/layer-1/kernel"; empty for the root and what no path leads to
  Kind kind = Kind::kOther;
  std::string name;  // a variable's; the class of an object of the user
  DType dtype = DType::kInvalid;
  Shape shape = Shape::UnknownRank();
  bool trainable = false;
  std::vector<std::string> functions;  // of the library, behind a function object
};

// The order: run restore_op with filename_tensor fed with checkpoint_prefix and the assets fed, when there is a
// checkpoint; then run each of init_ops with the assets fed. Names are of nodes ("save/restore_all") and of tensors
// ("save/Const:0"); whether the graph has them is found when they are needed.
struct ModelSetup {
  std::string filename_tensor;    // a string scalar; empty when nothing is restored
  std::string restore_op;         // node to run as a target; empty when nothing is restored
  std::string checkpoint_prefix;  // what to feed; empty when the model comes without a checkpoint
  std::string no_checkpoint;      // then why, for the message of whoever misses a variable's value
  std::vector<std::string> init_ops;
  // String scalars that name files, and the paths to feed.
  std::vector<std::pair<std::string, std::string>> assets;

  // Only to be shown.
  std::vector<std::string> tags;
  std::string tensorflow_version;  // of the writer
  bool stripped_default_attrs = false;
  std::vector<SavedObject> objects;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_GRAPH_MODEL_SETUP_H_
