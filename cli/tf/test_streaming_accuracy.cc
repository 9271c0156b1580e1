// test_streaming_accuracy: how many of the words in a long recording a model hears, and how many that are not there.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <unordered_set>

#include "cli/cache_folder.h"
#include "cli/tf/tools.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "engine/media/wav.h"
#include "tasks/classify.h"
#include "tasks/recognize_commands.h"

namespace rivulet::tf {
namespace {

struct Word {
  std::string label;
  int64_t time_ms = 0;
};

struct Accuracy {
  int64_t truths = 0, matched = 0, correct = 0, wrong = 0, false_positives = 0;
};

// "word,time in ms" lines in the order of time; lines of another form are passed over.
Result<std::vector<Word>> ReadTruth(const std::string& path) {
  RIVULET_ASSIGN_OR_RETURN(const std::vector<std::string> lines, ReadLabels(path));
  std::vector<Word> words;
  for (const std::string& line : lines) {
    const size_t comma = line.find(',');
    if (comma == std::string::npos || line.find(',', comma + 1) != std::string::npos) continue;
    const std::string number = line.substr(comma + 1);
    char* end = nullptr;
    const double time = std::strtod(number.c_str(), &end);
    while (*end == ' ') ++end;
    if (end == number.c_str() || *end != '\0' || !(time > -1e15 && time < 1e15)) {
      return InvalidArgument("'", path, "': want word,milliseconds, got ", Quoted(line));
    }
    words.push_back({line.substr(0, comma), static_cast<int64_t>(time)});
  }
  std::stable_sort(words.begin(), words.end(), [](const Word& a, const Word& b) { return a.time_ms < b.time_ms; });
  return words;
}

// Of what should have been heard until `until_ms`: a word that was found near the time of the truth is correct or
// wrong, one with no truth nearby is a false positive.
Accuracy Measure(const std::vector<Word>& truths, const std::vector<Word>& found, int64_t until_ms,
                 int64_t tolerance_ms) {
  Accuracy result;
  const auto is_due = [&](const Word& truth) { return truth.time_ms <= until_ms; };
  result.truths = std::count_if(truths.begin(), truths.end(), is_due);
  std::unordered_set<int64_t> matched;
  for (const Word& word : found) {
    const auto truth = std::find_if(truths.begin(), truths.end(),
                                    [&](const Word& t) { return t.time_ms >= word.time_ms - tolerance_ms; });
    if (truth == truths.end() || truth->time_ms > word.time_ms + tolerance_ms || !is_due(*truth)) {
      ++result.false_positives;
      continue;
    }
    const bool is_correct = truth->label == word.label && !matched.contains(truth->time_ms);
    ++(is_correct ? result.correct : result.wrong);
    matched.insert(truth->time_ms);
  }
  result.matched = static_cast<int64_t>(matched.size());
  return result;
}

void Print(const Accuracy& accuracy) {
  if (accuracy.truths == 0) {
    std::printf("No ground truth yet, %lld false positives\n", static_cast<long long>(accuracy.false_positives));
    return;
  }
  const auto percent = [&](int64_t count) {
    return 100.0 * static_cast<double>(count) / static_cast<double>(accuracy.truths);
  };
  std::printf("%.1f%% matched, %.1f%% correctly, %.1f%% wrongly, %.1f%% false positives \n", percent(accuracy.matched),
              percent(accuracy.correct), percent(accuracy.wrong), percent(accuracy.false_positives));
}

struct Streaming {
  std::string wav, graph, labels, ground_truth;
  std::string input_data_name = "decoded_sample_data:0", input_rate_name = "decoded_sample_data:1";
  std::string output_name = "labels_softmax";
  int64_t clip_duration_ms = 1000, clip_stride_ms = 30, average_window_ms = 500, time_tolerance_ms = 750;
  int64_t suppression_ms = 1500;
  double detection_threshold = 0.7;
  bool verbose = false;
};

struct Sound {
  std::vector<float> samples;
  int64_t rate = 0;
};

Result<Sound> ReadSound(const std::string& path) {
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, OpenFile(path, FileAccess::kMap, int64_t{1} << 31));
  const auto read = [&]() -> Result<Sound> {
    WavOptions options;
    RIVULET_ASSIGN_OR_RETURN(const WavInfo info, InspectWav(file.bytes, options));
    if (info.channels != 1) {
      return InvalidArgument("Only mono .wav files can be used, but input has ", info.channels, " channels.");
    }
    Sound sound{std::vector<float>(static_cast<size_t>(info.samples)), info.sample_rate};
    RIVULET_RETURN_IF_ERROR(DecodeWav(file.bytes, info, sound.samples));
    return sound;
  };
  Result<Sound> sound = read();
  if (!sound.ok()) return Status(sound.status()).Framed(Quoted(path));
  return sound;
}

void PrintFound(const Streaming& flags, const std::vector<Word>& truths, const std::vector<Word>& found, float score,
                Accuracy* before) {
  const Word& word = found.back();
  const Accuracy now = Measure(truths, found, word.time_ms + flags.time_tolerance_ms, flags.time_tolerance_ms);
  const char* state = now.false_positives > before->false_positives ? " (False Positive)"
                      : now.correct > before->correct               ? " (Correct)"
                                                                    : " (Wrong)";
  std::printf("%lldms: %s: %g%s\n", static_cast<long long>(word.time_ms), word.label.c_str(),
              static_cast<double>(score), state);
  *before = now;
  Print(now);
}

Status Listen(const Streaming& flags) {
  RIVULET_ASSIGN_OR_RETURN(auto model, Model::Load(flags.graph, cli::Cached()));
  RIVULET_ASSIGN_OR_RETURN(const auto session, Session::Create(std::move(model)));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<std::string> labels, ReadLabels(flags.labels));
  RIVULET_ASSIGN_OR_RETURN(const std::vector<Word> truths, ReadTruth(flags.ground_truth));
  RIVULET_ASSIGN_OR_RETURN(const Sound sound, ReadSound(flags.wav));
  const int64_t clip = flags.clip_duration_ms * sound.rate / 1000, stride = flags.clip_stride_ms * sound.rate / 1000;
  if (clip < 1 || stride < 1)
    return InvalidArgument("want --clip_duration_ms and --clip_stride_ms of a sample or more");
  RecognizeCommands recognize(labels, {.average_window_ms = flags.average_window_ms,
                                       .detection_threshold = static_cast<float>(flags.detection_threshold),
                                       .suppression_ms = flags.suppression_ms});
  std::vector<Word> found;
  Accuracy before;
  const auto end = static_cast<int64_t>(sound.samples.size()) - clip;
  for (int64_t offset = 0; offset <= end; offset += stride) {
    const Tensor data = Tensor::Of<float>({clip, 1}, {sound.samples.data() + offset, static_cast<size_t>(clip)});
    const Tensor rate = Tensor::Scalar<int32_t>(static_cast<int32_t>(sound.rate));
    RIVULET_ASSIGN_OR_RETURN(
        const std::vector<Tensor> outputs,
        session->Run({{flags.input_data_name, data}, {flags.input_rate_name, rate}}, {flags.output_name}));
    if (outputs[0].dtype() != DType::kFloat) return InvalidArgument("output '", flags.output_name, "': want floats");
    const int64_t time_ms = offset * 1000 / sound.rate;
    RIVULET_ASSIGN_OR_RETURN(const RecognizeCommands::Heard heard,
                             recognize.Process(outputs[0].values<float>(), time_ms));
    if (!heard.is_new || heard.label == "_silence_") continue;
    found.push_back({heard.label, time_ms});
    if (flags.verbose) PrintFound(flags, truths, found, heard.score, &before);
  }
  Print(Measure(truths, found, std::numeric_limits<int64_t>::max(), flags.time_tolerance_ms));
  return Status();
}

