// Graphs whose names get into each other's way: the workbench's time stays in proportion to them.
#include <gtest/gtest.h>

#include "prepare/freeze_model.h"
#include "prepare/function_def.h"
#include "prepare/graph_edit.h"
#include "prepare/optimize.h"
#include "prepare/strip_unused.h"
#include "tests/hostile/text_models.h"
#include "tests/hostile/texts_of_one_hash.h"

namespace rivulet::prepare {
namespace {

constexpr size_t kNames = 30'000;

NodeDef NodeOf(const std::string& name, const char* op, std::vector<std::string> inputs, const char* type = "T") {
  NodeDef node{.name = name, .op = op, .inputs = std::move(inputs)};
  node.attrs[type] = Attr::OfType(DType::kFloat);
  return node;
}

// Each node reads the one before it.
GraphDef ChainOf(const std::vector<std::string>& names) {
  GraphDef graph;
  graph.nodes.push_back(NodeOf(names[0], "Placeholder", {}, "dtype"));
  for (size_t i = 1; i < names.size(); ++i) graph.nodes.push_back(NodeOf(names[i], "Neg", {names[i - 1]}));
  return graph;
}

TEST(Crowding, TransformsOfNamesOfOneHash) {
  const GraphDef graph = ChainOf(TextsOfOneHash(kNames));
  for (const char* transform :
       {"strip_unused_nodes", "fold_constants", "fold_batch_norms", "fold_old_batch_norms", "merge_duplicate_nodes",
        "remove_nodes(op=Identity)", "remove_control_dependencies", "remove_device", "sort_by_execution_order",
        "obfuscate_names", "round_weights", "quantize_weights", "quantize_nodes", "add_default_attributes",
        "flatten_atrous_conv", "fuse_pad_and_conv", "insert_logging(op=None)"}) {
    SCOPED_TRACE(transform);
    const Within limit(3);
    GraphDef changed = graph;
    const TransformOptions options{.outputs = {graph.nodes.back().name}};
    const Status status = ApplyTransforms(*ParseTransforms(transform), options, changed);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
}

TEST(Crowding, OptimizingNamesOfOneHash) {
  GraphDef graph = ChainOf(TextsOfOneHash(kNames));
  const Within limit(20);
  const auto steps = Optimize({.outputs = {graph.nodes.back().name}}, graph);
  EXPECT_TRUE(steps.ok()) << steps.status().ToString();
}

// Whoever adds a node beside many of its name's kind does not try them all.
TEST(Crowding, NamesThatWereNumberedAreNotAllTried) {
  std::vector<std::string> names = {"x"};
  for (size_t i = 1; i < kNames; ++i) names.push_back("x_" + std::to_string(i));
  GraphDef graph = ChainOf(names);
  const TransformContext context;
  Result<GraphEdit> edit = GraphEdit::Of(graph, context);
  ASSERT_TRUE(edit.ok());
  const Within limit(3);
  for (size_t i = 0; i < kNames; ++i) {
    NodeDef node = NodeOf(edit->FreeName("x"), "Neg", {"x"});
    ASSERT_EQ(edit->Find(node.name), nullptr);
    edit->Add(std::move(node));
  }
  FunctionLibrary library;
  for (const std::string& name : names) library.functions.push_back({.name = name});
  for (size_t i = 0; i < kNames; ++i) library.functions.push_back({.name = library.FreeName("x")});
  EXPECT_EQ(library.Find("x_29999"), &library.functions[kNames - 1]);
}

TEST(Crowding, ManySwitchesInARow) {
  GraphDef graph;
  NodeDef no{.name = "no", .op = "Const"};
  no.attrs["dtype"] = Attr::OfType(DType::kBool);
  no.attrs["value"] = Attr::OfTensor(Tensor::Scalar(false));
  graph.nodes.push_back(std::move(no));
  graph.nodes.push_back(NodeOf("s0", "Placeholder", {}, "dtype"));
  for (size_t i = 1; i < kNames; ++i) {
    const std::string before = "s" + std::to_string(i - 1), number = std::to_string(i);
    graph.nodes.push_back(NodeOf("s" + number, "Switch", {before, "no"}));
    graph.nodes.push_back(NodeOf("n" + number, "Neg", {"s" + number, "^" + before}));
  }
  const std::string last = "n" + std::to_string(kNames - 1);
  const Within limit(20);
  const auto steps = Optimize({.outputs = {last}}, graph);
  ASSERT_TRUE(steps.ok()) << steps.status().ToString();
  EXPECT_EQ(graph.nodes.size(), 2u);
}

TEST(Crowding, ManyInputs) {
  constexpr int kInputs = 40'000;
  std::string graph;
  for (int i = 0; i < kInputs; ++i) {
    const std::string number = std::to_string(i);
    graph += Node32("x" + number, "Placeholder", {}, rivulet::TypeAttr("dtype", 1)) +
             Node32("y" + number, "Neg", {"x" + number}, rivulet::TypeAttr("T", 1));
  }
  const std::string bytes = graph + Versions32(24);
  const auto model = LoadText(bytes);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const TempFile file(bytes);
  const Within limit(3);
  const auto frozen = FreezeModel(*model, file.path(), {});
  ASSERT_TRUE(frozen.ok()) << frozen.status().ToString();
  EXPECT_EQ(frozen->inputs.size(), size_t{kInputs});
}

}  // namespace
}  // namespace rivulet::prepare
