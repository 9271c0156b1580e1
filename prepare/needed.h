// Which nodes the outputs need, and in which order nodes can be computed.
#ifndef RIVULET_PREPARE_NEEDED_H_
#define RIVULET_PREPARE_NEEDED_H_

#include <string>
#include <string_view>
#include <vector>

#include "prepare/names.h"
#include "prepare/transform.h"

namespace rivulet::prepare {

// The names of the inputs, the outputs, and what the outputs need; nothing behind an input where it `stops_at_inputs`.
// A name without node gets the nearest ones.
Result<NameViewSet> NeededNames(const GraphDef& graph, const TransformContext& context, bool stops_at_inputs);

// Only those stay; an input that is no placeholder keeps what it reads.
Status KeepNeeded(GraphDef& graph, const TransformContext& context);

// Every node comes after what it reads, and otherwise as the graph has them: what is in order stays. A Merge, which
// ends a loop's round, waits for one of its inputs and for what only orders it. A circle without Merge is an error.
Result<std::vector<const NodeDef*>> ExecutionOrder(const GraphDef& graph);

// The nodes behind a part of a loop or branch (which see themselves as such): they may run many times, or never, so
// that a constant made for one must wait for what the node reads.
NameSet BehindControlFlow(const std::vector<const NodeDef*>& order);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_NEEDED_H_
