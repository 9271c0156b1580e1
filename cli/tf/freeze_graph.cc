// freeze_graph: a graph and the checkpoint of its variables become one file.
#include <algorithm>
#include <cstdio>
#include <optional>

#include "cli/inspect_checkpoint.h"
#include "cli/tf/tools.h"
#include "engine/base/errors.h"
#include "engine/base/folder.h"
#include "prepare/freeze.h"
#include "prepare/model_graph.h"
#include "prepare/variable_values.h"

namespace rivulet::tf {
namespace {

struct FreezeFlags {
  std::string input_graph, input_saver, input_checkpoint, output_graph, initializer_nodes, input_meta_graph;
  std::string input_saved_model_dir, saved_model_tags = "serve";
  prepare::FreezeOptions options;
};

// The checkpoint's prefix; empty for a SavedModel without variables.
Result<std::string> CheckpointFor(const FreezeFlags& flags) {
  if (!flags.input_saved_model_dir.empty()) {
    const std::string prefix = flags.input_saved_model_dir + "/variables/variables";
    return OpenFile(prefix + ".index", FileAccess::kMap, int64_t{1} << 40).ok() ? prefix : std::string();
  }
  Status status;
  const std::string prefix = cli::CheckpointOf(flags.input_checkpoint, true, &status);
  RIVULET_RETURN_IF_ERROR(status);
  if (prefix.empty()) return NotFound("Input checkpoint '", flags.input_checkpoint, "' doesn't exist!");
  return prefix;
}

Status CheckNodes(const prepare::GraphDef& graph, const std::string& names) {
  if (names.empty()) return Status();
  std::vector<std::string_view> all;
  for (const prepare::NodeDef& node : graph.nodes) all.push_back(node.name);
  for (const std::string& name : SplitList(names)) {
    if (std::find(all.begin(), all.end(), prepare::ParseInput(name).node) == all.end()) {
      return NotFound("--initializer_nodes: no node is called ", Quoted(name), "; nearest: ", NearestNames(name, all));
    }
  }
  return Status();
}

Status Freeze(const FreezeFlags& flags) {
  const std::string path = !flags.input_saved_model_dir.empty() ? flags.input_saved_model_dir
                           : !flags.input_meta_graph.empty()    ? flags.input_meta_graph
                                                                : flags.input_graph;
  const std::vector<std::string> tags =
      flags.input_saved_model_dir.empty() ? std::vector<std::string>() : SplitList(flags.saved_model_tags);
  RIVULET_ASSIGN_OR_RETURN(prepare::ModelGraph model, prepare::ReadModelGraph(path, tags));
  prepare::GraphDef& graph = model.graph;
  RIVULET_ASSIGN_OR_RETURN(const std::string prefix, CheckpointFor(flags));
  RIVULET_RETURN_IF_ERROR(CheckNodes(graph, flags.initializer_nodes));
  const bool has_variables = std::any_of(graph.nodes.begin(), graph.nodes.end(), prepare::IsVariable);
  if (!has_variables && flags.input_saved_model_dir.empty()) {
    return FailedPrecondition("'", path,
                              "': No variables were found in this model. It is likely the model was frozen previously. "
                              "You cannot freeze a graph twice.");
  }
  std::optional<prepare::VariableValues> values;
  if (!prefix.empty()) {
    RIVULET_ASSIGN_OR_RETURN(values, prepare::VariableValues::Open(prefix, graph));
  }
  const auto value_of = [&](const prepare::NodeDef& variable) -> Result<Tensor> {
    if (!values) return NotFound("'", path, "' has no checkpoint for variable '", variable.name, "'");
    return values->Of(variable);
  };
  const Result<size_t> count = prepare::FreezeVariables(flags.options, value_of, graph);
  if (!count.ok()) return Status(count.status()).Framed(Cat("'", path, "'"));
  if (!flags.output_graph.empty()) RIVULET_RETURN_IF_ERROR(prepare::WriteGraphDef(graph, flags.output_graph));
  std::printf("Froze %zu variables.\nConverted %zu variables to const ops.\n%zu ops in the final graph.\n", *count,
              *count, graph.nodes.size());
  return Status();
}

int Run(const Call& call) {
  FreezeFlags tool;
  int64_t checkpoint_version = 2;
  bool input_binary = false;
  std::string outputs, whitelist, blacklist, restore_op_name = "save/restore_all",
                                             filename_tensor_name = "save/Const:0";
  Flags flags = call.MakeFlags();
  flags.Add("input_graph", &tool.input_graph, "TensorFlow 'GraphDef' file to load");
  flags.Add("input_saver", &tool.input_saver, "not needed: the graph's own nodes say how variables are restored");
  flags.Add("input_checkpoint", &tool.input_checkpoint, "the checkpoint's prefix, its folder, or a V1 file");
  flags.Add("checkpoint_version", &checkpoint_version, "not needed: 1 and 2 are told apart");
  flags.Add("output_graph", &tool.output_graph, "where the frozen graph goes");
  flags.Add("input_binary", &input_binary, "not needed: binary and text are told apart");
  flags.Add("output_node_names", &outputs, "the output nodes, with commas between");
  flags.Add("restore_op_name", &restore_op_name, "ignored, as in the original");
  flags.Add("filename_tensor_name", &filename_tensor_name, "ignored, as in the original");
  flags.Add("clear_devices", &tool.options.clear_devices, "whether to remove device specifications");
  flags.Add("initializer_nodes", &tool.initializer_nodes, "checked, not run: variables come from the checkpoint");
  flags.Add("variable_names_whitelist", &whitelist, "variables to convert, with commas between; all without it");
  flags.Add("variable_names_blacklist", &blacklist, "variables not to convert, with commas between");
  flags.Add("variable_names_denylist", &blacklist, "the same, as it is called today");
  flags.Add("input_meta_graph", &tool.input_meta_graph, "TensorFlow 'MetaGraphDef' file to load");
  flags.Add("input_saved_model_dir", &tool.input_saved_model_dir, "folder of a SavedModel");
  flags.Add("saved_model_tags", &tool.saved_model_tags, "tags of the SavedModel's graph, with commas between");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  if (checkpoint_version != 1 && checkpoint_version != 2) {
    return flags.FailCall(Cat("Invalid checkpoint version (must be '1' or '2'): ", checkpoint_version), 1);
  }
  tool.options.outputs = SplitList(outputs);
  tool.options.only = SplitList(whitelist);
  tool.options.except = SplitList(blacklist);
  if (tool.options.outputs.empty()) {
    return flags.FailCall("You need to supply the name of a node to --output_node_names.", 1);
  }
  if (tool.input_graph.empty() && tool.input_meta_graph.empty() && tool.input_saved_model_dir.empty()) {
    return flags.FailCall("want --input_graph, --input_meta_graph or --input_saved_model_dir", 1);
  }
  if (tool.input_checkpoint.empty() && tool.input_saved_model_dir.empty()) {
    return flags.FailCall("want --input_checkpoint", 1);
  }
  const Status status = Freeze(tool);
  return status.ok() ? 0 : call.Fail(status);
}

}  // namespace

const Tool kFreezeGraph = {"freeze_graph", "Makes the variables of a graph constants.", kArgparseThenApp, Run};

}  // namespace rivulet::tf
