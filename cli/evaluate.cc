// rivulet evaluate: how often a model is right on pictures or sounds in folders called like what they show.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/cache_folder.h"
#include "cli/command.h"
#include "cli/evaluate_events.h"
#include "cli/evaluate_page.h"
#include "cli/graph_output.h"
#include "cli/told_by_model.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "engine/base/staged_file.h"
#include "prepare/event_file.h"
#include "tasks/classify.h"
#include "tasks/media_files.h"

namespace rivulet::cli {
namespace {

struct EvaluateCommand {
  std::string model;
  std::string folder;
  std::string page;
  std::string events;
  int64_t step = 0;
  int worst = 24;
  int most = 0;
  bool json = false;
  std::string labels;
  std::string input_layer;
  std::string output_layer;
  int64_t width = 0;
  int64_t height = 0;
  std::optional<float> mean;
  std::optional<float> std;
  RunFlags flags;
};

// On stderr where somebody watches, once it has taken two seconds.
class Progress {
 public:
  explicit Progress(size_t count) : count_(count), watched_(isatty(STDERR_FILENO) == 1) {}
  ~Progress() {
    if (shown_) std::fprintf(stderr, "\r\033[K");
  }
  void Step(size_t done) {
    const auto now = std::chrono::steady_clock::now();
    if (!watched_ || now - start_ < std::chrono::seconds(2) || now - last_ < std::chrono::milliseconds(200)) return;
    last_ = now;
    shown_ = true;
    std::fprintf(stderr, "\r%zu of %zu", done, count_);
  }

