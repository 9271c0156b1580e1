#include "cli/shrink_samples.h"

#include <algorithm>
#include <filesystem>

#include "cli/command.h"
#include "cli/feeds.h"
#include "cli/made_up.h"
#include "engine/base/errors.h"
#include "engine/base/file.h"
#include "tasks/classify.h"

namespace rivulet::cli {
namespace {

constexpr int kMadeUp = 32;

bool IsMedia(const std::filesystem::path& path) {
  std::string end = path.extension().string();
  for (char& c : end) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const char* known : {".jpg", ".jpeg", ".png", ".gif", ".bmp", ".wav"}) {
    if (end == known) return true;
  }
  return false;
}

std::vector<std::string> FilesIn(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    for (std::filesystem::recursive_directory_iterator entry(path, error), end; !error && entry != end;
         entry.increment(error)) {
      if (entry->is_regular_file(error) && IsMedia(entry->path())) files.push_back(entry->path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Evenly over all of them, so that folders of classes have their share.
std::vector<std::string> Some(const std::vector<std::string>& files, size_t most) {
  if (files.size() <= most) return files;
  std::vector<std::string> some;
  for (size_t i = 0; i < most; ++i) some.push_back(files[i * files.size() / most]);
  return some;
}

Status AddMedia(const std::shared_ptr<const Model>& model, const SampleFlags& flags, Samples* samples) {
  ClassifyOptions options;
  options.input_layer = flags.input_layer;
  if (!flags.outputs.empty()) options.output_layer = flags.outputs[0];
  options.input_mean = flags.input_mean;
  options.input_std = flags.input_std;
  RIVULET_ASSIGN_OR_RETURN(const auto classifier, Classifier::Create(model, options));
  const std::vector<std::string> files = FilesIn(flags.images);
  std::string last_failure;
  for (const std::string& path : Some(files, static_cast<size_t>(std::max(1, flags.most)))) {
    Result<FileBytes> file = OpenFile(path, FileAccess::kMap, int64_t{1} << 30);
    Result<Feeds> feeds = file.ok() ? classifier->FeedsFor(file->bytes) : Result<Feeds>(file.status());
    if (feeds.ok()) {
      samples->feeds.push_back(*std::move(feeds));
    } else {
      last_failure = Cat("'", path, "': ", feeds.status().message());
    }
  }
  if (samples->feeds.empty()) {
    return InvalidArgument("none of the ", files.size(), " pictures and sounds can be fed",
                           last_failure.empty() ? "" : "; ", last_failure);
  }
  if (samples->outputs.empty()) samples->outputs = {classifier->output_layer()};
  samples->what =
      Cat(samples->feeds.size(), " of ", files.size(), " files, as ", classifier->normalization().ToString());
  return Status();
}

// Different values for each: the made-up ones, turned by a few elements.
Status AddMadeUp(const Model& model, Samples* samples) {
  Feeds feeds;
  RIVULET_RETURN_IF_ERROR(MakeUpMissing(model, NameChoice(), "--sample", &feeds));
  for (int i = 0; i < kMadeUp; ++i) {
    Feeds turned;
    for (const auto& [name, tensor] : feeds) {
      RIVULET_ASSIGN_OR_RETURN(Tensor copy, Clone(tensor, *Allocator::Create()));
      if (copy.dtype() == DType::kFloat && copy.num_elements() > 1) {
        float* values = copy.data<float>();
        std::rotate(values, values + static_cast<int64_t>(i) * 7919 % copy.num_elements(),
                    values + copy.num_elements());
      }
      turned.emplace_back(name, std::move(copy));
    }
    samples->feeds.push_back(std::move(turned));
  }
  samples->what = Cat(kMadeUp, " made-up inputs");
  return Status();
}

}  // namespace

Result<Samples> MakeSamples(const std::shared_ptr<const Model>& model, const SampleFlags& flags, int* code) {
  Samples samples;
  samples.outputs = flags.outputs;
  *code = kBadData;
  if (!flags.images.empty()) {
    RIVULET_RETURN_IF_ERROR(AddMedia(model, flags, &samples));
  }
  for (const std::string& argument : flags.samples) {
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
