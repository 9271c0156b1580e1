// Operators that lie among transposes work in the other order of axes, where that leaves less to be transposed.
//
//   t = Transpose(x, p)                               (x is read as it is)
//   a = Relu(t)                     becomes           a = Relu(x)
//   b = AddV2(a, t)                                   b = AddV2(a, x)
//   y = Transpose(b, inverse of p)                    (uses of y take b)
//
// cancel_transposes moves one operator at a time, and none where a transpose has several readers, as in a residual
// network with channels first. A region is all that hangs together: operators that read one another, or one transpose.
// Where it is turned, transposes by p that only it reads and transposes back of what it makes go; what it reads else
// and what others read of it has to be transposed. The elements of both are counted.
#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "engine/base/built.h"
#include "engine/passes/readers.h"
#include "engine/passes/turned_node.h"

namespace rivulet {
namespace {

// How many orders of axes one round tries: each looks at the whole graph.
constexpr size_t kMaxPermutations = 4;

class Regions {
 public:
  Regions(const PassContext& context, PatchSink& sink, Permutation p)
      : graph_(context.graph), sink_(sink), p_(std::move(p)), count_(context.graph.nodes().size()) {
    turnings_.resize(count_);
    transposes_.resize(count_);
    parent_.resize(count_);
    std::iota(parent_.begin(), parent_.end(), 0);
    fetched_.resize(count_);
    std::vector<bool> needed(count_, false);
    for (const Edge& root : context.roots) fetched_[Index(root)] = true;
    for (int32_t i = 0; i < graph_.size(); ++i) {
      if (context.uses[static_cast<size_t>(i)] == 0 && !fetched_[static_cast<size_t>(i)]) continue;
      needed[static_cast<size_t>(i)] = true;
      transposes_[static_cast<size_t>(i)] = PermutationOf(graph_, graph_.node(i));
      for (const int32_t before : graph_.node(i).control_inputs) fetched_[static_cast<size_t>(before)] = true;
    }
    readers_.emplace(graph_, /*with_controls=*/false, [&](int32_t i) { return needed[static_cast<size_t>(i)]; });
  }

  // Turns what gains by it. False: nothing does.
  Result<bool> Run() {
    Collect();
    const std::map<size_t, int64_t> gains = Gains();
    bool any = false;
    for (const auto& [region, gain] : gains) any |= gain > 0;
    if (!any) return false;
    RIVULET_ASSIGN_OR_RETURN(const std::vector<int32_t> order, TopologicalOrder(graph_));
    sink_.Begin();
    for (const int32_t i : order) {
      if (!IsIn(i)) continue;
      const auto gain = gains.find(Region(static_cast<size_t>(i)));
      if (gain != gains.end() && gain->second > 0) Turn(i);
    }
    return true;
  }

 private:
  static size_t Index(Edge edge) { return static_cast<size_t>(edge.node); }
  bool IsIn(int32_t node) const { return turnings_[static_cast<size_t>(node)].has_value(); }
  // Whether what the node makes is transposed by p; means over axes may leave nothing to be transposed.
  bool IsTurned(int32_t node) const { return IsIn(node) && turnings_[static_cast<size_t>(node)]->behind == p_; }
  bool IsSource(int32_t node) const { return transposes_[static_cast<size_t>(node)] == p_; }

  size_t Region(size_t node) {
    while (parent_[node] != node) node = parent_[node] = parent_[parent_[node]];
    return node;
  }

  void Collect() {
    for (int32_t i = 0; i < graph_.size(); ++i) {
      const Node& node = graph_.node(i);
      if (readers_->Of(i).empty() && !fetched_[static_cast<size_t>(i)]) continue;
      if (node.outputs.size() != 1) continue;
      auto turning = TurningOf(graph_, node, p_);
      if (turning && (turning->behind == p_ || IsIdentity(turning->behind))) {
        turnings_[static_cast<size_t>(i)] = std::move(turning);
      }
    }
    for (int32_t i = 0; i < graph_.size(); ++i) {
      if (!IsIn(i)) continue;
      for (const Edge edge : Read(i)) {
        if (IsTurned(edge.node) || IsSource(edge.node)) parent_[Region(Index(edge))] = Region(static_cast<size_t>(i));
      }
    }
  }

  // What of a node in a region is turned with it.
  std::vector<Edge> Read(int32_t node) const {
    std::vector<Edge> edges;
    for (const size_t input : turnings_[static_cast<size_t>(node)]->inputs) {
      edges.push_back(graph_.node(node).inputs[input]);
    }
    return edges;
  }

  int64_t Elements(Edge edge) const {
    const Shape& shape = graph_.fact(edge).shape;
    return shape.complete() ? std::min<int64_t>(shape.num_elements(), int64_t{1} << 40) : 1;
  }