 private:
  using Clock = std::chrono::steady_clock;
  const size_t count_;
  const bool watched_;
  bool shown_ = false;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

// The whole of it evenly, when there are more than were asked for.
void Thin(int most, std::vector<LabelledFolder>* classes) {
  size_t count = 0;
  for (const LabelledFolder& one : *classes) count += one.files.size();
  if (most <= 0 || count <= static_cast<size_t>(most)) return;
  for (LabelledFolder& one : *classes) {
    const size_t kept = std::max<size_t>(1, one.files.size() * static_cast<size_t>(most) / count);
    std::vector<std::string> files;
    for (size_t i = 0; i < kept; ++i) files.push_back(one.files[i * one.files.size() / kept]);
    one.files = std::move(files);
  }
}

Status Count(Classifier& classifier, const RunOptions& run, EvaluateReport* report) {
  size_t all = 0, done = 0;
  for (const LabelledFolder& one : report->classes) all += one.files.size();
  Progress progress(all);
  std::vector<double> times;
  for (const LabelledFolder& one : report->classes) {
    for (const std::string& path : one.files) {
      progress.Step(done++);
      const Result<FileBytes> file = OpenFile(path, FileAccess::kMap, int64_t{1} << 30);
      Result<Classification> result =
          file.ok() ? classifier.Classify(file->bytes, run) : Result<Classification>(file.status());
      if (!result.ok()) {
        Fail(file.ok() ? Status(result.status()).Framed(Quoted(path)) : result.status());
        ++report->unreadable;
        continue;
      }
      if (static_cast<size_t>(one.label) >= result->scores.size() && !result->is_class) {
        return InvalidArgument("folder ", Quoted(one.name), " is label ", one.label, ", the model gives ",
                               static_cast<int64_t>(result->scores.size()),
                               " scores; the labels belong to another model");
      }
      if (report->labels.empty() && !result->is_class && result->scores.size() != report->classes.size()) {
        return InvalidArgument("the model gives ", result->scores.size(),
                               " scores, and folders with pictures or sounds are ", report->classes.size(),
                               ": which score is whose, --labels must tell");
      }
      times.push_back(result->run_ms);
      report->only_best |= result->is_class;
      const size_t at = static_cast<size_t>(one.label);
      report->evaluation.Add({path, one.label, classifier.Best(*result, result->is_class ? 1 : 5),
                              at < result->scores.size() ? result->scores[at] : 0});
    }
  }
  if (times.empty()) return InvalidArgument("no file could be read");
  std::nth_element(times.begin(), times.begin() + static_cast<ptrdiff_t>(times.size() / 2), times.end());
  report->ms = times[times.size() / 2];
  return Status();
}

std::string Percent(int64_t part, int64_t whole) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f %%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
  return text;
}

void Print(const EvaluateReport& report) {
  const Evaluation& evaluation = report.evaluation;
  const auto count = static_cast<int64_t>(evaluation.answers().size());
  std::printf("%lld files in %zu class%s: top-1 %s", static_cast<long long>(count), report.classes.size(),
              report.classes.size() == 1 ? "" : "es", Percent(evaluation.RightAmong(1), count).c_str());
  if (!report.only_best && report.NumLabels() > 5) {
    std::printf(", top-5 %s", Percent(evaluation.RightAmong(5), count).c_str());
  }
  std::printf(" · %.1f ms each\n", report.ms);
  size_t width = 5;
  for (const LabelledFolder& one : report.classes) width = std::max(width, one.name.size());
  std::printf("%-*s  %7s  %8s\n", static_cast<int>(width), "class", "files", "found");
  for (const LabelledFolder& one : report.classes) {
    int64_t all = 0, right = 0;
    for (const Evaluation::Answer& answer : evaluation.answers()) {
      if (answer.label != one.label) continue;
      ++all;
      right += answer.is_right();
    }
    std::printf("%-*s  %7lld  %8s\n", static_cast<int>(width), one.name.c_str(), static_cast<long long>(all),
                all == 0 ? "-" : Percent(right, all).c_str());
  }
  const std::vector<Evaluation::Pair> pairs = evaluation.Confusions();
  for (size_t i = 0; i < std::min<size_t>(pairs.size(), 5); ++i) {
    std::printf("%s%s taken for %s %lld times\n", i == 0 ? "most often: " : "            ",
                report.LabelOf(pairs[i].label).c_str(), report.LabelOf(pairs[i].taken_for).c_str(),
                static_cast<long long>(pairs[i].count));
  }
}

nlohmann::json ToJson(const EvaluateReport& report, size_t worst) {
  const Evaluation& evaluation = report.evaluation;
  const auto count = static_cast<double>(evaluation.answers().size());
  nlohmann::json classes = nlohmann::json::array(), confusions = nlohmann::json::array(),
                 wrong = nlohmann::json::array();
  for (const LabelledFolder& one : report.classes) {
    int64_t all = 0, right = 0;
    for (const Evaluation::Answer& answer : evaluation.answers()) {
      if (answer.label == one.label) ++all, right += answer.is_right();
    }
    classes.push_back({{"name", one.name}, {"index", one.label}, {"files", all}, {"right", right}});
  }
  for (const Evaluation::Pair& pair : evaluation.Confusions()) {
    confusions.push_back(
        {{"is", report.LabelOf(pair.label)}, {"taken_for", report.LabelOf(pair.taken_for)}, {"files", pair.count}});
  }
  for (const Evaluation::Answer* answer : evaluation.Worst(worst)) {
    wrong.push_back({{"file", answer->file},
                     {"is", report.LabelOf(answer->label)},
                     {"score", answer->right_score},
                     {"taken_for", answer->best[0].label},
                     {"its_score", answer->best[0].score}});
  }
  nlohmann::json json = {{"model", report.model},
                         {"folder", report.folder},
                         {"files", evaluation.answers().size()},
                         {"unreadable", report.unreadable},
                         {"top1", static_cast<double>(evaluation.RightAmong(1)) / count},
                         {"median_ms", report.ms},
                         {"classes", classes},
                         {"confusions", confusions},
                         {"worst", wrong},
                         {"assumptions", report.assumptions}};
  if (!report.only_best) json["top5"] = static_cast<double>(evaluation.RightAmong(5)) / count;
  return json;
}

Status CheckCanSaveBoth(const EvaluateCommand& command) {
  RIVULET_RETURN_IF_ERROR(CheckCanSaveAll({command.page}));
  return command.events.empty() ? Status() : prepare::CheckCanSaveEvents(command.events);
}

// The page and the event file, or neither.
Status Save(const EvaluateCommand& command, const EvaluateReport& report) {
  std::string text;
  std::unique_ptr<StagedFile> page;
  if (!command.page.empty()) {
    text = EvaluatePage(report, static_cast<size_t>(command.worst));
    RIVULET_ASSIGN_OR_RETURN(page, StagedFile::Write(command.page, AsBytes(text)));
  }
  if (!command.events.empty()) {
    RIVULET_RETURN_IF_ERROR(SaveEvaluation(report, command.step, command.events).status());
  }
  return page != nullptr ? page->Publish() : Status();
}

int Evaluate(const EvaluateCommand& command) {
  ClassifyOptions options;
  Result<SessionOptions> session = command.flags.Options();
  if (!session.ok()) return FailCall(session.status().ToString());
  if (const Status can = CheckCanSaveBoth(command); !can.ok()) return Fail(can, kBadData);
  options.session = *session;
  options.input_layer = command.input_layer;
  options.output_layer = command.output_layer;
  if (command.width > 0) options.input_width = command.width;
  if (command.height > 0) options.input_height = command.height;
  options.input_mean = command.mean;
  options.input_std = command.std;
  auto model = Model::Load(command.model, Cached(command.flags.threads));
  if (!model.ok()) return Fail(model.status(), kBadData);
  EvaluateReport report{.model = command.model, .folder = command.folder};
  if (const Status told = TakeWhatIsTold(command.model, **model, command.labels, &options); !told.ok()) {
    return Fail(told, kBadData);
  }
  report.labels = options.labels;
  auto classes = FindLabelled(command.folder, report.labels);
  if (!classes.ok()) return Fail(classes.status(), kBadData);
  report.classes = std::move(*classes);
  Thin(command.most, &report.classes);
  if (report.labels.empty()) {
    report.assumptions.emplace_back("the scores are the folders in the order of their names; --labels says otherwise");
    for (const LabelledFolder& one : report.classes) options.labels.push_back(one.name);
  }
  auto classifier = Classifier::Create(*model, options);
  if (!classifier.ok()) return Fail(classifier.status());
  if (const Status status = Count(**classifier, command.flags.Run(), &report); !status.ok()) {
    return Fail(status, kBadData);
  }
  const std::vector<std::string>& assumed = (*classifier)->assumptions();
  report.assumptions.insert(report.assumptions.end(), assumed.begin(), assumed.end());
  if (const Status saved = Save(command, report); !saved.ok()) return Fail(saved, kBadData);
  if (command.json) {
    PrintJson(ToJson(report, static_cast<size_t>(command.worst)));
  } else {
    Print(report);
    for (const std::string& line : report.assumptions) std::fprintf(stderr, "assumed: %s\n", line.c_str());
  }
  return report.unreadable == 0 ? kFine : kBadData;
}

}  // namespace

void AddEvaluate(CLI::App& app, int* code) {
  auto command = std::make_shared<EvaluateCommand>();
  Subcommand sub(app, "evaluate", "Count how often a model is right on pictures or WAV files of known classes");
  sub.option("model", command->model, "Model file").required();
  sub.option("folder", command->folder, "A folder with one folder for each class, called like its label").required();
  sub.option("-o,--out", command->page, "Also a page: each class, what is taken for what, the worst with pictures")
      .type_name("PAGE.html");
  sub.option("--events", command->events,
             "Also an event file for TensorBoard: accuracy, each class, scores, what is taken for what")
      .type_name("DIR");
  sub.option("--step", command->step, "Of the training that the model is of, for --events").not_negative();
  sub.option("--labels", command->labels, "One label a line; default: a labels file beside the model, else the folders")
      .type_name("FILE");
  sub.option("--most", command->most, "Look at so many files at most, of all classes alike; 0: all").not_negative();
  sub.option("--worst", command->worst, "So many of the wrong ones are shown").in_range(0, 10000).shows_default();
  sub.option("--input-layer", command->input_layer, "Default: the graph's placeholder").type_name("NAME");
  sub.option("--output-layer", command->output_layer, "Default: what no other node uses").type_name("NAME");
  sub.option("--input-width", command->width, "Default: from the graph").in_range(1, 16384);
  sub.option("--input-height", command->height, "Default: from the graph").in_range(1, 16384);
  sub.option("--input-mean", command->mean, "Pixels are fed as (p - mean) / std; default 127.5");
  sub.option("--input-std", command->std, "Default 127.5");
  sub.flag("--json", command->json, "As one JSON object");
  command->flags.AddTo(sub);
  sub.footer(
      "Examples:\n"
      "  rivulet evaluate retrained_graph.pb flower_photos/ --labels retrained_labels.txt\n"
      "  rivulet evaluate model.pb pictures/ -o page.html --most 500\n"
      "  rivulet evaluate model.pb pictures/ --events runs/small --step 4000\n"
      "  rivulet evaluate conv_actions_frozen.pb speech/ --labels conv_actions_labels.txt --json");
  sub.callback([command, code] { *code = Evaluate(*command); });
}

}  // namespace rivulet::cli
