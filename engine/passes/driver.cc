#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/base/small.h"
#include "engine/base/sort.h"
#include "engine/graph/shape_math.h"
#include "engine/ops/infer.h"
#include "engine/passes/pass.h"

namespace rivulet {

Edge PatchSink::Add(Node node) {
  nodes_.push_back(std::move(node));
  return {graph_.size() + static_cast<int32_t>(nodes_.size()) - 1, 0};
}

// What edges become. What takes an edge's place may itself be replaced. A node may have very many outputs, so each is
// found at once.
class Replacements {
 public:
  explicit Replacements(const Graph& graph) {
    first_.reserve(static_cast<size_t>(graph.size()) + 1);
    size_t outputs = 0;
    for (const Node& node : graph.nodes()) {
      first_.push_back(outputs);
      outputs += node.outputs.size();
    }
    first_.push_back(outputs);
    with_.resize(outputs);
  }

  void Set(Edge old, Edge with) { *Find(old) = with; }

  // Where the chain of replacements ends. It is walked once: all of it then leads there.
  Edge Follow(Edge edge) {
    Edge end = edge;
    for (const Edge* with = Find(end); with != nullptr && with->node >= 0; with = Find(end)) end = *with;
    while (!(edge == end)) edge = std::exchange(*Find(edge), end);
    return end;
  }

 private:
  // Null where the output is not known yet: what a loop leads back.
  Edge* Find(Edge edge) {
    const auto node = static_cast<size_t>(edge.node);
    const size_t at = first_[node] + static_cast<size_t>(edge.slot);
    return at < first_[node + 1] ? &with_[at] : nullptr;
  }

  std::vector<size_t> first_;  // by node: the place of its first output
  std::vector<Edge> with_;     // by output; no node where it stays
};

// The operators of a graph, each once.
class Operators {
 public:
  explicit Operators(const Graph& graph) {
    for (const Node& node : graph.nodes()) {
      const OpDef*& seen = seen_[reinterpret_cast<uintptr_t>(node.def) / sizeof(OpDef) % seen_.size()];
      if (seen == node.def) continue;  // two that share a place are listed more than once
      seen = node.def;
      names_.push_back(node.op);
    }
    Sort(names_.begin(), names_.end());
    names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
  }

  // Whether one of the words is there.
  bool HasOneOf(std::string_view words) const {
    while (!words.empty()) {
      const size_t end = std::min(words.find(' '), words.size());
      if (std::binary_search(names_.begin(), names_.end(), words.substr(0, end))) return true;
      words.remove_prefix(std::min(end + 1, words.size()));
    }
    return false;
  }

 private:
  std::array<const OpDef*, 256> seen_{};
  std::vector<std::string_view> names_;
};

// Applies what a sink collected. New nodes are appended, so edges to them are valid as the sink gave them.
class PassDriver {
 public:
  PassDriver(Graph& graph, std::vector<Edge>* roots, std::vector<int32_t>* root_nodes, Allocator& allocator)
      : graph_(graph), roots_(*roots), root_nodes_(*root_nodes), allocator_(allocator) {}

  Status Apply(PatchSink& sink, size_t num_rewrites) {
    const bool all = num_rewrites >= sink.starts_.size();
    const size_t num_nodes = all ? sink.nodes_.size() : sink.starts_[num_rewrites].node;
    const size_t num_replacements = all ? sink.replacements_.size() : sink.starts_[num_rewrites].replacement;
    const int32_t first_new = graph_.size();
    for (size_t i = 0; i < num_nodes; ++i) {
      Node node = std::move(sink.nodes_[i]);
      node.name = graph_.FreeName(node.name);
      graph_.AddNode(std::move(node));
    }
    for (int32_t i = first_new; i < graph_.size(); ++i) RIVULET_RETURN_IF_ERROR(InferNew(i));
    Replacements moved(graph_);
    for (size_t i = 0; i < num_replacements; ++i) {
      const auto& [old, with] = sink.replacements_[i];
      RIVULET_RETURN_IF_ERROR(CheckReplacement(old, with));
      moved.Set(old, with);
      const Shape& before = graph_.fact(old).shape;
      if (!before.complete() && !(before == graph_.fact(with).shape)) refined_.push_back(with.node);
    }
    for (Node& node : graph_.nodes()) {
      for (Edge& edge : node.inputs) edge = moved.Follow(edge);
    }
    for (Edge& edge : roots_) edge = moved.Follow(edge);
    return Status();
  }

  bool has_refined() const { return !refined_.empty(); }

  // Where a replacement's shape is better known than what it replaces, its readers, and theirs, are inferred anew: no
  // step checks again while it runs what was known when it was planned.
  Status InferRefined() {
    if (refined_.empty()) return Status();
    std::vector<bool> changed(static_cast<size_t>(graph_.size()), false);
    for (const int32_t node : refined_) changed[static_cast<size_t>(node)] = true;
    refined_.clear();
    RIVULET_ASSIGN_OR_RETURN(const std::vector<int32_t> order, TopologicalOrder(graph_));
    for (const int32_t index : order) {
      Node& node = graph_.node(index);
      const bool reads = std::any_of(node.inputs.begin(), node.inputs.end(),
                                     [&](const Edge& edge) { return changed[static_cast<size_t>(edge.node)]; });
      // What functions return is checked when they have returned.
      if (!reads || (node.def->flags & kCallsFunctions) != 0) continue;
      std::vector<Fact> before = std::move(node.outputs);
      RIVULET_RETURN_IF_ERROR(InferNew(index));
      for (size_t i = 0; i < before.size() && i < node.outputs.size(); ++i) {
        Fact& now = node.outputs[i];
        if (!(before[i].shape == now.shape)) changed[static_cast<size_t>(index)] = true;
        if (!now.value.valid()) now.value = std::move(before[i].value);
      }
    }
    return Status();
  }

