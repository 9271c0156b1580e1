#include "cli/shrink_weights.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/notes.h"
#include "cli/one_answer.h"
#include "cli/pack_source.h"
#include "cli/progress.h"
#include "cli/road.h"
#include "cli/shrink_report.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "prepare/squeeze/half_weights.h"
#include "prepare/squeeze/squeeze.h"
#include "prepare/squeeze/squeezed_file.h"
#include "prepare/squeeze/trial.h"
#include "prepare/transform.h"

namespace rivulet::cli {
namespace {

Status ApplyNamed(const std::string& text, const std::vector<std::string>& outputs, prepare::GraphDef& graph) {
  RIVULET_ASSIGN_OR_RETURN(const auto calls, prepare::ParseTransforms(text));
  return prepare::ApplyTransforms(calls, {.outputs = outputs}, graph);
}

struct Shrunk {
  std::string bytes;
  std::vector<prepare::SqueezedTensor> tensors;
  std::vector<prepare::SqueezeTrial> trials;
  std::optional<prepare::Agreement> held_out;  // of samples that nothing was fitted to
};

// Inputs may be all the same to a network; then whatever is left of it agrees.
Status CheckThatInputsTell(const WeightsCall& call, const prepare::GraphDef& graph, const Samples& samples) {
  if (samples.feeds.empty() || call.step > 0) return Status();
  RIVULET_ASSIGN_OR_RETURN(const RoadRun run, RunRoad(prepare::Serialize(graph), samples.outputs,
                                                      {.feeds = samples.feeds}, {.num_threads = call.threads}));
  if (!samples.are_made_up) {
    const std::string few = FewAnswersNote(run.results);
    if (!few.empty() && !call.samples.images.empty()) PrintNote(call.model, few);
    return Status();
  }
  if (!AllGetOneAnswer(run.results)) return Status();
  return InvalidArgument("all ", samples.what,
                         " get the same answer, so nothing tells what coarser weights change. Give pictures or sounds "
                         "with --images, arrays with --sample, or choose the steps with --step");
}

Result<Shrunk> SqueezeGraph(const WeightsCall& call, prepare::GraphDef graph, const Samples& samples) {
  if (samples.feeds.empty() && call.step <= 0) {
    return InvalidArgument(
        "the network would be tried on ", samples.what,
        ". Give pictures or sounds with --images, arrays with --sample, or choose the steps with --step");
  }
  RIVULET_RETURN_IF_ERROR(CheckThatInputsTell(call, graph, samples));
  prepare::SqueezeOptions options{.samples = samples.feeds, .outputs = samples.outputs};
  options.threads = call.threads;
  options.peaks = call.peaks;
  options.progress = ShowProgress;
  options.max_drop = call.max_drop;
  options.size = call.size;
  if (samples.are_made_up) options.max_distance = kDistanceOnMadeUp * options.max_drop;
  if (call.step > 0) options.relative_step = call.step;
  if (!call.keep_tried.empty()) {
    options.tried = [&](const std::string& bytes) {
      return SaveFile(Cat(call.keep_tried, "/", bytes.size(), ".rivulet"),
                      {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
    };
  }
  RIVULET_ASSIGN_OR_RETURN(prepare::SqueezedModel model, prepare::Squeeze(graph, options));
  Shrunk shrunk{std::move(model.bytes), std::move(model.tensors), std::move(model.trials), {}};
  if (!shrunk.trials.empty() && samples.feeds.size() >= prepare::kFewestToHoldOut) shrunk.held_out = model.agreement;
  return shrunk;
}

Result<Shrunk> ShrinkGraph(const WeightsCall& call, prepare::GraphDef graph, const Samples& samples) {
  if (call.method == "squeeze") return SqueezeGraph(call, std::move(graph), samples);
  Shrunk shrunk;
  if (call.method == "lossless") {
    RIVULET_ASSIGN_OR_RETURN(shrunk.bytes, ToFileBytes(graph, GraphFormat::kRivulet));
    return shrunk;
  }
  if (call.method == "float16") {
    RIVULET_RETURN_IF_ERROR(prepare::HalveWeights(graph, 16).status());
  } else {
    const std::string text = call.method == "round-weights" ? Cat("round_weights(num_steps=", call.levels, ")")
                                                            : std::string("quantize_weights");
    RIVULET_RETURN_IF_ERROR(ApplyNamed(text, samples.outputs, graph));
  }
  RIVULET_ASSIGN_OR_RETURN(shrunk.bytes, ToFileBytes(graph, call.format));
  return shrunk;
}

void PrintReport(const WeightsCall& call, const Samples& samples, const std::vector<Row>& rows, const Shrunk& shrunk) {
  if (call.json) {
    nlohmann::json json = {
        {"model", call.model}, {"out", call.out}, {"method", call.method}, {"measured_on", samples.what}};
    for (const Row& row : rows) json["files"].push_back(JsonOf(row));
    if (shrunk.held_out) json["held_out"] = JsonOf(*shrunk.held_out);
    for (const auto& tensor : shrunk.tensors) {
      json["tensors"].push_back(
          {{"name", tensor.name}, {"elements", tensor.elements}, {"bytes", tensor.bytes}, {"step", tensor.step}});
    }
    for (const auto& trial : shrunk.trials) {
      json["trials"].push_back({{"price", trial.price}, {"bytes", trial.bytes}, {"change", JsonOf(trial.agreement)}});
    }
    PrintJson(json);
    return;
  }
  PrintRows(rows, samples.what);
  if (shrunk.held_out) {
    PrintHeldOut(*shrunk.held_out);
  } else if (!shrunk.trials.empty()) {
    std::printf("fewer than %zu samples do not tell what others would do\n", prepare::kFewestToHoldOut);
  }
}

// The recipe of the tutorials, as the yardstick; they folded batch norms too.
Result<std::string> Recipe(prepare::GraphDef graph, const std::vector<std::string>& outputs) {
  RIVULET_RETURN_IF_ERROR(ApplyNamed("round_weights(num_steps=256)", outputs, graph));
  return prepare::Serialize(graph);
}

}  // namespace

Status ShrinkWeights(const WeightsCall& call, int* code) {
  *code = kBadData;
  RIVULET_ASSIGN_OR_RETURN(
      const PackSource model,
      ReadGraphSource({call.model, call.samples.signature, call.samples.outputs}, call.threads, code));
  const std::string before = prepare::Serialize(model.graph);
  RIVULET_ASSIGN_OR_RETURN(const Samples samples, MakeSamples(model, call.samples, code));
  *code = kBadData;
  prepare::GraphDef folded = model.graph;
  if (!call.keep_graph) {
    RIVULET_RETURN_IF_ERROR(ApplyNamed("fold_batch_norms fold_old_batch_norms", samples.outputs, folded));
  }
  const bool folds = call.method == "squeeze";
  RIVULET_ASSIGN_OR_RETURN(const Shrunk shrunk, ShrinkGraph(call, folds ? folded : model.graph, samples));
  RIVULET_ASSIGN_OR_RETURN(const std::string recipe, Recipe(std::move(folded), samples.outputs));
  if (call.method != "lossless" && samples.are_made_up && !samples.feeds.empty()) {
    EndProgress();
    std::fprintf(stderr,
                 "warning: made-up inputs tell little of real ones; give pictures or sounds with --images, or arrays "
                 "with --sample\n");
  }
  std::vector<Row> rows = {RowOf("as given", before), RowOf("256 levels", recipe),
                           RowOf(call.method.c_str(), shrunk.bytes)};
  if (!samples.feeds.empty()) {
    // What was written is what is compared: the file itself is loaded.
    RIVULET_ASSIGN_OR_RETURN(
        const auto trial,
        prepare::Trial::Create(model.graph, samples.feeds, samples.outputs, call.threads,
                               call.peaks ? prepare::AnswersAre::kPeaks : prepare::AnswersAre::kRows));
    RIVULET_ASSIGN_OR_RETURN(rows[1].agreement, trial.CompareFile(recipe));
    RIVULET_ASSIGN_OR_RETURN(rows[2].agreement, trial.CompareFile(shrunk.bytes));
  }
  RIVULET_RETURN_IF_ERROR(SaveBytes(shrunk.bytes, call.out));
  PrintReport(call, samples, rows, shrunk);
  return Status();
}

}  // namespace rivulet::cli
