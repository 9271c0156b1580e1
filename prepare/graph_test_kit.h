// Graphs for tests, in protobuf's text form, and what became of them in one line a node. Dims are digits: "1224".
#ifndef RIVULET_PREPARE_GRAPH_TEST_KIT_H_
#define RIVULET_PREPARE_GRAPH_TEST_KIT_H_

#include <gtest/gtest.h>

#include "engine/import/text_proto.h"
#include "prepare/transform.h"

namespace rivulet::prepare {

inline GraphDef GraphOf(std::string_view text) {
  Result<std::vector<uint8_t>> wire = TextToWire(text, TextRoot::kGraphDef, {});
  EXPECT_TRUE(wire.ok()) << wire.status().ToString();
  auto owner = std::make_shared<std::vector<uint8_t>>(wire.ok() ? std::move(*wire) : std::vector<uint8_t>());
  Result<GraphDef> graph = ParseGraphDef(*owner, owner);
  EXPECT_TRUE(graph.ok()) << graph.status().ToString();
  return graph.ok() ? std::move(*graph) : GraphDef();
}

// "name = op(input, input) @device\n" for each node.
inline std::string Lines(const GraphDef& graph) {
  std::string lines;
  for (const NodeDef& node : graph.nodes) {
    lines += node.name + " = " + node.op + "(";
    for (const std::string& input : node.inputs) lines += (&input == &node.inputs[0] ? "" : ", ") + input;
    lines += node.device.empty() ? ")\n" : ") @" + node.device + "\n";
  }
  return lines;
}

// The graph after `transforms`, or the message.
inline std::string Transformed(std::string_view text, std::string_view transforms,
                               const TransformOptions& options = {}) {
  GraphDef graph = GraphOf(text);
  Result<std::vector<TransformCall>> calls = ParseTransforms(transforms);
  if (!calls.ok()) return calls.status().ToString();
  const Status status = ApplyTransforms(*calls, options, graph);
  return status.ok() ? Lines(graph) : status.ToString();
}

// A node of float type; `more` are further attributes.
inline std::string Node(std::string_view name, std::string_view op, std::initializer_list<std::string_view> inputs,
                        std::string_view more = "") {
  std::string text = "node { name: '" + std::string(name) + "' op: '" + std::string(op) + "' ";
  for (const std::string_view input : inputs) text += "input: '" + std::string(input) + "' ";
  return text + "attr { key: 'T' value { type: DT_FLOAT } } " + std::string(more) + " }\n";
}

inline std::string Input(std::string_view name, std::string_view dims) {
  std::string shape;
  for (const char dim : dims) shape += std::string("dim { size: ") + dim + " } ";
  return "node { name: '" + std::string(name) + "' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } " +
         "attr { key: 'shape' value { shape { " + shape + "} } } }\n";
}

// Values as protobuf repeats them; "0.5, 1" for floats.
inline std::string Const(std::string_view name, std::string_view dims, std::string_view values) {
  std::string shape;
  for (const char dim : dims) shape += std::string("dim { size: ") + dim + " } ";
  return "node { name: '" + std::string(name) + "' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } } " +
         "attr { key: 'value' value { tensor { dtype: DT_FLOAT tensor_shape { " + shape + "} float_val: [" +
         std::string(values) + "] } } } }\n";
}

// An int32 constant.
inline std::string Ints(std::string_view name, std::string_view dims, std::string_view values) {
  std::string shape;
  for (const char dim : dims) shape += std::string("dim { size: ") + dim + " } ";
  return "node { name: '" + std::string(name) + "' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } } " +
         "attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape { " + shape + "} int_val: [" +
         std::string(values) + "] } } } }\n";
}

// The graph after the transforms, which must succeed.
inline GraphDef After(std::string_view text, std::string_view transforms, const TransformOptions& options = {}) {
  GraphDef graph = GraphOf(text);
  const Result<std::vector<TransformCall>> calls = ParseTransforms(transforms);
  EXPECT_TRUE(calls.ok()) << calls.status().ToString();
  if (!calls.ok()) return graph;
  const Status status = ApplyTransforms(*calls, options, graph);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return graph;
}

// An empty node, with a failure, where there is none of that name.
inline NodeDef NodeIn(const GraphDef& graph, std::string_view name) {
  for (const NodeDef& node : graph.nodes) {
    if (node.name == name) return node;
  }
  ADD_FAILURE() << "no '" << name << "' in\n" << Lines(graph);
  return {};
}

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_GRAPH_TEST_KIT_H_
