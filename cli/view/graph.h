// A model's graph as rivulet view shows it: nodes with what is known of them, in a tree of name scopes, laid out.
#ifndef RIVULET_CLI_VIEW_GRAPH_H_
#define RIVULET_CLI_VIEW_GRAPH_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/view/weights.h"
#include "engine/graph/graph.h"
#include "rivulet/model.h"
#include "rivulet/session.h"

namespace rivulet::cli::view {

// What an item is called in lists: nodes are 0..nodes.size()-1, group g is nodes.size() + g.
using Item = int32_t;

enum class Mark : uint8_t { kSame, kChanged, kAdded, kRemoved };

struct Link {
  int32_t node = 0;
  int32_t slot = 0;
  bool is_control = false;
  bool is_folded = false;  // shown as a line of the node's card, not as an edge
};

// How much of a model a node is. Sums for groups.
struct Cost {
  int64_t flops = 0;
  int64_t bytes = 0;       // of its outputs
  int64_t parameters = 0;  // elements of weights; in sums each weight once
  int64_t parameter_bytes = 0;
  double ms = 0;
};

struct ViewNode {
  std::string name;  // as its graph or function calls it
  std::string op;
  int32_t function = -1;  // of whose body it is; -1: the graph
  std::vector<Link> inputs;
  std::vector<Fact> outputs;
  const AttrMap* attrs = nullptr;  // of the model; null for what is no node of the file
  std::vector<int32_t> calls;      // functions of the library
  std::shared_ptr<const TensorLiteral> value;
  std::optional<WeightFacts> weight;
  std::string problem;  // why it would not run
  Cost cost;
  bool is_folded = false;  // only on the cards of its users
  int32_t group = 0;
  Mark mark = Mark::kSame;
  std::vector<std::string> changes;
};

// The grid of a group: cells in layers from top to bottom, left to right, and edges as chains of cells.
struct Layout {
  static constexpr int32_t kBend = -1;     // where a long edge passes a layer
  static constexpr int32_t kInPort = -2;   // where edges from outside enter
  static constexpr int32_t kOutPort = -3;  // where edges to outside leave

  struct Chain {
    std::vector<int32_t> cells;  // from the upper end to the lower one
    int32_t count = 1;           // edges of nodes in it
    Link tensor;                 // one of them, for its type and shape
    bool is_control = false;     // all of them are
    bool goes_up = false;        // the source is the lower end
    int32_t out_port = -1;       // cell within the source, where that is a group
    int32_t in_port = -1;        // cell within the target
  };

  std::vector<int32_t> cells;   // an item, or one of the constants
  std::vector<int32_t> layers;  // how many cells each has
  std::vector<Chain> chains;
};

struct Group {
  std::string label;
  std::string path;  // "" for the whole
  int32_t parent = -1;
  std::vector<Item> kids;
  Cost cost;
  int32_t size = 0;  // nodes within, folded ones too
  Mark mark = Mark::kSame;
  bool is_function = false;
  Layout layout;
};

struct ViewGraph {
  std::shared_ptr<const Model> model;  // keeps what the nodes point to
  std::string title;
  std::string format;
  int64_t file_bytes = 0;
  std::vector<ViewNode> nodes;
  std::vector<std::string> functions;
  std::vector<Group> groups;  // the first is the whole
  std::vector<std::string> problems;
  bool assumes_ones = false;  // costs are those of a batch of one
  bool has_times = false;

  int32_t num_nodes() const { return static_cast<int32_t>(nodes.size()); }
  bool is_group(Item item) const { return item >= num_nodes(); }
  Group& group_of(Item item) { return groups[static_cast<size_t>(item - num_nodes())]; }
  const Group& group_of(Item item) const { return groups[static_cast<size_t>(item - num_nodes())]; }
  ViewNode& node(int32_t index) { return nodes[static_cast<size_t>(index)]; }
  const ViewNode& node(int32_t index) const { return nodes[static_cast<size_t>(index)]; }
  Item parent(Item item) const {  // -1 for the whole
    const int32_t group = is_group(item) ? group_of(item).parent : node(item).group;
    return group < 0 ? -1 : num_nodes() + group;
  }
};

// Nodes, their links, facts and costs; no groups yet. A model that would not run is read too: what is wrong with it is
// told in `problems`.
ViewGraph ReadGraph(std::shared_ptr<const Model> model);

// Adds the times of a run's steps to the nodes; what a pass or lowering named anew counts for the node or scope that
// it is named after. False when a step has no such node.
bool AddTimes(const RunProfile& profile, ViewGraph* graph);

// Constants, variables and what only reads them become lines on the cards of their users.
void FoldSources(ViewGraph* graph);

// The constant or variable that the readers from a folded node on end in.
int32_t SourceOf(const ViewGraph& graph, int32_t node);

// Makes the tree of scopes, with sums.
void GroupByScope(ViewGraph* graph);

// More kids of one group cannot be drawn at once.
inline constexpr size_t kMostKids = 120;

// Fills every group's layout.
void LayOut(ViewGraph* graph);

// Marks what is not the same in the two, by name: operators, inputs, attributes, values. Of a constant on a
// node's card only the value counts, not how it comes there. Both are folded already; groups follow in GroupByScope.
void MarkDifferences(ViewGraph* before, ViewGraph* after);

// Groups that a first look should have open: the larger ones first seen, while at most `budget` items show.
std::vector<bool> OpenAtFirst(const ViewGraph& graph, int budget);

// An attribute's value in words: all of it, or cut after so many characters. A tensor's values only to the first few.
std::string AttrText(const AttrValue& value, size_t longest = SIZE_MAX);

// "float32 1×224×224×3"; "?" for what is not known.
std::string TensorText(const Fact& fact);
std::string ShapeText(const Shape& shape);

// The part after the last '/'.
std::string_view ShortName(std::string_view name);

}  // namespace rivulet::cli::view

#endif  // RIVULET_CLI_VIEW_GRAPH_H_
