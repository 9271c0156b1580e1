// graph_to_dot: a graph for Graphviz.
#include <cstdio>

#include "cli/tf/tools.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "prepare/model_graph.h"

namespace rivulet::tf {
namespace {

// Within a quoted DOT identifier.
std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

std::string ToDot(const prepare::GraphDef& graph) {
  std::string dot = "digraph graphname {\n";
  for (const prepare::NodeDef& node : graph.nodes) {
    const std::string name = Escaped(node.name);
    dot += Cat("  \"", name, "\" [label=\"", Escaped(node.op), "\"];\n");
    for (const std::string& text : node.inputs) {
      const prepare::InputName input = prepare::ParseInput(text);
      dot += Cat("  \"", Escaped(input.node), "\" -> \"", name, "\"", input.is_control ? " [style=dotted]" : "", ";\n");
    }
  }
  return dot + "}\n";
}

int Run(const Call& call) {
  std::string graph, dot_output;
  bool input_binary = true;
  Flags flags = call.MakeFlags();
  flags.Add("graph", &graph, "a model's file");
  flags.Add("input_binary", &input_binary, "not needed: text is recognised");
  flags.Add("dot_output", &dot_output, "where the DOT file goes");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  if (graph.empty() || dot_output.empty()) return flags.FailCall("want --graph and --dot_output");
  const auto model = prepare::ReadModelGraph(graph);
  if (!model.ok()) return call.Fail(model.status());
  const std::string dot = ToDot(model->graph);
  const Status status = SaveFile(dot_output, {reinterpret_cast<const uint8_t*>(dot.data()), dot.size()});
  if (!status.ok()) return call.Fail(status);
  std::printf("Created DOT file '%s'.\n", dot_output.c_str());
  return 0;
}

}  // namespace

const Tool kGraphToDot = {"graph_to_dot", "Writes a graph as a DOT file for Graphviz.", kApp, Run};

}  // namespace rivulet::tf
