// Graphs for tests, in protobuf's text form, and what became of them in one line a node.
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

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_GRAPH_TEST_KIT_H_
