// The values of a graph's variables in a checkpoint.
#ifndef RIVULET_PREPARE_VARIABLE_VALUES_H_
#define RIVULET_PREPARE_VARIABLE_VALUES_H_

#include <map>
#include <memory>
#include <string>

#include "engine/import/checkpoint.h"
#include "prepare/graph_def.h"

namespace rivulet::prepare {

class VariableValues {
 public:
  // `graph` is the whole one: its own nodes for restoring say under which name, and which part, each variable was
  // saved. `prefix` is a checkpoint's path. Messages name it.
  static Result<VariableValues> Open(const std::string& prefix, const GraphDef& graph);

  // NOT_FOUND has the nearest names.
  Result<Tensor> Of(const NodeDef& variable) const;

 private:
  struct Saved {
    std::string key;
    std::string slice;  // "3 4 0,2:-"; empty for all of it
  };

  void ReadRestoreNodes(const GraphDef& graph);
  // Of copies that were restored where what they are copies of was not (engine/import/variable_copies.h).
  void ReadCopies(const GraphDef& graph);
  Status ReadObjects();

  std::string prefix_;
  std::shared_ptr<const CheckpointReader> reader_;
  std::shared_ptr<Allocator> allocator_;
  std::map<std::string, Saved, std::less<>> by_node_;  // by the variable's node, as the graph restores it
  std::map<std::string, std::string, std::less<>>
      by_object_;  // TensorFlow 2: key by the variable's name; "" if doubtful
};

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_VARIABLE_VALUES_H_
