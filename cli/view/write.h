// The forms that a graph is written in.
#ifndef RIVULET_CLI_VIEW_WRITE_H_
#define RIVULET_CLI_VIEW_WRITE_H_

#include <span>
#include <string>
#include <vector>

#include "cli/view/card.h"
#include "cli/view/graph.h"

namespace rivulet::cli::view {

// A graph with what is drawn of it. `open`: the groups that are open at first.
struct Picture {
  const ViewGraph* graph = nullptr;
  std::vector<Card> cards;
  std::vector<bool> open;
};

// One HTML file that needs no other: of a model, or of two to compare.
std::string ToPage(std::span<const Picture> pictures);

// What the page's scripts read.
std::string ToJson(std::span<const Picture> pictures);

// A static picture; several stand beside each other.
std::string ToSvg(std::span<const Picture> pictures);

// For Graphviz: scopes as clusters, constants left out as in the pictures.
std::string ToDot(const ViewGraph& graph);

// The tree of scopes, a node on each line.
std::string ToText(const ViewGraph& graph);

// What is new, gone and changed, a node on each line; empty when nothing is.
std::string DifferenceText(const ViewGraph& before, const ViewGraph& after);

}  // namespace rivulet::cli::view

#endif  // RIVULET_CLI_VIEW_WRITE_H_
