// rivulet view: a model's graph as a page, a picture or text.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "cli/flags.h"
#include "cli/bench_feeds.h"
#include "cli/command.h"
#include "cli/model_flags.h"
#include "cli/view/write.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"

namespace rivulet::cli {
namespace {

constexpr int kProfiledRuns = 5;
constexpr int kShownAtFirst = 48;

enum class Form { kPage, kSvg, kDot, kText };

struct ViewCommand {
  std::vector<std::string> models;
  std::string out;
  bool svg = false;
  bool dot = false;
  bool text = false;
  std::string expand = "auto";
  bool profile = false;
  std::vector<std::string> inputs;
  std::vector<std::string> shapes;
  std::string signature;
  RunFlags flags;
  ModelFlags model_flags;

  Form form() const { return svg ? Form::kSvg : dot ? Form::kDot : text ? Form::kText : Form::kPage; }
};

// "-" for stdout, where text goes when nothing else is said.
std::string OutOf(const ViewCommand& command) {
  if (!command.out.empty()) return command.out;
  switch (command.form()) {
    case Form::kDot:
    case Form::kText: return "-";
    case Form::kSvg: return std::filesystem::path(command.models.back()).stem().string() + ".svg";
    case Form::kPage: return std::filesystem::path(command.models.back()).stem().string() + ".html";
  }
  return "-";
}

// The file's name, where that tells the models apart.
std::string TitleOf(const ViewCommand& command, const std::string& path) {
  const auto name = [](const std::string& of) {
    const std::filesystem::path at = std::filesystem::path(of).lexically_normal();
    return (at.has_filename() ? at.filename() : at.parent_path().filename()).string();
  };
  const bool is_plain = command.models.size() == 1 || name(command.models[0]) != name(command.models[1]);
  return is_plain && !name(path).empty() ? name(path) : path;
}

int Profile(const ViewCommand& command, const std::shared_ptr<const Model>& model, view::ViewGraph* graph) {
  const Result<SessionOptions> options = command.flags.Options();
  if (!options.ok()) return FailCall(options.status().ToString());
  const Result<NameChoice> names = NameChoice::Of(*model, command.signature);
  if (!names.ok()) return Fail(names.status(), kBadCall);
  int code = kFine;
  const Result<Feeds> feeds = MakeFeeds(*model, *names, command.inputs, command.shapes, &code);
  if (!feeds.ok()) return Fail(feeds.status(), code);
  std::vector<std::string> outputs = names->DefaultOutputs(*model);
  for (std::string& name : outputs) name = names->Output(name);
  auto session = Session::Create(model, *options);
  if (!session.ok()) return Fail(session.status());
  RunProfile profile;
  RunOptions run = command.flags.Run();
  for (int i = 0; i <= kProfiledRuns; ++i) {
    if (i > 0) run.profile = &profile;  // the first run is not like the others
    const auto results = (*session)->Run(*feeds, outputs, {}, run);
    if (!results.ok()) return Fail(results.status());
  }
  if (!view::AddTimes(profile, graph))
    std::fprintf(stderr, "rivulet: some steps have no node of their name; their time is not shown\n");
  return kFine;
}

int ReadModels(const ViewCommand& command, std::vector<view::ViewGraph>* graphs) {
  for (const std::string& path : command.models) {
    int code = kFine;
    const std::shared_ptr<const Model> model = LoadModel(path, command.model_flags, &code);
    if (model == nullptr) return code;
    graphs->push_back(view::ReadGraph(model));
    graphs->back().title = TitleOf(command, path);
    if (command.profile) code = Profile(command, model, &graphs->back());
    if (code != kFine) return code;
  }
  for (view::ViewGraph& graph : *graphs) view::FoldSources(&graph);
  if (graphs->size() == 2) view::MarkDifferences(&(*graphs)[0], &(*graphs)[1]);
  for (view::ViewGraph& graph : *graphs) view::GroupByScope(&graph);
  return kFine;
}

std::vector<view::Picture> MakePictures(const ViewCommand& command, std::vector<view::ViewGraph>* graphs) {
  std::vector<view::Picture> pictures;
  for (view::ViewGraph& graph : *graphs) {
    view::LayOut(&graph);
    view::Picture picture{.graph = &graph, .cards = view::MakeCards(graph)};
    picture.open = command.expand == "all"    ? std::vector<bool>(graph.groups.size(), true)
                   : command.expand == "none" ? view::OpenAtFirst(graph, 0)
                                              : view::OpenAtFirst(graph, kShownAtFirst);
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

std::string Write(const ViewCommand& command, std::vector<view::ViewGraph>* graphs) {
  switch (command.form()) {
    case Form::kText:
      return graphs->size() == 2 ? view::DifferenceText((*graphs)[0], (*graphs)[1]) : view::ToText((*graphs)[0]);
    case Form::kDot: return view::ToDot((*graphs)[0]);
    case Form::kSvg: return view::ToSvg(MakePictures(command, graphs));
    case Form::kPage: break;
  }
  return view::ToPage(MakePictures(command, graphs));
}

int View(const ViewCommand& command) {
  if (command.models.size() > 2) return FailCall("view shows one model, or two beside each other");
  if (command.svg + command.dot + command.text > 1) return FailCall("want one of --svg, --dot and --text");
  if (command.dot && command.models.size() == 2) return FailCall("--dot shows one model");
  std::vector<view::ViewGraph> graphs;
  if (const int code = ReadModels(command, &graphs); code != kFine) return code;
  const std::string text = Write(command, &graphs);
  const std::string out = OutOf(command);
  if (out == "-") {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return kFine;
  }
  const Status saved = SaveFile(out, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  if (!saved.ok()) return Fail(saved, kBadData);
  std::printf("%s: %zu nodes, %.1f KB\n", out.c_str(), graphs.back().nodes.size(),
              static_cast<double>(text.size()) / 1e3);
  return kFine;
}

}  // namespace

void AddView(CLI::App& app, int* code) {
  auto command = std::make_shared<ViewCommand>();
  Subcommand sub(app, "view", "The graph as a page to explore, or a picture, DOT or text");
  sub.option("model", command->models, "Model file or SavedModel folder; two are compared: before, after")
      .required()
      .type_name("MODEL");
  sub.option("-o,--out", command->out, "File to write, - for stdout; default: the model's name with .html or .svg")
      .type_name("FILE");
  sub.flag("--svg", command->svg, "A picture instead of a page");
  sub.flag("--dot", command->dot, "For Graphviz, on stdout unless --out is given");
  sub.flag("--text", command->text, "A tree of scopes and nodes, or of two models what differs, on stdout");
  sub.option("--expand", command->expand, "Which scopes are open at first: none, all, or as many as can be read")
      .one_of({"auto", "none", "all"})
      .shows_default();
  sub.flag("--profile", command->profile, "Run the model and colour nodes by the time they take");
  sub.option("--input-shape", command->shapes, "For --profile: shape of an input, filled with made-up values")
      .type_name("NAME=1,224,224,3")
      .takes_all();
  sub.option("--input", command->inputs, "For --profile, as in rivulet run").type_name("NAME=…").takes_all();
  sub.option("--signature", command->signature, "For --profile: whose inputs and outputs").type_name("KEY");
  command->flags.AddTo(sub);
  command->model_flags.AddTo(sub);
  sub.footer(
      "The page is one file that needs no network. Keys in it: / search, arrows walk, Enter opens a scope, f fits,\n"
      "0-4 colour, ? lists them all.\n\n"
      "Examples:\n"
      "  rivulet view model.pb                                # writes model.html\n"
      "  rivulet view model.pb --profile -o times.html        # with measured times\n"
      "  rivulet view model.pb optimized.pb -o change.html    # before and after\n"
      "  rivulet view model.pb --svg --expand all -o model.svg\n"
      "  rivulet view model.pb --text | less");
  sub.callback([command, code] { *code = View(*command); });
}

}  // namespace rivulet::cli
