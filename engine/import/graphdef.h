// GraphDef: TensorFlow's own file of a graph, as binary protobuf.
#ifndef RIVULET_ENGINE_IMPORT_GRAPHDEF_H_
#define RIVULET_ENGINE_IMPORT_GRAPHDEF_H_

#include <memory>
#include <span>

#include "engine/base/wire.h"
#include "engine/graph/graph.h"
#include "rivulet/limits.h"

namespace rivulet {

// The graph of `bytes`; constants are views of them, kept alive by `owner`. One walk over the file; nodes may come in
// any order. Wire defects, dangling inputs and duplicate names are errors; an operator without kernel, or an attribute
// that contradicts itself, is one only when the node is needed.
//
// An ImmutableConst becomes a Const of its region's bytes when the graph comes from a package with such regions.
class MemmappedPackage;
Result<Graph> ImportGraphDef(WireCursor file, const std::shared_ptr<void>& owner, const Limits& limits,
                             const MemmappedPackage* package = nullptr);
inline Result<Graph> ImportGraphDef(std::span<const uint8_t> bytes, const std::shared_ptr<void>& owner,
                                    const Limits& limits) {
  return ImportGraphDef(WireCursor(bytes, 0), owner, limits);
}

// The version of GraphDef semantics that this engine follows; a file with a newer min_consumer is refused.
inline constexpr int kGraphDefVersion = 2500;

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_GRAPHDEF_H_
