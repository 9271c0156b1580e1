// Batch norms of what is packed.
#ifndef RIVULET_CLI_PACK_NORMS_H_
#define RIVULET_CLI_PACK_NORMS_H_

#include <span>

#include "prepare/graph_def.h"
#include "prepare/pack.h"

namespace rivulet::cli {

// Folds batch norms into the products before them. The engine does so with each plan that it makes; a pack is made
// once and loaded often, and what was folded takes no private memory then. Answers are the same but for rounding,
// which is checked by running the graph before and after it on the first sample; where it fails, and where the file
// is no graph of products and norms, the graph stays as it was. How many norms it took.
size_t FoldNorms(const prepare::PackOptions& options, prepare::GraphDef* graph);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_PACK_NORMS_H_
