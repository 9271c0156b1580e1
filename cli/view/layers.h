// A small directed graph on a grid: layers from top to bottom, an order within each that crosses few edges.
#ifndef RIVULET_CLI_VIEW_LAYERS_H_
#define RIVULET_CLI_VIEW_LAYERS_H_

#include <cstdint>
#include <utility>
#include <vector>

namespace rivulet::cli::view {

struct LayerInput {
  int32_t size = 0;                                // vertices
  std::vector<std::pair<int32_t, int32_t>> edges;  // no loops, none twice
  std::vector<int32_t> trunks;                     // of edges: those of one number share their way; < 0 or none: alone
  int32_t first_source = 0;                        // vertices from here on are alone in the top layer,
  int32_t first_sink = 0;                          // and those from here on alone in the lowest
};

struct LayerGrid {
  static constexpr int32_t kBend = -1;
  std::vector<std::vector<int32_t>> layers;  // of cell numbers
  std::vector<int32_t> cells;                // the vertex of a cell, or kBend
  struct Chain {
    std::vector<int32_t> cells;  // from the upper end down
    bool goes_up = false;
  };
  std::vector<Chain> chains;  // one per edge
};

// Vertices earlier in the input are preferred as the beginning of a cycle. Layers are longest paths, with sources
// moved down to what uses them; the order is by the means of neighbours, swept down and up. An edge that goes up has
// bends in the layers of its ends too, so that it can be drawn around them. Edges of a trunk come from one vertex;
// those that go down share bends, so that what many read, near and far, is one line with branches.
LayerGrid MakeLayers(const LayerInput& input);

// Pairs of edges that cross between neighbouring layers.
int64_t CountCrossings(const LayerGrid& grid);

}  // namespace rivulet::cli::view

#endif  // RIVULET_CLI_VIEW_LAYERS_H_
