// strip_unused: only what the outputs need of a graph, up to the inputs.
#include <cstdio>

#include "cli/tf/tools.h"
#include "cli/tf/type_name.h"
#include "engine/base/errors.h"
#include "prepare/graph_text.h"
#include "prepare/model_graph.h"
#include "prepare/strip_unused.h"

namespace rivulet::tf {
namespace {

struct StripFlags {
  std::string input_graph, output_graph;
  bool output_binary = true;
  prepare::StripOptions options;
};

Status Strip(const StripFlags& flags) {
  RIVULET_ASSIGN_OR_RETURN(prepare::ModelGraph model, prepare::ReadModelGraph(flags.input_graph));
  RIVULET_RETURN_IF_ERROR(prepare::StripUnused(flags.options, model.graph));
  RIVULET_RETURN_IF_ERROR(flags.output_binary ? prepare::WriteGraphDef(model.graph, flags.output_graph)
                                              : prepare::WriteGraphText(model.graph, flags.output_graph));
  std::printf("%zu ops in the final graph.\n", model.graph.nodes.size());
  return Status();
}

int Run(const Call& call) {
  StripFlags tool;
  bool input_binary = false;
  std::string inputs, outputs, types = "1";
  Flags flags = call.MakeFlags();
  flags.Add("input_graph", &tool.input_graph, "a model's file");
  flags.Add("input_binary", &input_binary, "not needed: binary and text are told apart");
  flags.Add("output_graph", &tool.output_graph, "where the stripped graph goes");
  flags.Add("output_binary", &tool.output_binary, "whether to write a binary graph; else text");
  flags.Add("input_node_names", &inputs, "nodes that will be fed, with commas between");
  flags.Add("output_node_names", &outputs, "nodes that will be fetched, with commas between");
  flags.Add("placeholder_type_enum", &types,
            "type of the placeholders as its number, or one for each input with commas between; without it a "
            "placeholder keeps its type");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  if (tool.input_graph.empty()) return flags.FailCall("want --input_graph");
  if (tool.output_graph.empty()) return flags.FailCall("want --output_graph");
  tool.options.inputs = SplitList(inputs);
  tool.options.outputs = SplitList(outputs);
  if (tool.options.outputs.empty()) {
    return flags.FailCall("You need to supply the name of a node to --output_node_names.", 1);
  }
  if (flags.Given("placeholder_type_enum")) {
    for (const std::string& number : SplitList(types)) {
      const Result<DType> type = TypeNumbered(number);
      if (!type.ok()) return flags.FailCall(Cat("--placeholder_type_enum: ", type.status().message()));
      tool.options.types.push_back(*type);
    }
  }
  const Status status = Strip(tool);
  return status.ok() ? 0 : call.Fail(status);
}

}  // namespace

const Tool kStripUnused = {"strip_unused", "Keeps only what the outputs of a graph need.", kArgparseThenApp, Run};

}  // namespace rivulet::tf
