// The way back from a memmapped package: its ImmutableConst nodes as the Const nodes they were.
#ifndef RIVULET_PREPARE_REGION_CONSTANTS_H_
#define RIVULET_PREPARE_REGION_CONSTANTS_H_

#include <memory>
#include <span>
#include <string>

#include "engine/import/memmapped_package.h"
#include "prepare/graph_def.h"

namespace rivulet::prepare {

// The graph of a package, its constants in it again. A region that is missing or too small for its constant is an
// error that names the node. Nodes over something else than a region of a package stay.
Result<GraphDef> GraphOfPackage(std::span<const uint8_t> bytes, std::shared_ptr<void> owner, const Limits& limits);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_REGION_CONSTANTS_H_
