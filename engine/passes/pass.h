// Rewrites of graphs. A pass looks at a graph and says what to replace; the driver applies it, checks it and counts it.
#ifndef RIVULET_ENGINE_PASSES_PASS_H_
#define RIVULET_ENGINE_PASSES_PASS_H_

#include <span>
#include <string>
#include <vector>

#include "engine/base/stop.h"
#include "engine/base/thread_pool.h"
#include "engine/graph/graph.h"

namespace rivulet {

// Collects a pass's rewrites. One rewrite = Begin(), then Add()s and Replace()s. The graph does not change meanwhile.
struct PassOptions;

class PatchSink {
 public:
  explicit PatchSink(const Graph& graph) : graph_(graph) {}

  // Starts the next rewrite.
  void Begin() { starts_.push_back({nodes_.size(), replacements_.size()}); }
  // A new node, which may use existing nodes and earlier new ones. Its name is a wish. Returns its output 0.
  Edge Add(Node node);
  // All uses of `old` become uses of `with`; `old`'s dtype must be the same and its shape compatible.
  void Replace(Edge old, Edge with) { replacements_.push_back({old, with}); }

  const Graph& graph() const { return graph_; }

 private:
  friend class PassDriver;
  friend Result<int64_t> RunPasses(Graph&, std::vector<Edge>*, std::vector<int32_t>*, Allocator&, ThreadPool&,
                                   const StopToken&, const struct PassOptions&);
  struct Start {
    size_t node;
    size_t replacement;
  };
  struct Replacement {
    Edge old;
    Edge with;
  };
  const Graph& graph_;
  std::vector<Node> nodes_;
  std::vector<Replacement> replacements_;
  std::vector<Start> starts_;
};

// What a pass may use.
struct PassContext {
  const Graph& graph;
  // uses[i]: how many inputs of nodes and roots take any output of node i; control edges do not count.
  const std::vector<int32_t>& uses;
  const std::vector<Edge>& roots;  // what the caller fetches
  Allocator& allocator;
  ThreadPool& pool;
  const StopToken& stop;
};

struct Pass {
  const char* name;
  const char* why_here;  // why it stands where it stands in the pipeline
  Status (*run)(const PassContext&, PatchSink&);
  // Operators, with spaces between, of which it needs one: where the graph has none of them, it is not run. Null: it
  // looks at every graph.
  const char* needs = nullptr;
  // What it leaves has nothing more for it, so that it is run again only where shapes have become better known.
  bool once = false;
  // What it leaves is a smaller problem for those before it: all passes start again behind it.
  bool starts_again = false;
};

// The passes in their order (pipeline.cc).
std::span<const Pass> Pipeline();

struct PassOptions {
  int64_t max_rewrites = -1;
  std::span<const Pass> passes = Pipeline();
};

// Applies the passes to a graph with facts. `roots` are the edges and `root_nodes` the nodes that must survive; both
// are renumbered. Returns the number of rewrites.
Result<int64_t> RunPasses(Graph& graph, std::vector<Edge>* roots, std::vector<int32_t>* root_nodes,
                          Allocator& allocator, ThreadPool& pool, const StopToken& stop,
                          const PassOptions& options = {});

}  // namespace rivulet

#endif  // RIVULET_ENGINE_PASSES_PASS_H_