int Run(const Call& call) {
  Streaming tool;
  Flags flags = call.MakeFlags();
  flags.Add("wav", &tool.wav, "the recording");
  flags.Add("graph", &tool.graph, "the model");
  flags.Add("labels", &tool.labels, "a file with one label a line");
  flags.Add("ground_truth", &tool.ground_truth, "what is said when: lines of word,milliseconds");
  flags.Add("input_data_name", &tool.input_data_name, "name of the input of samples");
  flags.Add("input_rate_name", &tool.input_rate_name, "name of the input of the sample rate");
  flags.Add("output_name", &tool.output_name, "name of the output");
  flags.Add("clip_duration_ms", &tool.clip_duration_ms, "length of what the model hears at once");
  flags.Add("clip_stride_ms", &tool.clip_stride_ms, "how often the model is asked");
  flags.Add("sample_stride_ms", &tool.clip_stride_ms, "the same, as it was called before");
  flags.Add("average_window_ms", &tool.average_window_ms, "length of the window that results are smoothed over");
  flags.Add("time_tolerance_ms", &tool.time_tolerance_ms, "most time between a word and its being heard");
  flags.Add("suppression_ms", &tool.suppression_ms, "how long others are ignored after a word");
  flags.Add("detection_threshold", &tool.detection_threshold, "score from which a word counts");
  flags.Add("verbose", &tool.verbose, "whether to print each word that is heard");
  if (const auto code = flags.Parse(call.arguments)) return *code;
  for (const int64_t value : {tool.clip_duration_ms, tool.clip_stride_ms, tool.average_window_ms,
                              tool.time_tolerance_ms, tool.suppression_ms}) {
    if (value < 0 || value > 1'000'000'000) return flags.FailCall("want times of 0 to 1000000000 ms");
  }
  const Status status = Listen(tool);
  return status.ok() ? 0 : call.Fail(status);
}

}  // namespace

const Tool kTestStreamingAccuracy = {"test_streaming_accuracy", "Counts the words that a model hears in a recording.",
                                     kCpp, Run};

}  // namespace rivulet::tf
