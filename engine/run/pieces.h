// Nodes that only put tensors together or cut one up, where each piece lies in the whole in one stretch: nothing has to
// be copied if the pieces are parts of the whole's memory.
#ifndef RIVULET_ENGINE_RUN_PIECES_H_
#define RIVULET_ENGINE_RUN_PIECES_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/graph/graph.h"

namespace rivulet {

struct Pieces {
  bool joined = false;      // the inputs from `first` on are the pieces, output 0 the whole; else input `first` is the
  int32_t first = 0;        // whole, the outputs the pieces
  std::vector<int64_t> at;  // by piece: the element of the whole at which it begins
};

// Of Concat, Pack, Split, Slice and their like on complete shapes, with elements and a known place; nothing of other
// nodes and where a piece lies in several stretches.
std::optional<Pieces> PiecesOf(const Graph& graph, const Node& node);

// A Concat or ConcatV2 along any axis, of complete shapes with elements: its result as a matrix in which each input has
// some columns.
struct ConcatRows {
  int32_t first = 0;  // of the inputs that are joined
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<int64_t> sizes;  // by input joined: its columns
};
std::optional<ConcatRows> ConcatRowsOf(const Graph& graph, const Node& node);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_PIECES_H_