  void DropDead() {
    std::vector<int32_t> needed = root_nodes_;
    for (const Edge& edge : roots_) needed.push_back(edge.node);
    const std::vector<bool> keep = Reachable(graph_, needed);
    std::vector<int32_t> index(keep.size());
    int32_t next = 0;
    for (size_t i = 0; i < keep.size(); ++i) index[i] = keep[i] ? next++ : -1;
    if (next == graph_.size()) return;
    graph_.Compact(keep);
    for (Edge& edge : roots_) edge.node = index[static_cast<size_t>(edge.node)];
    for (int32_t& node : root_nodes_) node = index[static_cast<size_t>(node)];
  }

  std::vector<int32_t> CountUses() const {
    std::vector<int32_t> uses(static_cast<size_t>(graph_.size()), 0);
    for (const Node& node : graph_.nodes()) {
      for (const Edge& edge : node.inputs) ++uses[static_cast<size_t>(edge.node)];
    }
    for (const Edge& edge : roots_) ++uses[static_cast<size_t>(edge.node)];
    return uses;
  }

 private:
  Status InferNew(int32_t index) {
    Node& node = graph_.node(index);
    if (node.def == nullptr) node.def = FindOp(node.op);
    if (node.def == nullptr) return Internal("a pass made a ", node.op, ", which is not an operator");
    inputs_.clear();
    for (const Edge& edge : node.inputs) inputs_.push_back(&graph_.fact(edge));
    Status status = InferNode(node, inputs_, graph_.has_versions, allocator_, &node.outputs);
    return status.ok() ? Status() : std::move(status).Framed(NodeFrame(node));
  }

  Status CheckReplacement(Edge old, Edge with) const {
    const Fact& before = graph_.fact(old);
    const Fact& after = graph_.fact(with);
    if (before.dtype != after.dtype) {
      return Internal("the pass replaces ", Quoted(EdgeName(graph_, old)), " of ", before.dtype, " by ", after.dtype);
    }
    Status status = MergeShapes(before.shape, after.shape).status();
    return status.ok() ? Status() : std::move(status).Framed(Cat("replacing ", Quoted(EdgeName(graph_, old))));
  }

  Graph& graph_;
  std::vector<Edge>& roots_;
  std::vector<int32_t>& root_nodes_;
  Allocator& allocator_;
  std::vector<int32_t> refined_;
  std::vector<const Fact*> inputs_;  // of the node that is inferred
};

Result<int64_t> RunPasses(Graph& graph, std::vector<Edge>* roots, std::vector<int32_t>* root_nodes,
                          Allocator& allocator, ThreadPool& pool, const StopToken& stop, const PassOptions& options) {
  // A pass may enable itself once more (folding one BatchNorm exposes the next); more rounds than this is a bug.
  constexpr int kMaxRounds = 16;
  PassDriver driver(graph, roots, root_nodes, allocator);
  int64_t total = 0;
  driver.DropDead();
  // Of the graph as it is now.
  std::optional<Operators> operators;
  std::optional<std::vector<int32_t>> uses;
  int starts = 1;
  for (size_t next = 0; next < options.passes.size();) {
    const Pass& pass = options.passes[next++];
    const int64_t before = total;
    bool is_refined = true;
    for (int round = 0; round < kMaxRounds && (is_refined || !pass.once); ++round) {
      if (options.max_rewrites >= 0 && total >= options.max_rewrites) return total;
      RIVULET_RETURN_IF_ERROR(stop.Why());
      if (pass.needs != nullptr) {
        if (!operators) operators.emplace(graph);
        if (!operators->HasOneOf(pass.needs)) break;
      }
      PatchSink sink(graph);
      if (!uses) uses = driver.CountUses();
      Status status = pass.run({graph, *uses, *roots, allocator, pool, stop}, sink);
      if (!status.ok()) return std::move(status).Framed(Cat("pass ", pass.name));
      size_t rewrites = sink.starts_.size();
      if (rewrites == 0) break;
      if (options.max_rewrites >= 0)
        rewrites = std::min<size_t>(rewrites, static_cast<size_t>(options.max_rewrites - total));
      operators.reset();
      uses.reset();
      status = driver.Apply(sink, rewrites);
      if (!status.ok()) return std::move(status).Framed(Cat("pass ", pass.name));
      is_refined = driver.has_refined();
      RIVULET_RETURN_IF_ERROR(driver.InferRefined());
      total += static_cast<int64_t>(rewrites);
      driver.DropDead();
    }
    if (!kIsSmall && pass.starts_again && total > before && starts++ < kMaxRounds) next = 0;
  }
  return total;
}

}  // namespace rivulet
