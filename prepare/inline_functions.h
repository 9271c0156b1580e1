// Calls of functions become the nodes of their bodies, as a graph that old runtimes and transforms can work on.
#ifndef RIVULET_PREPARE_INLINE_FUNCTIONS_H_
#define RIVULET_PREPARE_INLINE_FUNCTIONS_H_

#include <map>
#include <string>
#include <vector>

#include "prepare/graph_def.h"

namespace rivulet::prepare {

// What became of a call that was replaced.
struct InlinedCall {
  std::vector<std::string> results;   // the inputs' texts that stand for its outputs
  std::vector<std::string> controls;  // "^node" that stand for "after it"
};
using InlinedCalls = std::map<std::string, InlinedCall, std::less<>>;

// Puts bodies in place of PartitionedCall, StatefulPartitionedCall and nodes whose operator is a function, until none
// is left but those whose types the call decides. While, If and Case keep their functions. A body's node is called
// CALL/NODE. What a function changes is changed before what it returns is seen; reading alone orders nothing. An error
// where functions call themselves, or the graph would have more nodes than the limit.
Result<InlinedCalls> InlineFunctions(GraphDef& graph, const Limits& limits = {});

// What stands for `tensor` ("name" or "name:port") now.
std::string AfterInlining(const InlinedCalls& calls, const std::string& tensor);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INLINE_FUNCTIONS_H_
