// transform_graph: a graph changed step by step.
#include <cstdio>

#include "cli/tf/tools.h"
#include "engine/base/errors.h"
#include "prepare/graph_text.h"
#include "prepare/model_graph.h"
#include "prepare/needed.h"
#include "prepare/transform.h"

namespace rivulet::tf {
namespace {

struct TransformGraph {
  std::string in_graph, out_graph, transforms;
  std::vector<std::string> inputs, outputs;
  bool output_as_text = false;
};

void Report(std::string_view line) { std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data()); }

Status Transform(const TransformGraph& flags, const std::vector<prepare::TransformCall>& calls) {
  RIVULET_ASSIGN_OR_RETURN(prepare::ModelGraph read, prepare::ReadModelGraph(flags.in_graph));
  prepare::GraphDef& graph = read.graph;
  const prepare::TransformContext names = {.inputs = flags.inputs, .outputs = flags.outputs};
  RIVULET_RETURN_IF_ERROR(
      prepare::NeededNames(graph, names, /*stops_at_inputs=*/true).status().Framed(Cat("'", flags.in_graph, "'")));
  RIVULET_RETURN_IF_ERROR(
      prepare::ApplyTransforms(calls, {.inputs = flags.inputs, .outputs = flags.outputs, .report = Report}, graph));
  return flags.output_as_text ? prepare::WriteGraphText(graph, flags.out_graph)
                              : prepare::WriteGraphDef(graph, flags.out_graph);
}

int Run(const Call& call) {
  TransformGraph tool;
  std::string inputs, outputs;
  Flags flags = call.MakeFlags();
  flags.Add("in_graph", &tool.in_graph, "input graph file name");
  flags.Add("out_graph", &tool.out_graph, "output graph file name");
  flags.Add("inputs", &inputs, "inputs, with commas between");
  flags.Add("outputs", &outputs, "outputs, with commas between");
  flags.Add("transforms", &tool.transforms, "the transforms, in their order (rivulet transform --list)");
  flags.Add("output_as_text", &tool.output_as_text, "write the graph in protobuf's text format");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  if (tool.in_graph.empty()) return flags.FailCall("--in_graph can't be empty");
  if (tool.out_graph.empty()) return flags.FailCall("--out_graph can't be empty");
  if (tool.transforms.empty()) return flags.FailCall("--transforms can't be empty");
  tool.inputs = SplitList(inputs);
  tool.outputs = SplitList(outputs);
  const auto calls = prepare::ParseTransforms(tool.transforms);
  if (!calls.ok()) return call.Fail(calls.status());
  const Status status = Transform(tool, *calls);
  return status.ok() ? 0 : call.Fail(status);
}

}  // namespace

const Tool kTransformGraph = {"transform_graph", "Applies transforms to a graph, one after the other.", kCpp, Run};

}  // namespace rivulet::tf
