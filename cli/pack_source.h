// The graph that goes into a pack, and how an app calls its inputs and outputs.
#ifndef RIVULET_CLI_PACK_SOURCE_H_
#define RIVULET_CLI_PACK_SOURCE_H_

#include <memory>
#include <string>
#include <vector>

#include "cli/model_flags.h"
#include "prepare/freeze_model.h"

namespace rivulet::cli {

// A graph as its file has it; of a model with variables or signatures what freezing leaves, under the keys' names.
struct PackSource {
  prepare::GraphDef graph;
  std::shared_ptr<const Model> model;  // of that graph
  std::vector<std::string> outputs;    // empty: nobody said which
  std::vector<prepare::FrozenTensor> inputs;

  // The graph's name of an input that the caller may call by its key.
  std::string Input(const std::string& name) const;
  // "KEY=…" as "NAME=…".
  std::vector<std::string> FeedArguments(std::vector<std::string> arguments) const;
};

struct PackSourceOptions {
  std::string path;
  std::string signature;
  std::vector<std::string> outputs;
};

// `model` is what was loaded from the path. UNIMPLEMENTED where the outputs need a table that runs change. On an
// error *code is the exit code it asks for.
Result<PackSource> ReadPackSource(const std::shared_ptr<const Model>& model, const PackSourceOptions& options,
                                  int* code);

// For verbs that change a graph: one as its file has it, and what freezing leaves of a SavedModel or a MetaGraph.
Result<PackSource> ReadGraphSource(const PackSourceOptions& options, int threads, int* code);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_PACK_SOURCE_H_
