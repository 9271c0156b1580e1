#include "cli/graph_output.h"
#include "cli/html_page.h"
#include "cli/made_up.h"
#include "cli/road.h"
#include "engine/base/errors.h"
#include "prepare/optimize.h"
#include "prepare/verify.h"

namespace rivulet::cli {
namespace {

Result<std::vector<std::string>> OptimizeIt(RoadState& state) {
  const prepare::VerifyOptions check = {.inputs = state.InputNames(),
                                        .outputs = state.OutputNames(),
                                        .given = state.samples.feeds[0],
                                        .make_up = MakeUpTensor};
  prepare::OptimizeOptions options = {.outputs = state.OutputNames()};
  options.verify = [&check](const prepare::TransformCall& call, const prepare::GraphDef& before,
                            const prepare::GraphDef& after) {
    return prepare::VerifyTransform(call, before, after, check);
  };
  const size_t before = state.graph.nodes.size();
  RIVULET_ASSIGN_OR_RETURN(const auto steps, prepare::Optimize(options, state.graph));
  state.bytes = prepare::Serialize(state.graph);
  std::vector<std::string> notes = {Cat(before, " nodes become ", state.graph.nodes.size())};
  for (const prepare::OptimizeStep& step : steps) {
    if (!step.undone.empty()) notes.push_back(Cat(step.name, " was undone: ", step.undone));
  }
  return notes;
}

struct Rounded {
  int steps = 0;
  prepare::GraphDef graph;
  std::string bytes;
  size_t store_bytes = 0;
};

Result<std::vector<std::string>> RoundIt(RoadState& state) {
  std::optional<Rounded> best;
  std::string tried;
  for (const int steps : {16, 32, 64, 128, 256, 512, 1024, 4096}) {
    RIVULET_ASSIGN_OR_RETURN(const auto calls, prepare::ParseTransforms(Cat("round_weights(num_steps=", steps, ")")));
    Rounded one{.steps = steps, .graph = state.graph};
    RIVULET_RETURN_IF_ERROR(
        prepare::ApplyTransforms(calls, {.inputs = state.InputNames(), .outputs = state.OutputNames()}, one.graph));
    one.bytes = prepare::Serialize(one.graph);
    RIVULET_ASSIGN_OR_RETURN(const RoadRun run, RunRoad(one.bytes, state.OutputNames(), state.samples, state.session));
    RIVULET_ASSIGN_OR_RETURN(const RoadChange change, CompareRoad(state.given, run, state.samples.are_given));
    tried = Cat(Digits(100 * change.drop(), 3), " % at ", steps, " values");
    if (change.drop() > state.max_drop) continue;
    one.store_bytes = DeflatedBytes(one.bytes);
    if (!best || one.store_bytes < best->store_bytes) best = std::move(one);
    break;  // more values only cost more bytes
  }
  if (!best) {
    return FailedPrecondition("the answers change by ", tried, ", more than the ", Digits(100 * state.max_drop, 3),
                              " % of --max-drop");
  }
  state.graph = std::move(best->graph);
  state.bytes = std::move(best->bytes);
  return std::vector<std::string>{Cat("each weight is one of ", best->steps, " values of its tensor")};
}

Result<std::vector<std::string>> MapIt(RoadState& state) {
  RIVULET_ASSIGN_OR_RETURN(state.bytes, ToFileBytes(state.graph, GraphFormat::kMemmapped));
  return std::vector<std::string>{"weights are mapped from the file, page by page as they are used"};
}

}  // namespace

void SetSwitches(const std::vector<std::string>& fed, RoadState* state, std::vector<std::string>* notes) {
  static std::vector<std::string> said;
  said.clear();
  prepare::OptimizeOptions options = {.inputs = fed, .outputs = state->OutputNames()};
  options.report = [](std::string_view line) { said.emplace_back(line); };
  prepare::SetTrainingSwitches(options, state->graph);
  if (said.empty()) return;
  notes->insert(notes->end(), said.begin(), said.end());
  state->bytes = prepare::Serialize(state->graph);
  std::erase_if(state->inputs, [&](const prepare::FrozenTensor& input) {
    for (const prepare::NodeDef& node : state->graph.nodes) {
      if (node.name == input.name) return !node.op.starts_with("Placeholder");
    }
    return true;
  });
}

RoadStep OptimizeStep() { return {"optimize", OptimizeIt}; }
RoadStep RoundStep() { return {"round", RoundIt}; }
RoadStep MappedStep() { return {"map", MapIt}; }

}  // namespace rivulet::cli
