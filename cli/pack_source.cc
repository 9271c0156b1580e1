#include "cli/pack_source.h"

#include <algorithm>

#include "cli/cache_folder.h"
#include "cli/command.h"
#include "cli/feeds.h"
#include "cli/notes.h"
#include "engine/base/errors.h"
#include "engine/graph/model_setup.h"
#include "prepare/engine_graph.h"
#include "prepare/freeze.h"
#include "prepare/model_graph.h"

namespace rivulet::cli {
namespace {

// Files that the graph alone would not have.
bool ReadsFiles(const prepare::GraphDef& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                     [](const prepare::NodeDef& n) { return n.op == "ReadFile"; });
}

}  // namespace

std::string PackSource::Input(const std::string& name) const {
  for (const prepare::FrozenTensor& input : inputs) {
    if (input.key == name) return input.name;
  }
  return name;
}

std::vector<std::string> PackSource::FeedArguments(std::vector<std::string> arguments) const {
  for (std::string& argument : arguments) {
    const std::string name = FeedName(argument);
    if (!name.empty()) argument = Input(name) + argument.substr(name.size());
  }
  return arguments;
}

Result<PackSource> ReadPackSource(const std::shared_ptr<const Model>& model, const PackSourceOptions& options,
                                  int* code) {
  *code = kBadCall;
  RIVULET_ASSIGN_OR_RETURN(const NameChoice names, NameChoice::Of(*model, options.signature));
  if (names.signature() == nullptr && options.outputs.empty() && !model->Signatures().empty()) {
    return model->FindSignature("").status();
  }
  *code = kBadData;
  RIVULET_ASSIGN_OR_RETURN(prepare::ModelGraph read, prepare::ReadModelGraph(options.path, model->setup().tags));
  PackSource source{.model = model, .outputs = options.outputs};
  const bool has_variables = std::any_of(read.graph.nodes.begin(), read.graph.nodes.end(), prepare::IsVariable);
  if (names.signature() == nullptr && !has_variables && !ReadsFiles(read.graph)) {
    source.graph = std::move(read.graph);
    return source;
  }
  if (has_variables && model->setup().checkpoint_prefix.empty()) {
    return FailedPrecondition("'", options.path, "' has variables, and no checkpoint: ", model->setup().no_checkpoint);
  }
  RIVULET_ASSIGN_OR_RETURN(
      prepare::FrozenModel frozen,
      prepare::FreezeModel(model, options.path,
                           {.tags = model->setup().tags, .signature = options.signature, .outputs = options.outputs}));
  if (!model->setup().init_ops.empty() && !frozen.empty_tables.empty()) {
    return Unimplemented("'", options.path, "': node '", frozen.empty_tables.front(),
                         "' is a table that runs change; a pack holds a graph and its weights");
  }
  for (const std::string& note : frozen.notes) PrintNote(options.path, note);
  source.graph = std::move(frozen.graph);
  source.inputs = std::move(frozen.inputs);
  source.outputs.clear();
  for (const prepare::FrozenTensor& output : frozen.outputs) source.outputs.push_back(output.name);
  RIVULET_ASSIGN_OR_RETURN(source.model, prepare::ModelOf(source.graph, options.path));
  return source;
}

Result<PackSource> ReadGraphSource(const PackSourceOptions& options, int threads, int* code) {
  *code = kBadData;
  RIVULET_ASSIGN_OR_RETURN(auto model, Model::Load(options.path, Cached(threads)));
  const std::string& format = model->format();
  if (format.find("SavedModel") != std::string::npos || format.find("MetaGraph") != std::string::npos) {
    return ReadPackSource(model, options, code);
  }
  RIVULET_ASSIGN_OR_RETURN(prepare::ModelGraph read, prepare::ReadModelGraph(options.path));
  return PackSource{.graph = std::move(read.graph), .model = std::move(model), .outputs = options.outputs};
}

}  // namespace rivulet::cli
