// The GraphDef within whatever file a model came in, for the tools that work on one.
#ifndef RIVULET_PREPARE_MODEL_GRAPH_H_
#define RIVULET_PREPARE_MODEL_GRAPH_H_

#include <functional>
#include <string>
#include <vector>

#include "engine/import/meta_graph.h"
#include "prepare/graph_def.h"

namespace rivulet::prepare {

struct ModelGraph {
  GraphDef graph;
  std::vector<std::string> tags;
  // Of the SaverDef: "save/Const:0", "save/restore_all"; empty where there is none.
  std::string filename_tensor;
  std::string restore_op;
};

// A GraphDef, a MetaGraphDef (each binary or text), a memmapped package, or a SavedModel's folder or file. `tags`
// chooses one graph of a SavedModel; empty: the one with "serve", else the only one. Messages start with the path.
Result<ModelGraph> ReadModelGraph(const std::string& path, const std::vector<std::string>& tags = {},
                                  const Limits& limits = {});

// The tags of each graph of a SavedModel, in the order of the file.
Result<std::vector<std::vector<std::string>>> ReadTagSets(const std::string& path, const Limits& limits = {});

// A graph of a SavedModel as the engine reads it, with its signatures.
Result<MetaGraph> ReadSavedModelGraph(const std::string& path, const std::vector<std::string>& tags,
                                      const Limits& limits = {});

// The FunctionDefs' nodes are the graph's too: calls visit(function, node) for each; an error for broken wire bytes.
Status VisitFunctionNodes(const GraphDef& graph, const std::function<void(std::string_view, const NodeDef&)>& visit);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_MODEL_GRAPH_H_
