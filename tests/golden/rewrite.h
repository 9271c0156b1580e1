// Edits of a GraphDef's wire bytes, so that one recording exercises the engine in several ways.
#ifndef RIVULET_TESTS_GOLDEN_REWRITE_H_
#define RIVULET_TESTS_GOLDEN_REWRITE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rivulet/session.h"

namespace rivulet::golden {

using Bytes = std::vector<uint8_t>;

// The graph with every feed's placeholder replaced by a Const of its value.
Result<Bytes> FeedsAsConstants(std::span<const uint8_t> graph, const Feeds& feeds);

// The graph with every feed's placeholder behind Pack and Squeeze: what was fed is then an intermediate of the run,
// which the executor may overwrite once it is not needed any more. The feeds' new names are "<name>/fed:0".
Result<Bytes> FeedsAsIntermediates(std::span<const uint8_t> graph, const Feeds& feeds);
Feeds RenamedFeeds(const Feeds& feeds);

// "in0" for "in0:0".
std::string NodeOfEdge(std::string_view edge);

// The NodeDef of a Const.
Bytes ConstNode(std::string_view name, const Tensor& value);

}  // namespace rivulet::golden

#endif  // RIVULET_TESTS_GOLDEN_REWRITE_H_
