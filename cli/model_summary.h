// What inspect tells of a model's graph: operators, sizes, what would not run.
#ifndef RIVULET_CLI_MODEL_SUMMARY_H_
#define RIVULET_CLI_MODEL_SUMMARY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "rivulet/model.h"

namespace rivulet::cli {

struct ModelSummary {
  std::map<std::string, int64_t> histogram;    // operators, functions' bodies included
  std::map<std::string, int64_t> missing_ops;  // of those that a run can reach
  std::vector<std::string> problems;
  int64_t parameters = 0;
  int64_t parameter_bytes = 0;
  int64_t flops = 0;
  bool assumes_ones = false;  // flops are those of a batch of one: unknown dims of inputs count as 1
};

// Also fills in the facts of `graph`, a copy of the model's. A model with signatures can be asked for their outputs,
// its initialiser and its restoring; what only lies elsewhere (saving, training) is counted but not judged.
ModelSummary Summarize(const Model& model, Graph* graph);

// Calls look_at with every node that a run can reach, functions' bodies included; calls of functions are looked
// through.
void ForEachNeededNode(const Model& model, const Graph& graph,
                       const std::function<void(const std::string& op, const AttrMap& attrs)>& look_at);

// "Conv2D×3", most frequent first.
std::vector<std::string> HistogramPieces(const std::map<std::string, int64_t>& histogram);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_MODEL_SUMMARY_H_
