// rivulet prepare: the whole road from a trained model to the file that ships, with one report.
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/flags.h"
#include "cli/cache_folder.h"
#include "cli/command.h"
#include "cli/feeds.h"
#include "cli/graph_output.h"
#include "cli/model_flags.h"
#include "cli/notes.h"
#include "cli/one_answer.h"
#include "cli/prepare_page.h"
#include "cli/progress.h"
#include "cli/input_shapes.h"
#include "cli/samples.h"
#include "cli/shrink_amounts.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "engine/base/folder.h"
#include "engine/base/staged_file.h"
#include "engine/kernels/target.h"
#include "prepare/freeze_model.h"
#include "prepare/model_graph.h"
#include "tasks/media_files.h"

namespace rivulet::cli {
namespace {

struct PrepareCommand {
  std::string model;
  std::string out;
  std::string page;
  std::string target = "phone";
  std::string images;
  std::string labels;
  std::string signature;
  std::string max_drop = "1%";
  int most = 200;
  std::vector<std::string> outputs;
  std::vector<std::string> shapes;
  std::vector<std::string> arrays;
  std::string input_layer;
  int64_t width = 0;
  int64_t height = 0;
  std::optional<float> mean;
  std::optional<float> std;
  bool lossless = false;
  bool int8 = false;
  bool json = false;
  int threads = 1;
  ModelFlags flags;
};

std::vector<std::string> Advice(const std::string& target) {
  if (target == "phone") {
    return {"Keep the file uncompressed in the app's package (noCompress on Android), so that it can be mapped."};
  }
  if (target == "browser") {
    return {"A browser maps no files: it reads all of it. Serve it compressed, and let the browser keep it."};
  }
  return {"The file is mapped; with four cores, four threads make large models about three times as quick."};
}

std::vector<std::string> OpsOf(const prepare::GraphDef& graph) {
  std::set<std::string> ops;
  for (const prepare::NodeDef& node : graph.nodes) ops.insert(node.op);
  (void)prepare::VisitFunctionNodes(graph,
                                    [&](std::string_view, const prepare::NodeDef& node) { ops.insert(node.op); });
  return {ops.begin(), ops.end()};
}

// The file as it came, where it is one that a graph can be read from again; else the frozen graph.
std::string BytesAsGiven(const std::string& path, const prepare::FrozenModel& frozen) {
  if (!IsFolder(path) && frozen.variables == 0 && frozen.calls == 0) {
    const Result<FileBytes> file = OpenFile(path, FileAccess::kMap, Limits().file_bytes);
    if (file.ok()) return {reinterpret_cast<const char*>(file->bytes.data()), file->bytes.size()};
  }
  return prepare::Serialize(frozen.graph);
}

prepare::PackMetadata AboutModel(const RoadState& state, const FoundSamples& found,
                                 const std::vector<std::string>& labels) {
  prepare::PackMetadata about{.producer = "rivulet prepare", .labels = labels};
  for (const prepare::FrozenTensor& input : state.inputs) {
    prepare::PackInput entry{input.name, input.dtype, input.shape, {}};
    if (found.input && !found.input->is_file && IsSameTensor(found.input->name, input.name)) {
      entry.picture = {found.input->width, found.input->height, found.input->channels, found.normalization.mean,
                       found.normalization.std};
    }
    about.inputs.push_back(std::move(entry));
  }
  for (const prepare::FrozenTensor& output : state.outputs)
    about.outputs.push_back({output.name, output.dtype, output.shape});
  return about;
}

// The frozen graph's name of an input, which may be called by its key too.
Result<std::string> FrozenName(const std::vector<prepare::FrozenTensor>& inputs, std::string_view flag,
                               const std::string& name) {
  std::vector<std::string_view> names;
  for (const prepare::FrozenTensor& input : inputs) {
    if (name == input.key || IsSameTensor(name, input.name)) return input.name;
    names.push_back(input.key);
  }
  const std::string nearest = NearestNames(name, names);
  return NotFound(flag, ": no input is called ", Quoted(name), nearest.empty() ? "" : "; nearest: ", nearest);
}

// --input-shape and --sample; of the latter each name's first is of the first sample, its second of the second.
Status ReadShapesAndArrays(const PrepareCommand& command, const Model& model,
                           const std::vector<prepare::FrozenTensor>& inputs, SampleOptions* samples, int* code) {
  *code = kBadCall;
  RIVULET_ASSIGN_OR_RETURN(samples->shapes, ParseInputShapes(command.shapes));
  for (auto& [name, shape] : samples->shapes) {
    RIVULET_ASSIGN_OR_RETURN(name, FrozenName(inputs, "--input-shape", name));
  }
  RIVULET_ASSIGN_OR_RETURN(const NameChoice names, NameChoice::Of(model, command.signature));
  for (const std::string& argument : command.arrays) {
    Result<Feeds> feed = ParseFeeds(model, names, {argument}, code);
    if (!feed.ok()) return feed.status();
    *code = kBadCall;
    RIVULET_ASSIGN_OR_RETURN(std::string name, FrozenName(inputs, "--sample", FeedName(argument)));
    const auto has_it = [&](const Feeds& feeds) {
      return std::any_of(feeds.begin(), feeds.end(), [&](const auto& other) { return other.first == name; });
    };
    auto at = std::find_if_not(samples->given.begin(), samples->given.end(), has_it);
    if (at == samples->given.end()) at = samples->given.emplace(at);
    at->emplace_back(std::move(name), std::move((*feed)[0].second));
  }
  if (!samples->given.empty() && !samples->images.empty()) {
    return InvalidArgument("want --images or --sample, got both");
  }
  return Status();
}

// The file and the page, or neither; what is written is loaded before it gets its name.
Status Write(const PrepareCommand& command, const RoadState& state, PrepareReport* report) {
  RIVULET_ASSIGN_OR_RETURN(const auto file, StagedFile::Write(command.out, AsBytes(state.bytes)));
  const auto start = std::chrono::steady_clock::now();
  const bool is_pipe = file->where().empty();
  RIVULET_RETURN_IF_ERROR((is_pipe ? Model::LoadBytes(AsBytes(state.bytes), nullptr, command.out, Cached())
                                   : Model::Load(file->where(), Cached()))
                              .status());
  report->map_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  if (!command.page.empty()) {
    const std::string text = PreparePage(*report);
    RIVULET_ASSIGN_OR_RETURN(const auto page, StagedFile::Write(command.page, AsBytes(text)));
    RIVULET_RETURN_IF_ERROR(page->Publish());
  }
  return file->Publish();
}

int Prepare(const PrepareCommand& command) {
  if (command.int8 && command.images.empty() && command.arrays.empty()) {
    return FailCall("--int8 wants inputs that tell what values activations have: --images DIR, or --sample NAME=FILE");
  }
  if (const Status named = WantRivulet(command.out, ""); !named.ok()) return Fail(named, kBadCall);
  const Result<double> max_drop = ParseShare(command.max_drop);
  if (!max_drop.ok()) return Fail(max_drop.status(), kBadCall);
  if (const Status can = CheckCanSaveAll({command.out, command.page}); !can.ok()) return Fail(can, kBadData);
  int code = kFine;
  const std::shared_ptr<const Model> model = LoadModel(command.model, command.flags, &code, command.threads);
  if (model == nullptr) return code;
  Result<prepare::FrozenModel> frozen = prepare::FreezeModel(
      model, command.model,
      {.tags = command.flags.Options().tags, .signature = command.signature, .outputs = command.outputs});
  if (!frozen.ok()) return Fail(frozen.status());
  PrepareReport report{.model = command.model, .out = command.out, .target = command.target};
  report.notes = frozen->notes;
  RoadState state{.bytes = BytesAsGiven(command.model, *frozen), .name = command.model};
  state.graph = std::move(frozen->graph);
  state.inputs = std::move(frozen->inputs);
  state.outputs = std::move(frozen->outputs);
  state.session.num_threads = command.threads;
  state.max_drop = *max_drop;
  const std::vector<prepare::FrozenTensor> inputs = state.inputs;
  std::vector<std::string> fed;
  for (const std::string& argument : command.arrays) fed.push_back(FeedName(argument));
  SetSwitches(fed, &state, &report.notes);

  SampleOptions samples{.images = command.images, .most = command.most};
  samples.classify.input_layer = command.input_layer;
  samples.classify.input_mean = command.mean;
  samples.classify.input_std = command.std;
  if (const Status read = ReadShapesAndArrays(command, *model, inputs, &samples, &code); !read.ok()) {
    return Fail(read, code);
  }
  if (command.width > 0) samples.classify.input_width = command.width;
  if (command.height > 0) samples.classify.input_height = command.height;
  const std::string labels_path = command.labels.empty() ? FindLabels(command.model) : command.labels;
  if (!labels_path.empty()) {
    auto labels = ReadLabels(labels_path);
    if (!labels.ok()) return Fail(labels.status(), kBadData);
    samples.classify.labels = report.labels = std::move(*labels);
  }
  Result<FoundSamples> found = FindSamples(state, samples);
  if (!found.ok()) return Fail(found.status());
  state.samples = std::move(found->samples);
  report.picture = found->picture;
  report.notes.insert(report.notes.end(), found->assumptions.begin(), found->assumptions.end());
  if (!state.samples.are_given && !state.samples.are_arrays && !command.lossless) {
    report.notes.push_back("inputs are made up, which tells little of real ones; --images or --sample give some");
  }
  state.about = AboutModel(state, *found, report.labels);

  std::vector<RoadStep> steps = {OptimizeStep()};
  if (command.int8)
    steps.push_back(Int8Step());
  else if (!command.lossless)
    steps.push_back(SqueezeStep());
  steps.push_back(PackStep(/*for_kernels=*/command.target == "pi"));
  Result<std::vector<RoadStop>> stops = WalkRoad(steps, state);
  EndProgress();
  if (!stops.ok()) return Fail(stops.status());
  report.stops = std::move(*stops);
  if (const std::string few = FewAnswersNote(state.given.results); state.samples.are_given && !few.empty()) {
    report.notes.push_back(few);
  }
  report.inputs = state.inputs;
  report.outputs = state.outputs;
  report.samples = state.samples.feeds.size();
  report.samples_are_given = state.samples.are_given;
  report.samples_are_arrays = state.samples.are_arrays;
  report.max_drop = *max_drop;
  report.ops = OpsOf(state.graph);
  report.machine = Cat(TargetName(), ", ", command.threads, command.threads == 1 ? " thread" : " threads");
  report.advice = Advice(command.target);
  if (const Status written = Write(command, state, &report); !written.ok()) return Fail(written, kBadData);
  if (command.json) {
    PrintJson(PrepareJson(report));
  } else {
    std::printf("%s", PrepareText(report).c_str());
    for (const std::string& note : report.notes) PrintNote(command.model, note);
  }
  return kFine;
}

}  // namespace

void AddPrepare(CLI::App& app, int* code) {
  auto command = std::make_shared<PrepareCommand>();
  Subcommand sub(app, "prepare", "Make of a trained model the file that ships, and report each step");
  sub.option("model", command->model, "Any model; it is frozen first").required();
  sub.option("-o,--out", command->out, "The file for the app; .rivulet").required().type_name("FILE");
  sub.option("--target", command->target, "What it is for").one_of({"phone", "browser", "pi"}).shows_default();
  sub.option("--images", command->images,
             "Pictures or WAV files on which answers are compared; made-up inputs otherwise")
      .type_name("DIR");
  sub.option("--sample", command->arrays,
             "An array to compare on, of the first sample, the second of the same NAME of the second: "
             "NAME=FILE.npy, NAME=@FILE, NAME==VALUE")
      .type_name("NAME=…")
      .takes_all();
  sub.option("--input-shape", command->shapes, "Shape of an input that the file does not tell, to make up values")
      .type_name("NAME=1,224,224,3")
      .takes_all();
  sub.option("--most", command->most, "So many of them at most").in_range(1, 1000000).shows_default();
  sub.option("--labels", command->labels, "One label a line; default: a labels file beside the model")
      .type_name("FILE");
  sub.option("--max-drop", command->max_drop,
             "How many of the best answers may change, or without scores how much the outputs")
      .type_name("SHARE")
      .shows_default();
  const Flag lossless = sub.flag("--lossless", command->lossless, "No step that changes an answer");
  sub.flag("--int8", command->int8, "8-bit arithmetic in place of coarser weights, calibrated on --images or --sample")
      .excludes(lossless);
  sub.option("--report", command->page, "Also a page with charts").type_name("PAGE.html");
  sub.flag("--json", command->json, "As one JSON object");
  sub.option("--output", command->outputs, "Default: the signature's, else what no other node uses")
      .type_name("NAME")
      .splits_at(',');
  sub.option("--signature", command->signature, "Default: serving_default, or the only one").type_name("KEY");
  sub.option("--input-layer", command->input_layer, "Where pictures go; default: the graph's placeholder")
      .type_name("NAME");
  sub.option("--input-width", command->width, "Default: from the graph").in_range(1, 16384);
  sub.option("--input-height", command->height, "Default: from the graph").in_range(1, 16384);
  sub.option("--input-mean", command->mean, "Pixels are fed as (p - mean) / std; default 127.5");
  sub.option("--input-std", command->std, "Default 127.5");
  sub.option("--threads", command->threads, "Threads that share the work of an operator")
      .in_range(1, 1024)
      .shows_default();
  command->flags.AddTo(sub);
  sub.footer(
      "Examples:\n"
      "  rivulet prepare retrained_graph.pb --images flowers/ --labels retrained_labels.txt -o flowers.rivulet\n"
      "  rivulet prepare saved_model/ --target browser --lossless -o app.rivulet --report page.html");
  sub.callback([command, code] { *code = Prepare(*command); });
}

}  // namespace rivulet::cli
