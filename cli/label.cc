// rivulet label: what a model sees in pictures or hears in WAV files.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/flags.h"
#include "cli/cache_folder.h"
#include "cli/command.h"
#include "cli/told_by_model.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "engine/kernels/target.h"
#include "tasks/classify.h"
#include "tasks/media_files.h"

namespace rivulet::cli {
namespace {

struct LabelCommand {
  std::string model;
  std::vector<std::string> files;
  std::string labels;
  std::string input_layer;
  std::string output_layer;
  int64_t width = 0;
  int64_t height = 0;
  float mean = 0;
  float std = 0;
  bool has_mean = false;
  bool has_std = false;
  int top = 5;
  bool json = false;
  bool all = false;
  RunFlags flags;
};

// One of the usual other ways to feed pixels gives a much surer answer: then the assumption is doubtful, and the
// sentence says so. Else empty.
std::string DoubtOfNormalization(Classifier& classifier, std::span<const uint8_t> file, const Classification& result) {
  if (classifier.input().is_file || result.is_class) return "";
  const Score chosen = classifier.Best(result, 1)[0];
  Normalization best = classifier.normalization();
  Score best_score = chosen;
  for (const auto& [mean, std] : {std::pair{127.5f, 127.5f}, {0.0f, 255.0f}, {0.0f, 1.0f}, {117.0f, 1.0f}}) {
    for (const bool bgr : {false, true}) {
      for (const bool inverted : {false, true}) {
        if (bgr && classifier.input().channels != 3) continue;
        const Normalization other{mean, std, bgr, inverted};
        auto tried = classifier.ClassifyWith(file, other);
        if (!tried.ok()) return "";
        const Score score = classifier.Best(*tried, 1)[0];
        if (score.score > best_score.score + 0.01f) {
          best_score = score;
          best = other;
        }
      }
    }
  }
  const bool probabilities = chosen.score >= 0 && best_score.score <= 1.001f;
  if (!probabilities || best_score.score < 0.6f || best_score.score < chosen.score + 0.4f) return "";
  char scores[160];
  std::snprintf(scores, sizeof(scores), "%.2f instead of %.60s %.2f", static_cast<double>(best_score.score),
                chosen.label.c_str(), static_cast<double>(chosen.score));
  return Cat("fed as ", best.ToString(), " the answer would be ", best_score.label, " ", scores,
             best.bgr || best.inverted ? "; the model may have been trained that way"
                                       : "; if the model was trained that way, use --input-mean and --input-std");
}

std::string Footer(const Classifier& classifier, double ms) {
  std::string text;
  if (!classifier.input().is_file) {
    text = Cat("input ", classifier.input().width, "×", classifier.input().height, "×", classifier.input().channels,
               ", ", classifier.normalization().ToString(), " · ");
  }
  char times[80];
  std::snprintf(times, sizeof(times), "%.1f ms · plan %.1f ms · %d thread%s · ", ms, classifier.plan_ms(),
                classifier.num_threads(), classifier.num_threads() == 1 ? "" : "s");
  return text + times + std::string(TargetName());
}

void Print(const Classifier& classifier, const std::string& file, bool several, const std::vector<Score>& best,
           const Classification& result) {
  if (several) std::printf("%s\n", file.c_str());
  size_t width = 20;
  for (const Score& score : best) width = std::max(width, score.label.size());
  for (size_t i = 0; i < best.size(); ++i) {
    std::printf("%-*s", static_cast<int>(width), best[i].label.c_str());
    if (!result.is_class) std::printf("  %.2f", static_cast<double>(best[i].score));
    if (i + 1 == best.size() && !several) std::printf("        %s", Footer(classifier, result.run_ms).c_str());
    std::printf("\n");
  }
}

// What was assumed, and what is odd, as sentences for stderr or JSON.
std::vector<std::string> Assumptions(const Classifier& classifier, const std::vector<std::string>& labels,
                                     size_t num_scores) {
  std::vector<std::string> sentences;
  if (labels.empty()) sentences.emplace_back("no labels file; give one with --labels");
  if (!labels.empty() && num_scores > 0 && labels.size() != num_scores) {
    sentences.push_back(Cat("the labels belong to the model, though there are ", labels.size(), " of them for ",
                            num_scores, " scores"));
  }
  sentences.insert(sentences.end(), classifier.assumptions().begin(), classifier.assumptions().end());
  return sentences;
}

int Label(const LabelCommand& command) {
  ClassifyOptions options;
  Result<SessionOptions> session = command.flags.Options();
  if (!session.ok()) return FailCall(session.status().ToString());
  options.session = *session;
  options.input_layer = command.input_layer;
  options.output_layer = command.output_layer;
  if (command.width > 0) options.input_width = command.width;
  if (command.height > 0) options.input_height = command.height;
  if (command.has_mean) options.input_mean = command.mean;
  if (command.has_std) options.input_std = command.std;
  auto model = Model::Load(command.model, Cached(command.flags.threads));
  if (!model.ok()) return Fail(model.status(), kBadData);
  if (const Status told = TakeWhatIsTold(command.model, **model, command.labels, &options); !told.ok()) {
    return Fail(told, kBadData);
  }
  auto classifier = Classifier::Create(*model, options);
  if (!classifier.ok()) return Fail(classifier.status());
  const std::vector<std::string> files = ExpandFolders(command.files);
  if (files.empty()) return FailCall("no picture and no WAV file in what was named");

  int code = kFine;
  std::string doubt;
  size_t num_scores = 0;
  nlohmann::json results = nlohmann::json::array();
  for (size_t i = 0; i < files.size(); ++i) {
    auto file = OpenFile(files[i], FileAccess::kMap, int64_t{1} << 30);
    auto result =
        file.ok() ? (*classifier)->Classify(file->bytes, command.flags.Run()) : Result<Classification>(file.status());
    if (!result.ok()) {
      Fail(file.ok() ? std::move(result).status().Framed(Quoted(files[i])) : result.status());
      code = kBadData;
      continue;
    }
    const std::vector<Score> best = (*classifier)->Best(*result, result->is_class ? 1 : command.top);
    if (!result->is_class) num_scores = result->scores.size();
    if (command.json) {
      nlohmann::json entry = {{"file", files[i]}, {"ms", result->run_ms}, {"labels", nlohmann::json::array()}};
      for (const Score& score : best)
        entry["labels"].push_back({{"index", score.index}, {"label", score.label}, {"score", score.score}});
      if (command.all) entry["scores"] = result->scores;
      results.push_back(std::move(entry));
    } else {
      Print(**classifier, files[i], files.size() > 1, best, *result);
      if (i + 1 == files.size() && files.size() > 1) std::printf("%s\n", Footer(**classifier, result->run_ms).c_str());
    }
    if (i == 0 && !options.input_mean && !options.input_std)
      doubt = DoubtOfNormalization(**classifier, file->bytes, *result);
  }
  const std::vector<std::string> assumptions = Assumptions(**classifier, options.labels, num_scores);
  if (command.json) {
    PrintJson({{"model", command.model},
               {"input", (*classifier)->input().name},
               {"output", (*classifier)->output_layer()},
               {"width", (*classifier)->input().width},
               {"height", (*classifier)->input().height},
               {"normalization", (*classifier)->normalization().ToString()},
               {"assumptions", assumptions},
               {"doubt", doubt},
               {"plan_ms", (*classifier)->plan_ms()},
               {"target", TargetName()},
               {"files", results}});
  } else if (code == kFine || num_scores > 0) {
    for (const std::string& assumption : assumptions) std::fprintf(stderr, "assumed: %s\n", assumption.c_str());
    if (!doubt.empty()) std::fprintf(stderr, "note: %s\n", doubt.c_str());
  }
  return code;
}

}  // namespace

void AddLabel(CLI::App& app, int* code) {
  auto command = std::make_shared<LabelCommand>();
  Subcommand sub(app, "label", "Say what a model sees in pictures or hears in WAV files");
  sub.option("model", command->model, "Model file").required();
  sub.option("files", command->files, "Pictures, WAV files, or folders of them").required();
  sub.option("--labels", command->labels, "One label a line; default: a labels file beside the model")
      .type_name("FILE");
  sub.option("--input-layer", command->input_layer, "Default: the graph's placeholder").type_name("NAME");
  sub.option("--output-layer", command->output_layer, "Default: what no other node uses").type_name("NAME");
  sub.option("--input-width", command->width, "Default: from the graph").in_range(1, 16384);
  sub.option("--input-height", command->height, "Default: from the graph").in_range(1, 16384);
  const Flag mean = sub.option("--input-mean", command->mean, "Pixels are fed as (p - mean) / std; default 127.5");
  const Flag std = sub.option("--input-std", command->std, "Default 127.5");
  sub.option("--top", command->top, "Labels to show").in_range(1, 100000).shows_default();
  sub.flag("--json", command->json, "As one JSON object");
  sub.flag("--all-scores", command->all, "With --json: every score");
  command->flags.AddTo(sub);
  sub.footer(
      "Examples:\n"
      "  rivulet label mobilenet.pb cat.jpg\n"
      "  rivulet label inception.pb photos/ --labels imagenet.txt --input-mean 0 --input-std 255\n"
      "  rivulet label conv_actions_frozen.pb yes.wav --labels conv_actions_labels.txt");
  sub.callback([command, code, mean, std] {
    command->has_mean = mean.count() > 0;
    command->has_std = std.count() > 0;
    *code = Label(*command);
  });
}

}  // namespace rivulet::cli
