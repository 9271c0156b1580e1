#include "cli/html_page.h"
#include "cli/made_up.h"
#include "cli/one_answer.h"
#include "cli/progress.h"
#include "cli/road.h"
#include "cli/samples.h"
#include "engine/base/errors.h"
#include "engine/import/memmapped_package.h"
#include "prepare/optimize.h"
#include "prepare/pack.h"
#include "prepare/squeeze/squeeze.h"
#include "prepare/verify.h"

namespace rivulet::cli {
namespace {

Result<std::vector<std::string>> OptimizeIt(RoadState& state) {
  const prepare::VerifyOptions check = {.inputs = state.InputNames(),
                                        .outputs = state.OutputNames(),
                                        .given = state.samples.feeds[0],
                                        .make_up = MakeUpFeed};
  prepare::OptimizeOptions options = {.outputs = state.OutputNames(), .progress = ShowProgress};
  options.verify = [&check](const prepare::TransformCall& call, const prepare::GraphDef& before,
                            const prepare::GraphDef& after) {
    return prepare::VerifyTransform(call, before, after, check);
  };
  std::vector<std::string> said;
  options.report = [&said](std::string_view line) { said.emplace_back(line); };
  const size_t before = state.graph.nodes.size();
  RIVULET_ASSIGN_OR_RETURN(const auto steps, prepare::Optimize(options, state.graph));
  state.bytes = prepare::Serialize(state.graph);
  std::vector<std::string> notes = {Cat(before, " nodes become ", state.graph.nodes.size())};
  notes.insert(notes.end(), said.begin(), said.end());
  for (const prepare::OptimizeStep& step : steps) {
    if (!step.undone.empty()) notes.push_back(Cat(step.name, " was undone: ", step.undone));
  }
  return notes;
}

struct Squeezed {
  prepare::SqueezedModel model;
  double drop = 0;  // on all samples
};

Result<Squeezed> SqueezeAndCompare(const RoadState& state, const prepare::SqueezeOptions& options) {
  Result<prepare::SqueezedModel> model = prepare::Squeeze(state.graph, options);
  EndProgress();
  if (!model.ok()) return model.status();
  RIVULET_ASSIGN_OR_RETURN(const RoadRun run, RunRoad(model->bytes, state.OutputNames(), state.samples, state.session));
  RIVULET_ASSIGN_OR_RETURN(const RoadChange change, CompareRoad(state.given, run, state.samples.are_given));
  return Squeezed{std::move(*model), change.drop()};
}

Result<std::vector<std::string>> SqueezeIt(RoadState& state) {
  if (const std::string output = NeverSeen(state); !output.empty()) {
    return FailedPrecondition("output ", Quoted(output), " has no elements on any of the ",
                              static_cast<uint64_t>(state.samples.feeds.size()),
                              " inputs, so nothing tells what coarser weights change; give others with --images or "
                              "--sample");
  }
  const bool are_made_up = !state.samples.are_given && !state.samples.are_arrays;
  if (are_made_up && AllGetOneAnswer(state.given.results)) {
    return FailedPrecondition("all ", static_cast<uint64_t>(state.samples.feeds.size()),
                              " made-up inputs get the same answer, so nothing tells what coarser weights change; give "
                              "pictures or sounds with --images, or arrays with --sample");
  }
  prepare::SqueezeOptions options{.samples = state.samples.feeds, .outputs = state.OutputNames()};
  options.max_drop = state.max_drop;
  options.threads = state.session.num_threads;
  options.progress = ShowProgress;
  if (are_made_up) options.max_distance = kDistanceOnMadeUp * state.max_drop;
  RIVULET_ASSIGN_OR_RETURN(Squeezed squeezed, SqueezeAndCompare(state, options));
  const bool holds_near = !are_made_up && squeezed.drop > state.max_drop;
  if (holds_near) {
    // The search looks at the answers of half of the inputs. More of all of them change, so outputs are held near, too.
    options.max_distance = kDistanceOnMadeUp * state.max_drop;
    RIVULET_ASSIGN_OR_RETURN(squeezed, SqueezeAndCompare(state, options));
  }
  if (squeezed.drop > state.max_drop) {
    return FailedPrecondition("the answers change by ", Digits(100 * squeezed.drop, 3), " %, more than the ",
                              Digits(100 * state.max_drop, 3), " % of --max-drop");
  }
  std::vector<std::string> notes = {Cat(squeezed.model.tensors.size(), " weights are quantised and coded")};
  if (holds_near) notes.emplace_back("coarser ones changed too many answers, so outputs stay near, too");
  state.bytes = std::move(squeezed.model.bytes);
  state.is_squeezed = true;
  return notes;
}

// Values that anybody can make up, which need no room in the file; texts as they were given.
Result<prepare::SampleFeeds> SampleOf(const RoadState& state) {
  prepare::SampleFeeds sample{.name = "made up"};
  for (const auto& [name, tensor] : state.samples.feeds[0]) {
    const bool is_text = tensor.dtype() == DType::kString;
    const bool is_stored = is_text && (state.samples.are_given || state.samples.are_arrays);
    // A made-up sound or picture would be larger than many a model: then weights are packed, and nothing is checked.
    sample.only_shapes |= is_text && !is_stored;
    Tensor value = tensor;
    if (!is_text) {
      RIVULET_ASSIGN_OR_RETURN(value, MakeUpTensor(tensor.dtype(), tensor.shape()));
    }
    sample.feeds.emplace_back(name, std::move(value));
    sample.made_up.push_back(!is_stored);
    if (is_stored) sample.name = "first given";
  }
  return sample;
}

Result<std::vector<std::string>> PackIt(RoadState& state, bool for_kernels) {
  prepare::PackOptions options{.packed = for_kernels, .metadata = state.about};
  RIVULET_ASSIGN_OR_RETURN(prepare::SampleFeeds sample, SampleOf(state));
  options.samples.push_back(std::move(sample));
  prepare::PackFile file;
  if (state.is_squeezed) {
    const std::span<const uint8_t> view(reinterpret_cast<const uint8_t*>(state.bytes.data()), state.bytes.size());
    RIVULET_ASSIGN_OR_RETURN(const MemmappedPackage package, MemmappedPackage::Read(view, nullptr));
    RIVULET_ASSIGN_OR_RETURN(file, prepare::ToPack(package, options));
  } else {
    RIVULET_ASSIGN_OR_RETURN(file, prepare::ToPack(state.graph, options));
  }
  state.bytes = std::move(file.bytes);
  std::vector<std::string> notes = std::move(file.notes);
  notes.insert(notes.begin(),
               Cat("what an app must feed, ", file.metadata.labels.size(), " labels, ", file.metadata.samples.size(),
                   file.metadata.samples.size() == 1 ? " sample" : " samples", " and checksums are in the file"));
  if (!state.is_squeezed) notes.push_back("weights are mapped from the file, page by page as they are used");
  return notes;
}

}  // namespace

void SetSwitches(const std::vector<std::string>& fed, RoadState* state, std::vector<std::string>* notes) {
  std::vector<std::string> said;
  prepare::OptimizeOptions options = {.inputs = fed, .outputs = state->OutputNames()};
  options.report = [&said](std::string_view line) { said.emplace_back(line); };
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
RoadStep SqueezeStep() { return {"squeeze", SqueezeIt}; }
RoadStep PackStep(bool for_kernels) {
  return {"pack", [for_kernels](RoadState& state) { return PackIt(state, for_kernels); }};
}

}  // namespace rivulet::cli
