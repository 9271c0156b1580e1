#include "prepare/file_contents.h"

#include <optional>

#include "engine/base/errors.h"
#include "engine/ops/model_files.h"
#include "engine/ops/op.h"
#include "prepare/constants.h"
#include "prepare/graph_edit.h"

namespace rivulet::prepare {
namespace {

// The constant in place of a ReadFile; a sentence why there is none in `note`.
std::optional<NodeDef> Content(const Model& model, const NodeDef& node, GraphEdit* edit, std::string* note) {
  const std::optional<ConstInput> path = edit->ReadConst(node, 0);
  if (!path || path->value.dtype() != DType::kString || path->value.num_elements() != 1) {
    *note = "a path that it computes";
    return std::nullopt;
  }
  const std::string& name = path->value.data<std::string>()[0];
  Result<ModelFiles*> files = WantFiles(model.files());
  Result<FileBytes> file = files.ok() ? (*files)->ReadFile(name) : Result<FileBytes>(files.status());
  if (!file.ok()) {
    *note = Cat(Quoted(name), ", which cannot be read (", file.status().message(), ")");
    return std::nullopt;
  }
  NodeDef content = MakeConst(node.name, Tensor::Scalar<std::string>(std::string(AsText(*file))));
  content.device = node.device;
  AddWaits(path->waits, &content.inputs);
  AddWaits(WaitsOf(node), &content.inputs);
  return content;
}

bool ReadsFiles(const std::string& op) {
  const OpDef* def = FindOp(op);
  return def != nullptr && (def->flags & kReadsFiles) != 0;
}

}  // namespace

Result<HeldFiles> HoldFiles(const Model& model, GraphDef& graph) {
  HeldFiles held;
  RIVULET_ASSIGN_OR_RETURN(GraphEdit edit, GraphEdit::Of(graph, {}));
  for (NodeDef* node : edit.Nodes()) {
    if (!ReadsFiles(node->op)) continue;
    std::string what = "files";
    std::optional<NodeDef> content;
    if (node->op == "ReadFile") content = Content(model, *node, &edit, &what);
    if (content) {
      edit.Replace(*node, *std::move(content));
      ++held.files;
    } else {
      held.notes.push_back(Cat("node '", node->name, "' (", node->op, ") reads ", what,
                               "; the graph alone has no files, so a run that reaches it fails"));
    }
  }
  std::move(edit).WriteTo(graph);
  return held;
}

}  // namespace rivulet::prepare
