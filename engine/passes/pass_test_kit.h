// For tests of passes: a text graph in, the rewritten graph out.
#ifndef RIVULET_ENGINE_PASSES_PASS_TEST_KIT_H_
#define RIVULET_ENGINE_PASSES_PASS_TEST_KIT_H_

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/text_form.h"
#include "engine/ops/infer.h"
#include "engine/passes/pass.h"
#include "engine/run/model_of.h"
#include "rivulet/session.h"

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

// The text with its first `from` replaced, which has to be there.
inline std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

// Numbers between -1 and 2, in another order for another step.
inline Tensor Numbers(const Shape& shape, size_t step) {
  std::vector<float> values(static_cast<size_t>(shape.num_elements()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * step % 23) / 8 - 1;
  return Tensor::Of<float>(shape, values);
}

// 'y' of the graph is the same with all passes and with none.
inline void ExpectTheSameWithPasses(const std::string& text, const Feeds& feeds) {
  std::vector<Tensor> results;
  for (const bool passes : {false, true}) {
    SessionOptions options;
    options.passes = passes;
    auto session = Session::Create(ModelOf(text), options);
    ASSERT_TRUE(session.ok()) << session.status().ToString();
    auto result = (*session)->Run(feeds, {"y"});
    ASSERT_TRUE(result.ok()) << result.status().ToString();
    results.push_back((*result)[0]);
  }
  ASSERT_EQ(results[0].shape(), results[1].shape());
  for (int64_t i = 0; i < results[0].num_elements(); ++i) {
    ASSERT_NEAR(results[0].data<float>()[i], results[1].data<float>()[i], 1e-6) << i;
  }
}

// Of x, 'y' is the same, bit for bit, with passes and two threads and without.
inline void ExpectTheSameBits(const std::string& text, const Tensor& x) {
  std::vector<Tensor> results;
  for (const bool passes : {false, true}) {
    SessionOptions options;
    options.passes = passes;
    options.num_threads = passes ? 2 : 1;
    auto session = Session::Create(ModelOf(text), options);
    ASSERT_TRUE(session.ok()) << session.status().ToString();
    auto result = (*session)->Run({{"x", x}}, {"y"});
    ASSERT_TRUE(result.ok()) << result.status().ToString();
    results.push_back((*result)[0]);
  }
  ASSERT_EQ(results[0].shape(), results[1].shape());
  EXPECT_EQ(std::memcmp(results[0].raw(), results[1].raw(), results[0].bytes()), 0) << text;
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_PASSES_PASS_TEST_KIT_H_
