#include "cli/tf/wav_labels.h"

#include <algorithm>
#include <cstdio>

#include "cli/cache_folder.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"

namespace rivulet::tf {
namespace {

std::string NodeOf(const std::string& name) { return name.ends_with(":0") ? name.substr(0, name.size() - 2) : name; }

}  // namespace

void WavFlags::AddTo(Flags& flags) {
  flags.Add("graph", &graph, "the model");
  flags.Add("labels", &labels, "a file with one label a line");
  flags.Add("input_name", &input_name, "name of the input that takes a WAV file's bytes");
  flags.Add("output_name", &output_name, "name of the output");
  flags.Add("how_many_labels", &how_many_labels, "how many results to show");
  flags.Require("graph");
  flags.Require("labels");
}

Result<std::unique_ptr<Classifier>> WavFlags::Open() const {
  ClassifyOptions options;
  RIVULET_ASSIGN_OR_RETURN(options.labels, ReadLabels(labels));
  RIVULET_ASSIGN_OR_RETURN(std::shared_ptr<const Model> model, Model::Load(graph, cli::Cached()));
  options.input_layer = NodeOf(input_name);
  options.output_layer = NodeOf(output_name);
  return Classifier::Create(std::move(model), options);
}

Status WavFlags::Print(Classifier& classifier, const std::string& wav) const {
  RIVULET_ASSIGN_OR_RETURN(const FileBytes file, OpenFile(wav, FileAccess::kMap, int64_t{1} << 30));
  Result<Classification> result = classifier.Classify(file.bytes);
  if (!result.ok()) return Status(result.status()).Framed(Quoted(wav));
  const int count = static_cast<int>(std::clamp<int64_t>(how_many_labels, 1, 1 << 20));
  for (const Score& score : classifier.Best(*result, count)) {
    std::printf("%s (score = %.5f)\n", score.label.c_str(), static_cast<double>(score.score));
  }
  return Status();
}

}  // namespace rivulet::tf
