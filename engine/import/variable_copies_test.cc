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

SavedObject Variable(const std::string& name) {
  SavedObject object;
  object.kind = SavedObject::Kind::kVariable;
  object.name = name;
  return object;
}

// copy = Variable(kernel), and other = Variable(0).
Graph WithCopy() {
  Graph graph;
  const int32_t kernel = graph.AddNode(Made("kernel", "VarHandleOp"));
  const int32_t copy = graph.AddNode(Made("copy", "VarHandleOp"));
  const int32_t other = graph.AddNode(Made("other", "VarHandleOp"));
  const int32_t read = graph.AddNode(Made("read", "ReadVariableOp", {{kernel, 0}}));
  const int32_t zero = graph.AddNode(Made("zero", "Const"));
  graph.AddNode(Made("assign", "AssignVariableOp", {{copy, 0}, {read, 0}}));
  graph.AddNode(Made("assign_other", "AssignVariableOp", {{other, 0}, {zero, 0}}));
  return graph;
}

std::string SharedName(const Graph& graph, const std::string& node) {
  return *graph.node(graph.Find(node)).attrs.Get<std::string>("shared_name");
}

TEST(VariableCopies, ACopyBecomesItsOrigin) {
  Graph graph = WithCopy();
  JoinVariableCopies(graph, {Variable("kernel")});
  EXPECT_EQ(SharedName(graph, "copy"), "kernel");
  EXPECT_EQ(SharedName(graph, "kernel"), "kernel");
  EXPECT_EQ(SharedName(graph, "other"), "other");
}

TEST(VariableCopies, AVariableOfItsOwnStays) {
  // An object that starts as another's value.
  Graph graph = WithCopy();
  JoinVariableCopies(graph, {Variable("kernel"), Variable("copy")});
  EXPECT_EQ(SharedName(graph, "copy"), "copy");
  // No object graph, as in TensorFlow 1.
  JoinVariableCopies(graph, {});
  EXPECT_EQ(SharedName(graph, "copy"), "copy");
  JoinVariableCopies(graph, {Variable("zero")});
  EXPECT_EQ(SharedName(graph, "copy"), "copy");
}

}  // namespace
}  // namespace rivulet
