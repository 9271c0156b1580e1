// quantize_graph: weights as bytes, or rounded so that they compress; whole graphs in bytes where the transform is
// there.
#include <cstdio>

#include "cli/tf/tools.h"
#include "engine/base/errors.h"
#include "prepare/model_graph.h"
#include "prepare/strip_unused.h"
#include "prepare/transform.h"

namespace rivulet::tf {
namespace {

struct QuantizeFlags {
  std::string input, output, mode = "round";
  std::vector<std::string> outputs;
  int64_t bitdepth = 8;
  bool print_nodes = false;
  bool quantized_input = false;
  double input_min = 0, input_max = 1;
  std::string fallback_min, fallback_max;
};

// The transforms that do what a mode did.
std::string TransformsOf(const QuantizeFlags& flags) {
  if (flags.mode == "weights_rounded") return Cat("round_weights(num_steps=", int64_t{1} << flags.bitdepth, ")");
  if (flags.mode == "weights") return std::string("quantize_weights(minimum_size=1)");
  std::string nodes = "quantize_nodes(";
  if (flags.quantized_input) nodes += Cat("input_min=\"", flags.input_min, "\", input_max=\"", flags.input_max, "\", ");
  if (!flags.fallback_min.empty()) {
    nodes += Cat("fallback_min=\"", flags.fallback_min, "\", fallback_max=\"", flags.fallback_max, "\"");
  }
  return Cat("remove_nodes(op=Identity, op=CheckNumerics) quantize_weights ", nodes, ") sort_by_execution_order");
}

Status Quantize(const QuantizeFlags& flags) {
  RIVULET_ASSIGN_OR_RETURN(prepare::ModelGraph model, prepare::ReadModelGraph(flags.input));
  const auto quantize = [&]() -> Status {
    RIVULET_RETURN_IF_ERROR(prepare::KeepNeeded(flags.outputs, model.graph));
    RIVULET_ASSIGN_OR_RETURN(const auto calls, prepare::ParseTransforms(TransformsOf(flags)));
    return prepare::ApplyTransforms(calls, {.outputs = flags.outputs}, model.graph);
  };
  RIVULET_RETURN_IF_ERROR(quantize().Framed(Cat("'", flags.input, "'")));
  if (flags.print_nodes) {
    for (const prepare::NodeDef& node : model.graph.nodes) std::printf("%s: %s\n", node.name.c_str(), node.op.c_str());
  }
  return prepare::WriteGraphDef(model.graph, flags.output);
}

int Run(const Call& call) {
  QuantizeFlags tool;
  std::string outputs;
  bool strip = true;
  Flags flags = call.MakeFlags();
  flags.Add("print_nodes", &tool.print_nodes, "whether to print the nodes of the new graph");
  flags.Add("input", &tool.input, "a model's file");
  flags.Add("output", &tool.output, "where the quantized graph goes");
  flags.Add("output_node_names", &outputs, "output nodes, with commas between");
  flags.Add("bitdepth", &tool.bitdepth, "weights_rounded: 2^bitdepth different values; else 8");
  flags.Add("mode", &tool.mode, "weights_rounded, weights or eightbit");
  flags.Refuse("test_input_dims", "mode test is not here; rivulet compare runs both graphs on the same input");
  flags.Add("strip_redundant_quantization", &strip, "always done");
  flags.Add("quantized_input", &tool.quantized_input, "eightbit: placeholders take bytes");
  flags.Add("quantized_input_min", &tool.input_min, "what byte 0 stands for");
  flags.Add("quantized_input_max", &tool.input_max, "what byte 255 stands for");
  flags.Add("quantized_fallback_min", &tool.fallback_min, "eightbit: range of results; both or neither");
  flags.Add("quantized_fallback_max", &tool.fallback_max, "eightbit: range of results; both or neither");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  tool.outputs = SplitList(outputs);
  if (tool.input.empty() || tool.output.empty()) return flags.FailCall("want --input and --output");
  if (tool.outputs.empty()) return flags.FailCall("want --output_node_names");
  if (tool.bitdepth < 1 || tool.bitdepth > 16) return flags.FailCall("--bitdepth: want 1 to 16");
  if (tool.fallback_min.empty() != tool.fallback_max.empty()) {
    return flags.FailCall("want both --quantized_fallback_min and --quantized_fallback_max, or neither");
  }
  if (tool.mode == "round" || tool.mode == "quantize" || tool.mode == "test") {
    return flags.FailCall(Cat("--mode=", tool.mode,
                              ": not supported: its operators, or what it tested, are gone from "
                              "TensorFlow too; want weights_rounded, weights or eightbit"));
  }
  if (tool.mode != "weights_rounded" && tool.mode != "weights" && tool.mode != "eightbit") {
    return flags.FailCall(Cat("--mode: want weights_rounded, weights or eightbit, got ", Quoted(tool.mode)));
  }
  const Status status = Quantize(tool);
  return status.ok() ? 0 : call.Fail(status);
}

}  // namespace

const Tool kQuantizeGraph = {"quantize_graph", "Makes weights bytes, or rounds them so that they compress.", kApp, Run};

}  // namespace rivulet::tf
