// Variables become constants: what makes of a trained graph one that runs without its checkpoint.
#ifndef RIVULET_PREPARE_FREEZE_H_
#define RIVULET_PREPARE_FREEZE_H_

#include <functional>
#include <string>
#include <vector>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

bool IsVariable(const NodeDef& node);  // Variable, VariableV2, VarHandleOp

struct FreezeOptions {
  std::vector<std::string> outputs;
  std::vector<std::string> only;    // variables to convert; empty: all
  std::vector<std::string> except;  // variables to leave
  bool clear_devices = true;
};

// Keeps what the outputs need; each variable among it becomes a Const of the same name with the value that `value_of`
// gives; what reads it through a handle reads the Const. Functions that a variable goes into are made anew for it. One
// that something still writes to, or takes otherwise, is an error which names both. Gives the number of variables.
Result<size_t> FreezeVariables(const FreezeOptions& options,
                               const std::function<Result<Tensor>(const NodeDef& variable)>& value_of, GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_FREEZE_H_
