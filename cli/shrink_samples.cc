#include "cli/shrink_samples.h"

#include <algorithm>

#include "cli/command.h"
#include "cli/feeds.h"
#include "cli/made_up.h"
#include "cli/sample_files.h"
#include "engine/base/errors.h"
#include "tasks/classify.h"

namespace rivulet::cli {
namespace {

constexpr int kMadeUp = 32;

Status AddMedia(const std::shared_ptr<const Model>& model, const SampleFlags& flags, Samples* samples) {
  ClassifyOptions options;
  options.input_layer = flags.input_layer;
  if (!flags.outputs.empty()) options.output_layer = flags.outputs[0];
  options.input_mean = flags.input_mean;
  options.input_std = flags.input_std;
  RIVULET_ASSIGN_OR_RETURN(const auto classifier, Classifier::Create(model, options));
  SampleFiles files = ReadSampleFiles(*classifier, flags.images, flags.most);
  if (files.feeds.empty()) {
    return InvalidArgument("none of the ", files.found, " pictures and sounds can be fed",
                           files.left_out.empty() ? "" : "; ", files.left_out.empty() ? "" : files.left_out.back());
  }
  samples->feeds = std::move(files.feeds);
  if (samples->outputs.empty()) samples->outputs = {classifier->output_layer()};
  samples->what =
      Cat(samples->feeds.size(), " of ", files.found, " files, as ", classifier->normalization().ToString());
  return Status();
}

// Different values for each: the made-up ones, turned by a few elements.
Status AddMadeUp(const Model& model, Samples* samples) {
  Feeds feeds;
  RIVULET_RETURN_IF_ERROR(MakeUpMissing(model, NameChoice(), "--sample", &feeds));
  for (int i = 0; i < kMadeUp; ++i) {
    Feeds turned;
    for (const auto& [name, tensor] : feeds) {
      RIVULET_ASSIGN_OR_RETURN(Tensor copy, Turned(tensor, static_cast<int64_t>(i) * 7919));
      turned.emplace_back(name, std::move(copy));
    }
    samples->feeds.push_back(std::move(turned));
  }
  samples->what = Cat(kMadeUp, " made-up inputs");
  return Status();
}

}  // namespace

Result<Samples> MakeSamples(const PackSource& source, const SampleFlags& flags, int* code) {
  const std::shared_ptr<const Model>& model = source.model;
  Samples samples;
  samples.outputs = source.outputs;
  *code = kBadData;
  if (!flags.images.empty()) {
    RIVULET_RETURN_IF_ERROR(AddMedia(model, flags, &samples));
  }
  for (const std::string& argument : source.FeedArguments(flags.samples)) {
    RIVULET_ASSIGN_OR_RETURN(Feeds feeds, ParseFeeds(*model, NameChoice(), {argument}, code));
    *code = kBadData;
    RIVULET_RETURN_IF_ERROR(MakeUpMissing(*model, NameChoice(), "--sample", &feeds));
    samples.feeds.push_back(std::move(feeds));
  }
  if (!flags.samples.empty()) samples.what += Cat(samples.what.empty() ? "" : " and ", flags.samples.size(), " arrays");
  if (samples.feeds.empty()) {
    // Texts and unknown shapes are not made up; what needs no samples goes on.
    if (const Status status = AddMadeUp(*model, &samples); !status.ok()) {
      samples.feeds.clear();
      samples.what = Cat("nothing: ", status.message());
    }
  }
  if (samples.outputs.empty()) samples.outputs = model->LikelyOutputs();
  if (samples.outputs.empty())
    return InvalidArgument("the graph has no output that could be compared; name one with --output");
  return samples;
}

}  // namespace rivulet::cli
