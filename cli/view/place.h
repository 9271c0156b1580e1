// Where everything is when some groups are open. The page does the same in place.js.
#ifndef RIVULET_CLI_VIEW_PLACE_H_
#define RIVULET_CLI_VIEW_PLACE_H_

#include <vector>

#include "cli/view/card.h"
#include "cli/view/graph.h"

namespace rivulet::cli::view {

struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

// Of an open group: a box per cell, relative to the group's upper left corner.
struct PlacedGroup {
  std::vector<Box> cells;
  double width = 0;
  double height = 0;
};

inline constexpr double kHeader = 34;   // of an open group
inline constexpr double kPadding = 18;  // around what is in it

// Empty for groups that are closed or within closed ones.
std::vector<PlacedGroup> Place(const ViewGraph& graph, const std::vector<Card>& cards, const std::vector<bool>& open);

// The positions nearest to `wanted`, by weighted squares, that keep their order and at least gaps[i] between i and
// i + 1: pools of neighbours that want to pass each other move as one.
std::vector<double> KeepApart(const std::vector<double>& wanted, const std::vector<double>& weights,
                              const std::vector<double>& gaps);

}  // namespace rivulet::cli::view

#endif  // RIVULET_CLI_VIEW_PLACE_H_
