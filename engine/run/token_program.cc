#include "engine/run/token_program.h"

#include "engine/ops/infer.h"
#include "engine/run/call_inference.h"
#include "engine/run/dynamic_node.h"
#include "engine/run/freeze.h"
#include "engine/run/sub_plan.h"

namespace rivulet {
namespace {

void FindReaders(LoopProgram* program) {
  const Graph& graph = program->graph;
  program->readers.resize(static_cast<size_t>(graph.size()));
  program->control_readers.resize(static_cast<size_t>(graph.size()));
  for (int32_t i = 0; i < graph.size(); ++i) {
    program->readers[static_cast<size_t>(i)].resize(graph.node(i).outputs.size());
  }
  for (int32_t i = 0; i < graph.size(); ++i) {
    const Node& node = graph.node(i);
    for (size_t k = 0; k < node.inputs.size(); ++k) {
      program->readers[static_cast<size_t>(node.inputs[k].node)][static_cast<size_t>(node.inputs[k].slot)].push_back(
          {i, static_cast<int32_t>(k)});
    }
    for (const int32_t control : node.control_inputs) {
      program->control_readers[static_cast<size_t>(control)].push_back({i, -1});
    }
  }
}

Status PrepareNodes(LoopProgram* program, const ControlStepInput& input, const Environment& environment,
                    const StopToken& stop) {
  program->states.resize(static_cast<size_t>(program->graph.size()));
  program->controls.resize(static_cast<size_t>(program->graph.size()));
  for (int32_t i = 0; i < program->graph.size(); ++i) {
    const Node& node = program->graph.node(i);
    std::vector<const Fact*> inputs;
    for (const Edge& edge : node.inputs) inputs.push_back(&program->graph.fact(edge));
    if (node.def->flags & kCallsFunctions) {
      RIVULET_ASSIGN_OR_RETURN(
          program->controls[static_cast<size_t>(i)],
          MakeControlStep({node, inputs, node.outputs, Cat(input.path, node.name, "/"), input.depth + 1, input.frozen},
                          environment, stop));
    } else if (node.def->prepare != nullptr) {
      std::vector<bool> consumed(inputs.size());
      PrepareContext context(node, inputs, node.outputs, &consumed, environment.allocator, environment.pool);
      const PackedOperands::Scope sharing(environment.packed);
      Result<std::unique_ptr<OpState>> state = node.def->prepare(context);
      if (!state.ok()) return std::move(state).status().Framed(NodeFrame(node));
      program->states[static_cast<size_t>(i)] = std::move(*state);
    }
  }
  return Status();
}

}  // namespace

Result<std::unique_ptr<const LoopProgram>> MakeLoopProgram(const ControlStepInput& input,
                                                           const Environment& environment, const StopToken& stop) {
  const auto* call = input.node.attrs.Get<FunctionCall>("body");
  if (call == nullptr) return InvalidArgument("attr 'body' is missing");
  auto program = std::make_unique<LoopProgram>();
  RIVULET_ASSIGN_OR_RETURN(program->body, environment.functions.Find(*call));
  std::vector<Fact> args;
  for (const Fact* fact : input.inputs) args.push_back({fact->dtype, fact->shape, Tensor()});
  program->graph = BindBody(*program->body, args).graph;
  program->path = input.path;
  RIVULET_RETURN_IF_ERROR(BindResources(&program->graph, environment, stop));
  BodyInference calls(environment, stop);
  RIVULET_RETURN_IF_ERROR(
      InferGraph(program->graph, environment.allocator, {.calls = &calls, .stop = stop}, /*strict=*/true));
  RIVULET_ASSIGN_OR_RETURN(program->frames, FindLoopFrames(program->graph));
  program->enters_of.resize(program->frames.frames.size());
  program->exits_of.resize(program->frames.frames.size());
  for (int32_t i = 0; i < program->graph.size(); ++i) {
    const auto frame = static_cast<size_t>(program->frames.frame_of[static_cast<size_t>(i)]);
    if (IsEnter(program->graph.node(i))) ++program->enters_of[frame];
    if (IsExit(program->graph.node(i))) program->exits_of[frame].push_back(i);
  }
  FindReaders(program.get());
  RIVULET_RETURN_IF_ERROR(PrepareNodes(program.get(), input, environment, stop));
  return std::unique_ptr<const LoopProgram>(std::move(program));
}

}  // namespace rivulet
