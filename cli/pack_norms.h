// Batch norms of what is packed.
#ifndef RIVULET_CLI_PACK_NORMS_H_
#define RIVULET_CLI_PACK_NORMS_H_

#include <string>

#include "prepare/graph_def.h"
#include "prepare/pack.h"
#include "prepare/transform.h"

namespace rivulet::cli {

struct FoldedNorms {
  size_t norms = 0;   // operators that are batch norms
  size_t scales = 0;  // of a product's channels, by constants: what norms that are written out come to

  // "3 batch norms and 2 scales folded into the weights"; empty where there were none.
  std::string ToString() const;
};

// Folds batch norms, as operators and written out, into the products before them. The engine does so with each plan
// that it makes; a pack is made once and loaded often, and what was folded takes no private memory then. Answers are
// the same but for rounding, which is checked by running the graph before and after it on the first sample; where it
// fails, and where there is nothing of the kind, the graph stays as it was, to the byte. `report` is told why.
FoldedNorms FoldNorms(const prepare::PackOptions& options, const prepare::ReportLine& report, prepare::GraphDef* graph);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_PACK_NORMS_H_
