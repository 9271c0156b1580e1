// The chain of transforms that makes a graph small and quick and changes no answer: what `rivulet optimize` does.
#ifndef RIVULET_PREPARE_OPTIMIZE_H_
#define RIVULET_PREPARE_OPTIMIZE_H_

#include <functional>
#include <string>
#include <vector>

#include "prepare/transform.h"

namespace rivulet::prepare {

struct OptimizeOptions {
  std::vector<std::string> inputs;   // of nodes; what is no placeholder becomes one
  std::vector<std::string> outputs;  // must be given
  // Asked after each step that changed something; an error undoes the step.
  std::function<Status(const TransformCall& call, const GraphDef& before, const GraphDef& after)> verify = {};
  ReportLine report = {};
  std::function<void(std::string_view what, size_t done, size_t all)> progress = {};  // told before each step
};

struct OptimizeStep {
  std::string name;
  size_t nodes = 0;  // after it
  size_t bytes = 0;
  std::string undone;  // why it was not done, else empty
};

// Every input stays, first and in the order of the file, also where no output reads it. A step that fails, or that
// `verify` refuses, leaves the graph as it was before it. The steps that changed something or were undone, in their
// order; an error for names that are not there, and a graph that is none.
Result<std::vector<OptimizeStep>> Optimize(const OptimizeOptions& options, GraphDef& graph);

// The first of the steps alone: what by its name switches between training and use becomes a constant, unless it is an
// input of the options. Told by `report`.
void SetTrainingSwitches(const OptimizeOptions& options, GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_OPTIMIZE_H_
