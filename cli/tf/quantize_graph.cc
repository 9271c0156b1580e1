// quantize_graph: weights as bytes, or rounded so that they compress; whole graphs in bytes; products whose inputs go
// through bytes.
#include <algorithm>
#include <cstdio>

#include "cli/input_shapes.h"
#include "cli/made_up.h"
#include "cli/tf/tools.h"
#include "engine/base/errors.h"
#include "prepare/graph_edit.h"
#include "prepare/model_graph.h"
#include "prepare/quantize_round_trips.h"
#include "prepare/squeeze/trial.h"
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
  std::string test_input_dims = "1,224,224,3";
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

// What the file leaves open is as --test_input_dims has it, or 1 where that has another rank.
Shape Complete(const std::optional<Shape>& shape, const Shape& wanted) {
  if (!shape || shape->rank() < 0) return wanted;
  Shape complete;
  for (int i = 0; i < shape->rank(); ++i) {
    complete.push_back(shape->dim(i) >= 0 ? shape->dim(i) : shape->rank() == wanted.rank() ? wanted.dim(i) : 1);
  }
  return complete;
}

// Made-up values for every placeholder.
Result<Feeds> MakeUpFeeds(const QuantizeFlags& flags, const prepare::GraphDef& graph) {
  const auto open = cli::ParseInputShapes({Cat("--test_input_dims=", flags.test_input_dims)});
  RIVULET_RETURN_IF_ERROR(open.status());
  Feeds feeds;
  for (const prepare::NodeDef& node : graph.nodes) {
    if (node.op != "Placeholder") continue;
    const prepare::Attr* attr = node.Find("shape");
    const std::optional<Shape> shape = attr != nullptr ? attr->AsShape() : std::nullopt;
    const DType dtype = prepare::TypeAttr(node, "dtype");
    Result<Tensor> value = cli::MakeUpFeed(dtype, Complete(shape, open->front().second));
    if (!value.ok()) return std::move(value).status().Framed(Cat("input '", node.name, "'"));
    feeds.emplace_back(node.name, *std::move(value));
  }
  return feeds;
}

// Runs the graph as it is and in bytes, and says how far the results are apart.
Status Test(const QuantizeFlags& flags, const prepare::GraphDef& was, const prepare::GraphDef& is) {
  RIVULET_ASSIGN_OR_RETURN(Feeds feeds, MakeUpFeeds(flags, was));
  const std::vector<Feeds> samples = {std::move(feeds)};
  for (const std::string& output : flags.outputs) {
    RIVULET_ASSIGN_OR_RETURN(const auto trial, prepare::Trial::Create(was, samples, {output}, 1));
    RIVULET_ASSIGN_OR_RETURN(const prepare::Agreement agreement, trial.CompareFile(prepare::Serialize(is)));
    std::printf("%s: largest difference %.4g, root mean square %.2f %% of the spread", output.c_str(),
                agreement.largest, 100 * agreement.distance);
    if (agreement.rows > 0)
      std::printf(", largest value at the same place in %zu of %zu", agreement.agreeing, agreement.rows);
    std::printf("\n");
  }
  return Status();
}

Status Quantize(const QuantizeFlags& flags) {
  RIVULET_ASSIGN_OR_RETURN(prepare::ModelGraph model, prepare::ReadModelGraph(flags.input));
  prepare::GraphDef was;
  const auto quantize = [&]() -> Status {
    RIVULET_RETURN_IF_ERROR(prepare::KeepNeeded(flags.outputs, model.graph));
    if (flags.mode == "quantize") return prepare::QuantizeRoundTrips(model.graph).status();
    if (flags.mode == "test") was = model.graph;
    RIVULET_ASSIGN_OR_RETURN(const auto calls, prepare::ParseTransforms(TransformsOf(flags)));
    return prepare::ApplyTransforms(calls, {.outputs = flags.outputs}, model.graph);
  };
  RIVULET_RETURN_IF_ERROR(quantize().Framed(Cat("'", flags.input, "'")));
  if (flags.print_nodes) {
    for (const prepare::NodeDef& node : model.graph.nodes) std::printf("%s: %s\n", node.name.c_str(), node.op.c_str());
  }
  return flags.mode == "test" ? Test(flags, was, model.graph) : prepare::WriteGraphDef(model.graph, flags.output);
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
  flags.Add("mode", &tool.mode, "weights_rounded, weights, eightbit, quantize or test");
  flags.Add("test_input_dims", &tool.test_input_dims, "test: shape of inputs whose shape the file does not tell");
  flags.Add("strip_redundant_quantization", &strip, "always done");
  flags.Add("quantized_input", &tool.quantized_input, "eightbit: placeholders take bytes");
  flags.Add("quantized_input_min", &tool.input_min, "what byte 0 stands for");
  flags.Add("quantized_input_max", &tool.input_max, "what byte 255 stands for");
  flags.Add("quantized_fallback_min", &tool.fallback_min, "eightbit: range of results; both or neither");
  flags.Add("quantized_fallback_max", &tool.fallback_max, "eightbit: range of results; both or neither");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  tool.outputs = SplitList(outputs);
  if (tool.input.empty() || (tool.output.empty() && tool.mode != "test"))
    return flags.FailCall("want --input and --output");
  if (tool.outputs.empty()) return flags.FailCall("want --output_node_names");
  if (tool.bitdepth < 1 || tool.bitdepth > 16) return flags.FailCall("--bitdepth: want 1 to 16");
  if (tool.fallback_min.empty() != tool.fallback_max.empty()) {
    return flags.FailCall("want both --quantized_fallback_min and --quantized_fallback_max, or neither");
  }
  constexpr std::string_view kWanted = "want weights_rounded, weights, eightbit, quantize or test";
  if (tool.mode == "round") {
    return flags.FailCall(Cat("--mode=round: not supported: no TensorFlow has its operator, RoundToSteps; ", kWanted));
  }
  const std::vector<std::string> modes = {"weights_rounded", "weights", "eightbit", "quantize", "test"};
  if (std::find(modes.begin(), modes.end(), tool.mode) == modes.end()) {
    return flags.FailCall(Cat("--mode: ", kWanted, ", got ", Quoted(tool.mode)));
  }
  const Status status = Quantize(tool);
  return status.ok() ? 0 : call.Fail(status);
}

}  // namespace

const Tool kQuantizeGraph = {"quantize_graph", "Makes weights bytes, or rounds them so that they compress.", kApp, Run};

}  // namespace rivulet::tf
