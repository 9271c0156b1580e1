#include "cli/frozen_graph.h"

#include <algorithm>

#include "engine/base/errors.h"
#include "engine/graph/model_setup.h"
#include "prepare/freeze.h"
#include "prepare/model_graph.h"
#include "prepare/strip_unused.h"
#include "prepare/variable_values.h"

namespace rivulet::cli {
namespace {

// What an initialiser fills is no constant: a pack of it would find empty tables.
Status CheckTables(const std::string& path, const std::vector<std::string>& outputs, prepare::GraphDef graph) {
  std::vector<std::string> nodes;
  for (const std::string& output : outputs) nodes.emplace_back(prepare::ParseInput(output).node);
  RIVULET_RETURN_IF_ERROR(prepare::KeepNeeded(nodes, graph));
  std::string table;
  const auto look_at = [&](std::string_view, const prepare::NodeDef& node) {
    if (node.op.find("Table") != std::string::npos) table = node.name;
  };
  for (const prepare::NodeDef& node : graph.nodes) look_at("", node);
  RIVULET_RETURN_IF_ERROR(prepare::VisitFunctionNodes(graph, look_at));
  if (table.empty()) return Status();
  return Unimplemented("'", path, "': node ", Quoted(table),
                       " is of a table, which the model's initialiser fills; a pack holds a graph and its weights");
}

}  // namespace

Result<prepare::GraphDef> FrozenGraph(const std::string& path, const Model& model,
                                      const std::vector<std::string>& outputs) {
  const std::vector<std::string> tags = model.setup().tags;
  RIVULET_ASSIGN_OR_RETURN(prepare::ModelGraph read, prepare::ReadModelGraph(path, tags));
  if (!model.setup().init_ops.empty()) RIVULET_RETURN_IF_ERROR(CheckTables(path, outputs, read.graph));
  if (std::none_of(read.graph.nodes.begin(), read.graph.nodes.end(), prepare::IsVariable)) return std::move(read.graph);
  const std::string& prefix = model.setup().checkpoint_prefix;
  if (prefix.empty()) {
    return FailedPrecondition("'", path, "' has variables, and no checkpoint: ", model.setup().no_checkpoint);
  }
  RIVULET_ASSIGN_OR_RETURN(const prepare::VariableValues values, prepare::VariableValues::Open(prefix, read.graph));
  prepare::FreezeOptions options;
  for (const std::string& output : outputs) options.outputs.emplace_back(prepare::ParseInput(output).node);
  const auto value_of = [&](const prepare::NodeDef& variable) { return values.Of(variable); };
  const Result<size_t> count = prepare::FreezeVariables(options, value_of, read.graph);
  if (!count.ok()) return Status(count.status()).Framed(Cat("'", path, "'"));
  return std::move(read.graph);
}

}  // namespace rivulet::cli
