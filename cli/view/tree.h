// The steps from nodes in scopes to a tree that can be drawn: for scopes.cc.
#ifndef RIVULET_CLI_VIEW_TREE_H_
#define RIVULET_CLI_VIEW_TREE_H_

#include "cli/view/graph.h"

namespace rivulet::cli::view {

// From the groups of nodes and the parents of groups, which come before them: fills the kids, takes away groups with
// one thing in them or none, and puts kids in the order in which they compute.
void LinkTree(ViewGraph* graph);

// No group keeps more kids than can be drawn at once: parts are made, cut where few edges pass.
void SplitLargeGroups(ViewGraph* graph);

// Puts folded nodes where their users are, then fills sizes, costs and marks of groups.
void SumTree(ViewGraph* graph);

inline void SetParent(ViewGraph* graph, Item item, int32_t parent) {
  if (graph->is_group(item)) {
    graph->group_of(item).parent = parent;
  } else {
    graph->node(item).group = parent;
  }
}

}  // namespace rivulet::cli::view

#endif  // RIVULET_CLI_VIEW_TREE_H_
