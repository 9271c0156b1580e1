// The checkpoint half of inspect: variables with type, shape and bytes.
#ifndef RIVULET_CLI_INSPECT_CHECKPOINT_H_
#define RIVULET_CLI_INSPECT_CHECKPOINT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "rivulet/limits.h"
#include "rivulet/shape.h"
#include "rivulet/status.h"
#include "rivulet/dtype.h"

namespace rivulet::cli {

struct VariableInfo {
  std::string name;       // for people: a checkpoint of TensorFlow 2 appends to its keys
  std::string key;        // in the checkpoint
  std::string full_name;  // in the graph, where an object graph tells
  DType dtype = DType::kInvalid;
  Shape shape;
  int64_t bytes = 0;
  size_t slices = 0;
};

struct CheckpointInfo {
  std::string prefix;
  int version = 0;
  std::vector<VariableInfo> variables;
  int64_t bytes = 0;
};

// The checkpoint that `path` means when it means one: a prefix, a file of it, or a training folder. Empty otherwise.
std::string CheckpointOf(const std::string& path, bool follow_links, Status* status);

Result<CheckpointInfo> ReadCheckpointInfo(const std::string& prefix, bool follow_links);

nlohmann::json ToJson(const CheckpointInfo& info);
// One line per variable, at most `most`.
void PrintVariables(const CheckpointInfo& info, size_t most);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_INSPECT_CHECKPOINT_H_
