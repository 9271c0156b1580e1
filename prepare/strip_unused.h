// Only what the outputs need, up to the inputs: what strip_unused and optimize_for_inference start with.
#ifndef RIVULET_PREPARE_STRIP_UNUSED_H_
#define RIVULET_PREPARE_STRIP_UNUSED_H_

#include <string>
#include <vector>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

struct StripOptions {
  std::vector<std::string> inputs;  // of nodes; ":0" may follow
  std::vector<std::string> outputs;
  // What the inputs become: one for all, or one for each. Empty: a Placeholder stays as it is, another node becomes a
  // Placeholder of the type that its attributes tell, else of floats.
  std::vector<DType> types;
  // Whether a node that becomes a Placeholder, and is a batch of pictures of a size that inference finds, keeps that
  // size where no attribute tells it: a graph that is fed in its middle then still says how large its pictures are. How
  // many of them is left open.
  bool infer_shapes = false;
};

// Inputs become Placeholders that keep "shape" and "_output_shapes"; versions and functions are kept. NOT_FOUND has the
// nearest names.
Status StripUnused(const StripOptions& options, GraphDef& graph);

// The nodes that these need, themselves among them, in the order of the file; colocation counts as a need.
Status KeepNeeded(const std::vector<std::string>& outputs, GraphDef& graph);

// The node of that name, ":0" perhaps after it.
Result<const NodeDef*> FindNode(const GraphDef& graph, const NodeIndex& index, const std::string& name);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_STRIP_UNUSED_H_