  // Whether the value is read as it is by another than transposes and what is in its region.
  bool IsReadOutside(int32_t node) {
    if (fetched_[static_cast<size_t>(node)]) return true;
    for (const int32_t reader : readers_->Of(node)) {
      const bool inside = IsIn(reader) && Region(static_cast<size_t>(reader)) == Region(static_cast<size_t>(node));
      if (!inside && transposes_[static_cast<size_t>(reader)].size() != p_.size()) return true;
    }
    return false;
  }

  // Elements that need no longer be transposed, less those that have to be, for each region.
  std::map<size_t, int64_t> Gains() {
    std::map<size_t, int64_t> gains;
    std::set<std::pair<size_t, Edge>> counted;  // values from outside, once for each region
    for (int32_t i = 0; i < graph_.size(); ++i) {
      if (IsSource(i) && Region(static_cast<size_t>(i)) != static_cast<size_t>(i) && !IsReadOutside(i)) {
        gains[Region(static_cast<size_t>(i))] += Elements({i, 0});
      }
      if (!IsIn(i)) continue;
      const size_t region = Region(static_cast<size_t>(i));
      for (const Edge edge : Read(i)) {
        if (IsTurned(edge.node) || IsSource(edge.node)) continue;
        if (counted.insert({region, edge}).second) gains[region] -= Elements(edge);
      }
      if (!IsTurned(i)) continue;
      if (IsReadOutside(i)) gains[region] -= Elements({i, 0});
      for (const int32_t reader : readers_->Of(i)) {
        const Permutation both = BehindTurned(reader);
        if (!both.empty() && IsIdentity(both)) gains[region] += Elements({i, 0});
      }
    }
    return gains;
  }

  // What a transpose of a turned value is of that value before; empty for another node.
  Permutation BehindTurned(int32_t reader) const {
    const Permutation& q = transposes_[static_cast<size_t>(reader)];
    return q.size() == p_.size() ? Composed(p_, q) : Permutation();
  }

  void Turn(int32_t index) {
    const Node& node = graph_.node(index);
    const Edge turned = AddTurned(sink_, graph_, node, p_, [&](size_t input) { return Under(node.inputs[input]); });
    if (!IsTurned(index)) return sink_.Replace({index, 0}, turned);
    under_[{index, 0}] = turned;
    for (const int32_t reader : readers_->Of(index)) {
      const Permutation both = BehindTurned(reader);
      if (both.empty()) continue;
      const Node& transpose = graph_.node(reader);
      sink_.Replace({reader, 0}, IsIdentity(both)
                                     ? turned
                                     : AddTranspose(sink_, transpose.name, turned, both, transpose.outputs[0].dtype));
    }
    // For whoever reads it as it was; without such a reader it is dropped.
    sink_.Replace({index, 0}, AddTranspose(sink_, node.name + "/transposed", turned, p_, node.outputs[0].dtype));
  }

  // The value of which this one is the transpose by p. Values are made in their order.
  Edge Under(Edge edge) {
    if (IsSource(edge.node)) return graph_.node(edge.node).inputs[0];
    const auto known = under_.find(edge);
    if (known != under_.end()) return known->second;
    const Edge added =
        AddTranspose(sink_, graph_.node(edge.node).name + "/turned", edge, Inverse(p_), graph_.fact(edge).dtype);
    under_[edge] = added;
    return added;
  }

  const Graph& graph_;
  PatchSink& sink_;
  const Permutation p_;
  const size_t count_;
  std::vector<std::optional<Turning>> turnings_;  // of nodes in regions
  std::vector<Permutation> transposes_;           // of those that are transposes
  std::vector<size_t> parent_;                    // towards the region's first node
  std::vector<bool> fetched_;                     // by the caller, or waited for
  std::optional<Readers> readers_;
  std::map<Edge, Edge> under_;
};

}  // namespace

Status TurnRegions(const PassContext& context, PatchSink& sink) {
  if constexpr (!IsBuilt("Transpose")) return Status();
  std::vector<Permutation> tried;
  for (int32_t i = 0; i < context.graph.size() && tried.size() < kMaxPermutations; ++i) {
    const Permutation p = PermutationOf(context.graph, context.graph.node(i));
    if (p.empty() || IsIdentity(p) || std::find(tried.begin(), tried.end(), p) != tried.end()) continue;
    tried.push_back(p);
  }
  for (const Permutation& p : tried) {
    // The next order of axes sees what this one has left.
    RIVULET_ASSIGN_OR_RETURN(const bool turned, Regions(context, sink, p).Run());
    if (turned) return Status();
  }
  return Status();
}

}  // namespace rivulet
