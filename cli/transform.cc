// rivulet transform: a graph changed step by step, by the names that TensorFlow's transform_graph gave the steps.
#include <cstdio>
#include <filesystem>

#include "cli/flags.h"
#include "cli/cache_folder.h"
#include "cli/command.h"
#include "cli/feeds.h"
#include "cli/graph_output.h"
#include "cli/made_up.h"
#include "cli/notes.h"
#include "cli/pack_source.h"
#include "engine/base/errors.h"
#include "prepare/needed.h"
#include "prepare/transform.h"
#include "prepare/verify.h"

namespace rivulet::cli {
namespace {

struct TransformCommand {
  std::string model;
  std::string out;
  std::string format;
  std::vector<std::string> inputs;
  std::string signature;
  std::vector<std::string> outputs;
  std::string transforms;
  std::vector<std::string> check_inputs;
  bool no_verify = false;
  bool bisect = false;
  bool list = false;
};

// Steps as they are applied, and what they say of the model.
prepare::ReportLine PrintLine(const std::string& model) {
  return [model](std::string_view line) {
    if (!line.starts_with("Applying ")) return PrintNote(model, line);
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  };
}

int ListTransforms() {
  for (const prepare::Transform* transform : prepare::AllTransforms()) {
    std::printf("%-28s %s\n", transform->name, transform->arguments);
  }
  return kFine;
}

// Why nothing could be compared is mostly the same for every step.
prepare::ReportLine PrintOnce(const std::string& model) {
  return [print = PrintLine(model), last = std::string()](std::string_view line) mutable {
    if (last == line) return;
    last = line;
    print(line);
  };
}

// What the transforms are checked with.
Result<prepare::VerifyOptions> CheckOf(const TransformCommand& command, PackSource& source, int* code) {
  prepare::VerifyOptions check{.inputs = command.inputs, .outputs = source.outputs};
  check.make_up = MakeUpFeed;
  check.report = PrintOnce(command.model);
  if (command.check_inputs.empty()) return check;
  *code = kBadData;
  if (source.model == nullptr) {
    RIVULET_ASSIGN_OR_RETURN(source.model, Model::Load(command.model, Cached()));
  }
  RIVULET_ASSIGN_OR_RETURN(check.given,
                           ParseFeeds(*source.model, NameChoice(), source.FeedArguments(command.check_inputs), code));
  return check;
}

// A graph as its file has it; a SavedModel's folder is frozen first.
Result<PackSource> ReadSource(const TransformCommand& command, int* code) {
  const std::filesystem::path path(command.model);
  std::error_code error;
  if (std::filesystem::is_directory(path, error) || path.stem() == "saved_model") {
    return ReadGraphSource({command.model, command.signature, command.outputs}, 1, code);
  }
  *code = kBadData;
  PackSource source{.outputs = command.outputs};
  RIVULET_ASSIGN_OR_RETURN(source.graph, prepare::ReadGraphDef(command.model));
  return source;
}

// Names that the graph does not have.
Status CheckNames(const TransformCommand& command, const PackSource& source) {
  const prepare::TransformContext names = {.inputs = command.inputs, .outputs = source.outputs};
  return prepare::NeededNames(source.graph, names, /*stops_at_inputs=*/true)
      .status()
      .Framed(Cat("'", command.model, "'"));
}

Status Transform(const TransformCommand& command, const std::vector<prepare::TransformCall>& calls,
                 const prepare::VerifyOptions& check, prepare::GraphDef* graph, size_t* before, size_t* after) {
  *before = graph->nodes.size();
  prepare::TransformOptions options{.inputs = command.inputs, .outputs = check.outputs};
  options.report = PrintLine(command.model);
  options.bisect = command.bisect;
  if (!command.no_verify) {
    options.verify = [&](const prepare::TransformCall& call, const prepare::GraphDef& old,
                         const prepare::GraphDef& now) {
      if (call.promise() == prepare::Promise::kCallers && !(old == now)) {
        options.report(Cat(call.transform->name, " was asked for what may change answers: they are not compared"));
      }
      return prepare::VerifyTransform(call, old, now, check);
    };
  }
  RIVULET_RETURN_IF_ERROR(prepare::ApplyTransforms(calls, options, *graph).Framed(Cat("'", command.model, "'")));
  *after = graph->nodes.size();
  return Status();
}

int RunTransform(const TransformCommand& command) {
  if (command.list) return ListTransforms();
  if (command.model.empty() || command.out.empty() || command.transforms.empty()) {
    return FailCall("transform wants MODEL, --out and --transforms (see rivulet transform --help)");
  }
  const Result<GraphFormat> format = FormatFor(command.out, command.format);
  if (!format.ok()) return Fail(format.status(), kBadCall);
  const auto calls = prepare::ParseTransforms(command.transforms);
  if (!calls.ok()) return Fail(calls.status(), kBadCall);
  if (const Status can = CheckCanSaveAll({command.out}); !can.ok()) return Fail(can, kBadData);
  int code = kFine;
  Result<PackSource> source = ReadSource(command, &code);
  if (!source.ok()) return Fail(source.status(), code);
  if (const Status status = CheckNames(command, *source); !status.ok()) return Fail(status, kBadCall);
  const auto check = CheckOf(command, *source, &code);
  if (!check.ok()) return Fail(check.status(), code);
  size_t before = 0, after = 0;
  const Status status = Transform(command, *calls, *check, &source->graph, &before, &after);
  if (!status.ok()) return Fail(status);
  if (after == 0) {
    return Fail(InvalidArgument("'", command.model, "': no node would be left; name what is fetched with --output"),
                kBadCall);
  }
  const Result<std::string> bytes = ToFileBytes(source->graph, *format);
  if (!bytes.ok()) return Fail(bytes.status());
  if (const Status saved = SaveBytes(*bytes, command.out); !saved.ok()) return Fail(saved, kBadData);
  std::printf("%s: %zu nodes, before %zu\n", command.out.c_str(), after, before);
  return kFine;
}

}  // namespace

void AddTransform(CLI::App& app, int* code) {
  auto command = std::make_shared<TransformCommand>();
  Subcommand sub(app, "transform", "Change a graph step by step, as transform_graph did");
  sub.option("model", command->model, "A graph, binary or text; a SavedModel's folder, which is frozen first");
  sub.option("-o,--out", command->out, "Where the changed graph goes").type_name("FILE");
  sub.option("--format", command->format, kFormatHelp).type_name("FORMAT");
  sub.option("--input", command->inputs, "What will be fed; keeps its name").splits_at(',');
  sub.option("--output", command->outputs, "What will be fetched; keeps its name").splits_at(',');
  sub.option("--signature", command->signature,
             "Which of a SavedModel's is kept; default: serving_default, or the only one")
      .type_name("KEY");
  sub.option("--transforms", command->transforms, "The steps, in their order");
  sub.flag("--no-verify", command->no_verify, "Don't run the graph before and after each step to compare them");
  sub.option("--check-input", command->check_inputs,
             "What to feed then: NAME=FILE.npy, NAME=@FILE, NAME==VALUE. What is not given gets made-up values")
      .type_name("NAME=…")
      .takes_all();
  sub.flag("--bisect", command->bisect, "When a step is not what it promises, find the place that is at fault");
  sub.flag("--list", command->list, "Print the steps there are, with their arguments");
  sub.footer(
      "Examples:\n"
      "  rivulet transform graph.pb -o small.pb --input input --output final_result \\\n"
      "      --transforms 'strip_unused_nodes(type=float, shape=\"1,224,224,3\") remove_nodes(op=Identity) "
      "round_weights'\n"
      "  rivulet transform --list");
  sub.callback([command, code] { *code = RunTransform(*command); });
}

}  // namespace rivulet::cli
