// optimize_for_inference: what training needed goes, batch norms go into convolutions, resizing goes into the first
// one.
#include <algorithm>
#include <cstdio>

#include "cli/literal.h"
#include "cli/tf/tools.h"
#include "cli/tf/type_name.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "prepare/constants.h"
#include "prepare/graph_text.h"
#include "prepare/model_graph.h"
#include "prepare/strip_unused.h"
#include "prepare/transform.h"

namespace rivulet::tf {
namespace {

struct OptimizeFlags {
  std::string input, output;
  prepare::StripOptions strip;
  bool binary = true;
  bool toco_compatible = false;
  std::vector<std::pair<std::string, std::string>> constants;  // placeholders and the values that they get
};

// Placeholders that become constants; of those that nobody named, Keras's switch between training and use.
Status PlaceConstants(const OptimizeFlags& flags, prepare::GraphDef& graph) {
  std::vector<std::pair<std::string, std::string>> constants = flags.constants;
  RIVULET_ASSIGN_OR_RETURN(const prepare::NodeIndex index, prepare::IndexNodes(graph));
  const auto is_learning_phase = [](const auto& pair) { return pair.first == "keras_learning_phase"; };
  if (index.contains("keras_learning_phase") && std::none_of(constants.begin(), constants.end(), is_learning_phase)) {
    constants.emplace_back("keras_learning_phase", "False");
  }
  for (const auto& [name, text] : constants) {
    RIVULET_ASSIGN_OR_RETURN(const prepare::NodeDef* node, prepare::FindNode(graph, index, name));
    if (node->op != "Placeholder" && node->op != "PlaceholderWithDefault") {
      return InvalidArgument("--placeholder_to_const_names: node '", name, "' is a ", node->op, ", want a placeholder");
    }
    const prepare::Attr* dtype = node->Find("dtype");
    const DType type = dtype == nullptr ? DType::kInvalid : dtype->AsType().value_or(DType::kInvalid);
    std::string value = text;
    if (value == "True" || value == "False") value[0] = value == "True" ? 't' : 'f';
    Result<Tensor> tensor = cli::ParseLiteral(value, type);
    if (!tensor.ok()) return Status(tensor.status()).Framed(Cat("--placeholder_to_const_names: '", name, "'"));
    graph.nodes[static_cast<size_t>(node - graph.nodes.data())] = prepare::MakeConst(node->name, *tensor);
  }
  return Status();
}

// The transforms that do the work of the Python passes, in their order.
std::string Transforms(bool toco_compatible) {
  std::string text = "remove_nodes(op=Identity, op=CheckNumerics)";
  for (const char* name : {"fold_batch_norms", "fold_old_batch_norms"}) text += Cat(" ", name, "(ignore_errors=true)");
  if (toco_compatible) return text;
  for (const char* name : {"fuse_resize_pad_and_conv", "fuse_resize_and_conv", "fuse_pad_and_conv"}) {
    text += Cat(" ", name, "(ignore_errors=true)");
  }
  return text;
}

Status Optimize(const OptimizeFlags& flags) {
  RIVULET_ASSIGN_OR_RETURN(prepare::ModelGraph model, prepare::ReadModelGraph(flags.input));
  prepare::GraphDef& graph = model.graph;
  const auto optimize = [&]() -> Status {
    RIVULET_RETURN_IF_ERROR(prepare::CheckReferences(graph));
    RIVULET_RETURN_IF_ERROR(PlaceConstants(flags, graph));
    RIVULET_RETURN_IF_ERROR(prepare::StripUnused(flags.strip, graph));
    RIVULET_ASSIGN_OR_RETURN(const auto calls, prepare::ParseTransforms(Transforms(flags.toco_compatible)));
    RIVULET_RETURN_IF_ERROR(
        prepare::ApplyTransforms(calls, {.inputs = flags.strip.inputs, .outputs = flags.strip.outputs}, graph));
    // Statistics and old weights that nothing needs now.
    return prepare::KeepNeeded(flags.strip.outputs, graph);
  };
  RIVULET_RETURN_IF_ERROR(optimize().Framed(Cat("'", flags.input, "'")));
  return flags.binary ? prepare::WriteGraphDef(graph, flags.output) : prepare::WriteGraphText(graph, flags.output);
}

int Run(const Call& call) {
  OptimizeFlags tool;
  std::string inputs, outputs, types = "1", constants;
  Flags flags = call.MakeFlags();
  flags.Add("input", &tool.input, "a model's file");
  flags.Add("output", &tool.output, "where the optimized graph goes");
  flags.Add("input_names", &inputs, "nodes that will be fed, with commas between");
  flags.Add("output_names", &outputs, "nodes that will be fetched, with commas between");
  flags.Add("frozen_graph", &tool.binary, "write a binary graph; false: text. Which one the input is is told anyway");
  flags.Add("placeholder_type_enum", &types,
            "type of the placeholders as its number, or one for each input with commas between; without it a "
            "placeholder keeps its type");
  flags.Add("toco_compatible", &tool.toco_compatible, "leave out the fused resizing and padding");
  flags.Add("placeholder_to_const_names", &constants,
            "name=value of placeholders that become constants, with commas between");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  tool.strip.infer_shapes = true;
  tool.strip.inputs = SplitList(inputs);
  tool.strip.outputs = SplitList(outputs);
  if (tool.input.empty() || tool.output.empty()) return flags.FailCall("want --input and --output", 1);
  if (tool.strip.outputs.empty()) return flags.FailCall("want --output_names", 1);
  if (flags.Given("placeholder_type_enum")) {
    for (const std::string& number : SplitList(types)) {
      const Result<DType> type = TypeNumbered(number);
      if (!type.ok()) return flags.FailCall(Cat("--placeholder_type_enum: ", type.status().message()), 1);
      tool.strip.types.push_back(*type);
    }
  }
  for (const std::string& entry : SplitList(constants)) {
    const size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) {
      return flags.FailCall(Cat("--placeholder_to_const_names: want name=value, got ", Quoted(entry)), 1);
    }
    tool.constants.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  const Status status = Optimize(tool);
  return status.ok() ? 0 : call.Fail(status);
}

}  // namespace

const Tool kOptimizeForInference = {"optimize_for_inference", "Leaves of a graph what using it needs.",
                                    kArgparseThenApp, Run};

}  // namespace rivulet::tf
