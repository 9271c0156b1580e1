// For tests of passes: a text graph in, the rewritten graph out.
#ifndef RIVULET_ENGINE_PASSES_PASS_TEST_KIT_H_
#define RIVULET_ENGINE_PASSES_PASS_TEST_KIT_H_

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/text_form.h"
#include "engine/ops/infer.h"
#include "engine/passes/pass.h"

namespace rivulet {

struct Rewritten {
  Graph graph;
  std::vector<Edge> roots;
  int64_t rewrites = 0;

  int Count(std::string_view op) const {
    int count = 0;
    for (const Node& node : graph.nodes()) count += node.op == op;
    return count;
  }
  const Node& Root() const { return graph.node(roots[0].node); }
};

// Applies the named passes of the pipeline to the graph, keeping `root`.
inline Rewritten Rewrite(std::string_view text, const std::vector<std::string_view>& names, std::string_view root,
                         int64_t max_rewrites = -1) {
  Rewritten out;
  auto graph = ParseGraph(text);
  if (!graph.ok()) {
    ADD_FAILURE() << graph.status().ToString();
    return out;
  }
  out.graph = std::move(*graph);
  for (Node& node : out.graph.nodes()) node.def = FindOp(node.op);
  auto allocator = Allocator::Create();
  const Status inferred = InferGraph(out.graph, *allocator, {}, true);
  EXPECT_TRUE(inferred.ok()) << inferred.ToString();
  std::vector<Pass> passes;
  for (const std::string_view name : names) {
    for (const Pass& pass : Pipeline()) {
      if (pass.name == name) passes.push_back(pass);
    }
  }
  EXPECT_EQ(passes.size(), names.size());
  out.roots = {{out.graph.Find(root), 0}};
  std::vector<int32_t> root_nodes;
  ThreadPool pool(1);
  PassOptions options;
  options.passes = passes;
  options.max_rewrites = max_rewrites;
  const auto count = RunPasses(out.graph, &out.roots, &root_nodes, *allocator, pool, StopToken(), options);
  EXPECT_TRUE(count.ok()) << count.status().ToString();
  if (count.ok()) out.rewrites = *count;
  return out;
}

// The floats of a Const.
inline std::vector<float> ConstValues(const Graph& graph, Edge edge) {
  const Tensor& value = graph.fact(edge).value;
  if (!value.valid()) return {};
  return {value.data<float>(), value.data<float>() + value.num_elements()};
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_PASSES_PASS_TEST_KIT_H_
