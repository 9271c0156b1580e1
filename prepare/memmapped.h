// TensorFlow's memmapped package, written: large constants lie in the file as they are in memory. The layout is told in
// engine/import/memmapped_package.h.
#ifndef RIVULET_PREPARE_MEMMAPPED_H_
#define RIVULET_PREPARE_MEMMAPPED_H_

#include <string>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

struct MemmappedFile {
  std::string bytes;
  size_t converted = 0;  // constants that became regions
};

// Constants of the main graph of plain types and at least `min_bytes` bytes become ImmutableConst nodes over regions.
Result<MemmappedFile> ToMemmapped(GraphDef graph, int64_t min_bytes);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_MEMMAPPED_H_
