// GraphDef: TensorFlow's own file of a graph, as binary protobuf.
#ifndef RIVULET_ENGINE_IMPORT_GRAPHDEF_H_
#define RIVULET_ENGINE_IMPORT_GRAPHDEF_H_

#include <memory>
#include <span>

#include "engine/graph/graph.h"
#include "rivulet/limits.h"

namespace rivulet {

// The graph of `bytes`; constants are views of them, kept alive by `owner`. One walk over the file; nodes may come in
// any order. Wire defects, dangling inputs and duplicate names are errors; an operator without kernel, or an attribute
// that contradicts itself, is one only when the node is needed.
Result<Graph> ImportGraphDef(std::span<const uint8_t> bytes, const std::shared_ptr<void>& owner, const Limits& limits);

// The version of GraphDef semantics that this engine follows; a file with a newer min_consumer is refused.
inline constexpr int kGraphDefVersion = 2500;

}  // namespace rivulet

#endif  // RIVULET_ENGINE_IMPORT_GRAPHDEF_H_
