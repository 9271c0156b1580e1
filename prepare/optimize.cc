#include "prepare/optimize.h"

#include "engine/base/errors.h"
#include "prepare/function_calls.h"
#include "prepare/graph_edit.h"
#include "prepare/idle_waits.h"
#include "prepare/inline_functions.h"
#include "prepare/names.h"
#include "prepare/strip_unused.h"
#include "prepare/training_leftovers.h"

namespace rivulet::prepare {
namespace {

Status KeepWhatIsNeeded(GraphDef& graph, const TransformContext& context) {
  RIVULET_RETURN_IF_ERROR(
      StripUnused({.inputs = context.inputs, .outputs = context.outputs, .infer_shapes = true}, graph));
  return DropUncalledFunctions(graph);
}

Status DropWaits(GraphDef& graph, const TransformContext&) { return DropIdleWaits(graph); }

Status PutInFunctions(GraphDef& graph, const TransformContext& context) {
  RIVULET_ASSIGN_OR_RETURN(const InlinedCalls calls, InlineFunctions(graph));
  for (const std::string& output : context.outputs) {
    if (AfterInlining(calls, output) != output) {
      return Unimplemented("output '", output, "' is what a call gives; freeze the model first");
    }
  }
  return Status();
}

// Names for the steps that are no transforms of TensorFlow.
constexpr Transform kKeepNeeded = {"keep_what_outputs_need", "", KeepWhatIsNeeded};
constexpr Transform kDropIdleWaits = {"drop_idle_waits", "", DropWaits};
constexpr Transform kInlineFunctions = {"inline_functions", "", PutInFunctions};

// In this order: switches first, since they decide what is needed at all; what passes its input on before constants are
// folded, since it hides patterns; numbers drawn by a constant seed stay until dropout is gone, since they are
// constants too; norms when their parts are constants; duplicates when all names that could differ are gone. Where one
// round made room for another, the second finds it.
Result<std::vector<TransformCall>> Chain() {
  std::vector<TransformCall> calls = {{&kSetTrainingSwitches, {}}, {&kKeepNeeded, {}},    {&kDropDeadBranches, {}},
                                      {&kInlineFunctions, {}},     {&kDropIdleWaits, {}}, {&kDropDropout, {}}};
  RIVULET_ASSIGN_OR_RETURN(
      std::vector<TransformCall> rest,
      ParseTransforms("remove_nodes(op=Identity, op=CheckNumerics, op=StopGradient, op=PreventGradient, op=Snapshot) "
                      "remove_device fold_constants(clear_output_shapes=false, exclude_op=StatelessRandomUniform, "
                      "exclude_op=StatelessRandomUniformV2)"));
  for (TransformCall& call : rest) calls.push_back(std::move(call));
  calls.push_back({&kDropDropout, {}});
  RIVULET_ASSIGN_OR_RETURN(rest, ParseTransforms("fold_constants(clear_output_shapes=false) fold_batch_norms "
                                                 "fold_old_batch_norms remove_nodes(op=Identity) fold_constants("
                                                 "clear_output_shapes=false) merge_duplicate_nodes"));
  for (TransformCall& call : rest) calls.push_back(std::move(call));
  calls.push_back({&kKeepNeeded, {}});
  RIVULET_ASSIGN_OR_RETURN(rest, ParseTransforms("sort_by_execution_order"));
  calls.push_back(std::move(rest[0]));
  return calls;
}

// What is fed, as the file has it: the placeholders, of which those that switch training become constants and those
// that are cut away at the inputs of the options do not count. What has a default is here without it.
std::vector<NodeDef> InputsOf(const OptimizeOptions& options, GraphDef graph) {
  NameViewSet fed;
  for (const std::string& name : options.inputs) fed.insert(ParseInput(name).node);
  SetTrainingSwitches({.inputs = options.inputs, .outputs = options.outputs}, graph);
  std::vector<NodeDef> inputs;
  for (NodeDef& node : graph.nodes) {
    if (!IsInput(node) || (!fed.empty() && !fed.contains(node.name))) continue;
    if (!node.inputs.empty()) {
      node.op = "Placeholder";
      node.inputs.clear();
    }
    inputs.push_back(std::move(node));
  }
  return inputs;
}

// The inputs come first, in the order of the file: those that nothing reads any more too, since apps feed them.
void KeepInputs(std::vector<NodeDef> inputs, GraphDef* graph) {
  NameViewMap<size_t> places;
  for (size_t i = 0; i < graph->nodes.size(); ++i) places.emplace(graph->nodes[i].name, i);
  std::vector<NodeDef> nodes;
  std::vector<bool> is_moved(graph->nodes.size(), false);
  for (NodeDef& input : inputs) {
    const auto at = places.find(input.name);
    // What waits for others, or is what it was no more, stays where it is.
    if (at == places.end()) {
      nodes.push_back(std::move(input));
    } else if (IsPlaceholder(graph->nodes[at->second]) && graph->nodes[at->second].inputs.empty()) {
      is_moved[at->second] = true;
      nodes.push_back(graph->nodes[at->second]);
    }
  }
  for (size_t i = 0; i < graph->nodes.size(); ++i) {
    if (!is_moved[i]) nodes.push_back(std::move(graph->nodes[i]));
  }
  graph->nodes = std::move(nodes);
}

}  // namespace

Result<std::vector<OptimizeStep>> Optimize(const OptimizeOptions& options, GraphDef& graph) {
  RIVULET_RETURN_IF_ERROR(CheckReferences(graph));
  {
    RIVULET_ASSIGN_OR_RETURN(const NodeIndex index, IndexNodes(graph));
    for (const std::vector<std::string>* names : {&options.inputs, &options.outputs}) {
      for (const std::string& name : *names) RIVULET_RETURN_IF_ERROR(FindNode(graph, index, name).status());
    }
  }
  if (options.outputs.empty()) return InvalidArgument("want the names of outputs");
  RIVULET_ASSIGN_OR_RETURN(const std::vector<TransformCall> calls, Chain());
  std::vector<OptimizeStep> steps;
  std::vector<NodeDef> inputs = InputsOf(options, graph);
  for (size_t i = 0; i < calls.size(); ++i) {
    const TransformCall& call = calls[i];
    if (options.progress != nullptr) options.progress(call.transform->name, i + 1, calls.size());
    GraphDef after = graph;
    const TransformContext context = {
        .inputs = options.inputs, .outputs = options.outputs, .arguments = call.arguments, .report = options.report};
    Status status = call.transform->apply(after, context);
    if (status.ok()) status = CheckReferences(after);
    if (status.ok() && after == graph) continue;
    if (status.ok() && options.verify) status = options.verify(call, graph, after);
    if (!status.ok()) {
      steps.push_back({call.transform->name, graph.nodes.size(), SerializedBytes(graph), status.ToString()});
      continue;
    }
    graph = std::move(after);
    steps.push_back({call.transform->name, graph.nodes.size(), SerializedBytes(graph), ""});
  }
  const size_t before = graph.nodes.size();
  KeepInputs(std::move(inputs), &graph);
  if (graph.nodes.size() > before) {
    steps.push_back({"keep_inputs", graph.nodes.size(), SerializedBytes(graph), ""});
  }
  return steps;
}

void SetTrainingSwitches(const OptimizeOptions& options, GraphDef& graph) {
  const TransformContext context = {.inputs = options.inputs, .outputs = options.outputs, .report = options.report};
  (void)kSetTrainingSwitches.apply(graph, context);
}

}  // namespace rivulet::prepare
