#include "prepare/freeze.h"

#include <algorithm>

#include "engine/base/errors.h"
#include "prepare/constants.h"
#include "prepare/freeze_body.h"
#include "prepare/strip_unused.h"

namespace rivulet::prepare {
namespace {

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool IsVariable(const NodeDef& node) {
  return node.op == "Variable" || node.op == "VariableV2" || node.op == "VarHandleOp";
}

Result<size_t> FreezeVariables(const FreezeOptions& options,
                               const std::function<Result<Tensor>(const NodeDef& variable)>& value_of,
                               GraphDef& graph) {
  RIVULET_RETURN_IF_ERROR(KeepNeeded(options.outputs, graph));
  RIVULET_ASSIGN_OR_RETURN(FunctionLibrary library, TakeLibrary(graph));
  FrozenFunctions functions(library);
  BodyFreezer freezer(graph.nodes, functions, false);
  size_t count = 0;
  for (NodeDef& node : graph.nodes) {
    if (!IsVariable(node) || Contains(options.except, node.name) ||
        (!options.only.empty() && !Contains(options.only, node.name))) {
      continue;
    }
    RIVULET_ASSIGN_OR_RETURN(const Tensor value, value_of(node));
    const Attr* dtype = node.Find("dtype");
    if (dtype != nullptr && dtype->AsType() && *dtype->AsType() != value.dtype()) {
      return InvalidArgument("variable '", node.name, "': want ", Name(*dtype->AsType()), ", the checkpoint has ",
                             Name(value.dtype()));
    }
    freezer.Seed(node.name, {value.dtype(), value.shape(), node.name, node.op == "VarHandleOp"});
    NodeDef constant = MakeConst(node.name, value);
    constant.device = node.device;
    for (const std::string& input : node.inputs) {
      if (ParseInput(input).is_control) constant.inputs.push_back(input);
    }
    node = std::move(constant);
    ++count;
  }
  RIVULET_RETURN_IF_ERROR(freezer.Run());
  PutLibrary(library, graph);
  if (options.clear_devices) {
    for (NodeDef& node : graph.nodes) node.device.clear();
  }
  // VarIsInitializedOp as a constant may leave its variable unused.
  RIVULET_RETURN_IF_ERROR(KeepNeeded(options.outputs, graph));
  return count;
}

}  // namespace rivulet::prepare
