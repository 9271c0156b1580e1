#include "engine/import/variable_copies.h"

#include <gtest/gtest.h>

namespace rivulet {
namespace {

Node Made(const std::string& name, const std::string& op, std::vector<Edge> inputs = {}) {
  Node node;
  node.name = name;
  node.op = op;
  node.inputs = std::move(inputs);
  if (op == "VarHandleOp") node.attrs.Set("shared_name", name);
  return node;
}

// copy = Variable(kernel) and other = Variable(0), of which some are restored.
Graph WithCopy(const std::vector<std::string>& restored) {
  Graph graph;
  const int32_t kernel = graph.AddNode(Made("kernel", "VarHandleOp"));
  const int32_t copy = graph.AddNode(Made("copy", "VarHandleOp"));
  const int32_t other = graph.AddNode(Made("other", "VarHandleOp"));
  const int32_t read = graph.AddNode(Made("read", "ReadVariableOp", {{kernel, 0}}));
  const int32_t zero = graph.AddNode(Made("zero", "Const"));
  graph.AddNode(Made("assign", "AssignVariableOp", {{copy, 0}, {read, 0}}));
  graph.AddNode(Made("assign_other", "AssignVariableOp", {{other, 0}, {zero, 0}}));
  std::vector<Edge> inputs = {{zero, 0}};
  for (const std::string& name : restored) inputs.push_back({graph.Find(name), 0});
  graph.AddNode(Made("restore", "StatefulPartitionedCall", inputs));
  return graph;
}

std::string SharedName(const Graph& graph, const std::string& node) {
  return *graph.node(graph.Find(node)).attrs.Get<std::string>("shared_name");
}

TEST(VariableCopies, ACopyBecomesItsOrigin) {
  Graph graph = WithCopy({"copy", "other"});
  JoinVariableCopies(graph, "restore");
  EXPECT_EQ(SharedName(graph, "copy"), "kernel");
  EXPECT_EQ(SharedName(graph, "kernel"), "kernel");
  EXPECT_EQ(SharedName(graph, "other"), "other");
  // What has no name to share goes by its node's.
  graph = WithCopy({"copy"});
  graph.node(graph.Find("kernel")).attrs.Set("shared_name", std::string());
  JoinVariableCopies(graph, "restore");
  EXPECT_EQ(SharedName(graph, "copy"), "kernel");
}

TEST(VariableCopies, AVariableOfItsOwnStays) {
  for (const std::vector<std::string>& restored : {std::vector<std::string>{"copy", "kernel"}, {"kernel"}, {}}) {
    Graph graph = WithCopy(restored);
    JoinVariableCopies(graph, "restore");
    EXPECT_EQ(SharedName(graph, "copy"), "copy");
  }
  Graph graph = WithCopy({"copy"});
  JoinVariableCopies(graph, "");
  EXPECT_EQ(SharedName(graph, "copy"), "copy");
}

}  // namespace
}  // namespace rivulet
