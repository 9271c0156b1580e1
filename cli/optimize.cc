// rivulet optimize: whatever makes a model smaller and quicker and changes no answer.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/command.h"
#include "cli/feeds.h"
#include "cli/graph_output.h"
#include "cli/html_page.h"
#include "cli/made_up.h"
#include "cli/model_flags.h"
#include "cli/notes.h"
#include "cli/progress.h"
#include "cli/samples.h"
#include "engine/base/errors.h"
#include "cli/pack_source.h"
#include "prepare/engine_graph.h"
#include "prepare/freeze_model.h"
#include "prepare/optimize.h"
#include "prepare/verify.h"

namespace rivulet::cli {
namespace {

struct OptimizeCommand {
  std::string model;
  std::string out;
  std::string format;
  std::string signature;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<std::string> check_inputs;
  bool no_verify = false;
  bool json = false;
  ModelFlags flags;
};

// Each once.
class Notes {
 public:
  void Add(std::string_view line) {
    if (std::find(lines_.begin(), lines_.end(), line) == lines_.end()) lines_.emplace_back(line);
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

// How far apart both are on made-up or given values, where they can be run.
Result<RoadChange> Difference(const RoadState& before, const prepare::GraphDef& after, const Feeds& given) {
  Feeds feeds = given;
  if (feeds.empty()) {
    RIVULET_ASSIGN_OR_RETURN(const FoundSamples found, FindSamples(before, {}));
    feeds = found.samples.feeds[0];
  }
  RoadRun runs[2];
  const prepare::GraphDef* graphs[2] = {&before.graph, &after};
  for (int i = 0; i < 2; ++i) {
    RIVULET_ASSIGN_OR_RETURN(auto results, RunGraph(*graphs[i], before.OutputNames(), feeds, {.passes = false}));
    runs[i].results = {std::move(results)};
  }
  return CompareRoad(runs[0], runs[1], false);
}

struct Sizes {
  size_t nodes = 0;
  size_t bytes = 0;
};

int Report(const OptimizeCommand& command, const std::vector<prepare::OptimizeStep>& steps, const Sizes& before,
           size_t nodes, size_t bytes, const std::optional<RoadChange>& change, const Notes& notes) {
  if (command.json) {
    nlohmann::json list = nlohmann::json::array();
    for (const prepare::OptimizeStep& step : steps) {
      nlohmann::json entry = {{"step", step.name}, {"nodes", step.nodes}, {"bytes", step.bytes}};
      if (!step.undone.empty()) entry["undone"] = step.undone;
      list.push_back(std::move(entry));
    }
    nlohmann::json json = {{"out", command.out},    {"nodes_before", before.nodes},
                           {"nodes", nodes},        {"bytes_before", before.bytes},
                           {"bytes", bytes},        {"steps", list},
                           {"notes", notes.lines()}};
    json["difference"] = change ? nlohmann::json(change->largest) : nlohmann::json();
    PrintJson(json);
    return kFine;
  }
  size_t last = before.nodes;
  for (const prepare::OptimizeStep& step : steps) {
    if (!step.undone.empty()) {
      PrintNote(command.model, Cat(step.name, " was undone: ", step.undone));
      continue;
    }
    std::printf("%-24s %6zu nodes  %s\n", step.name.c_str(), step.nodes,
                BytesText(static_cast<double>(step.bytes)).c_str());
    last = step.nodes;
  }
  std::printf("%s: %zu nodes, before %zu; %s, before %s; ", command.out.c_str(), last, before.nodes,
              BytesText(static_cast<double>(bytes)).c_str(), BytesText(static_cast<double>(before.bytes)).c_str());
  if (change) {
    std::printf("largest difference of the answers %.1e\n", change->largest);
  } else {
    std::printf("not run\n");
  }
  for (const std::string& note : notes.lines()) PrintNote(command.model, note);
  return kFine;
}

// What is fed when graphs are compared, by keys of the signature or names of the graph.
Result<Feeds> GivenFeeds(const OptimizeCommand& command, std::shared_ptr<const Model> model,
                         const prepare::FrozenModel& frozen, int* code) {
  if (command.check_inputs.empty()) return Feeds();
  const bool is_renamed = std::any_of(frozen.inputs.begin(), frozen.inputs.end(), [&](const auto& input) {
    return input.key != input.name || !model->Describe(input.name).ok();
  });
  const PackSource source = {.inputs = frozen.inputs};
  if (is_renamed) {
    RIVULET_ASSIGN_OR_RETURN(model, prepare::ModelOf(frozen.graph, command.model));
  }
  return ParseFeeds(*model, NameChoice(), source.FeedArguments(command.check_inputs), code);
}

int Optimize(const OptimizeCommand& command) {
  const Result<GraphFormat> format = FormatFor(command.out, command.format);
  if (!format.ok()) return Fail(format.status(), kBadCall);
  if (const Status can = CheckCanSaveAll({command.out}); !can.ok()) return Fail(can, kBadData);
  int code = kFine;
  const std::shared_ptr<const Model> model = LoadModel(command.model, command.flags, &code);
  if (model == nullptr) return code;
  Result<prepare::FrozenModel> frozen = prepare::FreezeModel(
      model, command.model,
      {.tags = command.flags.Options().tags, .signature = command.signature, .outputs = command.outputs});
  if (!frozen.ok()) return Fail(frozen.status());
  Notes notes;
  const prepare::ReportLine add_note = [&notes](std::string_view line) { notes.Add(line); };
  for (const std::string& note : frozen->notes) notes.Add(note);
  const Result<Feeds> given = GivenFeeds(command, model, *frozen, &code);
  if (!given.ok()) return Fail(given.status(), code);
  RoadState before{.graph = std::move(frozen->graph), .name = command.model};
  before.inputs = std::move(frozen->inputs);
  before.outputs = std::move(frozen->outputs);
  const Sizes sizes = {before.graph.nodes.size(), prepare::SerializedBytes(before.graph)};
  std::vector<std::string> switches;
  SetSwitches(command.inputs, &before, &switches);
  for (const std::string& note : switches) notes.Add(note);
  prepare::GraphDef graph = before.graph;
  const prepare::VerifyOptions check = {.inputs = command.inputs,
                                        .outputs = before.OutputNames(),
                                        .given = *given,
                                        .make_up = MakeUpFeed,
                                        .report = add_note};
  prepare::OptimizeOptions options = {
      .inputs = command.inputs, .outputs = before.OutputNames(), .report = add_note, .progress = ShowProgress};
  if (!command.no_verify) {
    options.verify = [&check](const prepare::TransformCall& call, const prepare::GraphDef& old,
                              const prepare::GraphDef& now) { return prepare::VerifyTransform(call, old, now, check); };
  }
  const auto steps = prepare::Optimize(options, graph);
  EndProgress();
  if (!steps.ok()) return Fail(Status(steps.status()).Framed(Quoted(command.model)));
  const Result<std::string> bytes = ToFileBytes(graph, *format);
  if (!bytes.ok()) return Fail(bytes.status());
  // What was cut at --input, or had its training switches set, takes other feeds than before.
  std::optional<RoadChange> change;
  if (!command.no_verify && command.inputs.empty()) {
    const Result<RoadChange> found = Difference(before, graph, *given);
    if (found.ok()) change = *found;
    if (!found.ok() && notes.lines().empty()) notes.Add(Cat("Not compared: ", found.status().message()));
  }
  if (const Status saved = SaveBytes(*bytes, command.out); !saved.ok()) return Fail(saved, kBadData);
  return Report(command, *steps, sizes, graph.nodes.size(), bytes->size(), change, notes);
}

}  // namespace

void AddOptimize(CLI::App& app, int* code) {
  auto command = std::make_shared<OptimizeCommand>();
  Subcommand sub(app, "optimize", "Make a model smaller and quicker without changing an answer");
  sub.option("model", command->model, "Any model; it is frozen first").required();
  sub.option("-o,--out", command->out, "Where the graph goes").required().type_name("FILE");
  sub.option("--format", command->format, kFormatHelp).type_name("FORMAT");
  sub.option("--input", command->inputs,
             "Nodes that will be fed: what lies before them goes. Default: the placeholders")
      .type_name("NAME")
      .splits_at(',');
  sub.option("--output", command->outputs,
             "What will be fetched; default: the signature's outputs, else what no other node uses")
      .type_name("NAME")
      .splits_at(',');
  sub.option("--signature", command->signature, "What is kept; default: serving_default, or the only one")
      .type_name("KEY");
  sub.option("--check-input", command->check_inputs,
             "What to feed when graphs are compared: NAME=FILE.npy, NAME=@FILE, NAME==VALUE; made up otherwise")
      .type_name("NAME=…")
      .takes_all();
  sub.flag("--no-verify", command->no_verify, "Don't run the graph before and after each step to compare them");
  sub.flag("--json", command->json, "As one JSON object");
  command->flags.AddTo(sub);
  sub.footer(
      "Examples:\n"
      "  rivulet optimize retrained_graph.pb -o optimized_graph.pb\n"
      "  rivulet optimize inception.pb --input Mul --output final_result -o small.pb\n"
      "  rivulet optimize saved_model/ -o small.mmap --json");
  sub.callback([command, code] { *code = Optimize(*command); });
}

}  // namespace rivulet::cli
