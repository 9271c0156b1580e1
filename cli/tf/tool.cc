#include "cli/tf/examples.h"
#include "cli/tf/tool.h"

#include <cstdio>

#include "cli/cache_folder.h"
#include "cli/tf/tools.h"
#include "engine/base/errors.h"

namespace rivulet::tf {
namespace {

constexpr const Tool* kTools[] = {&kBenchmarkModel,
                                  &kCompareGraphs,
                                  &kConvertGraphdefMemmappedFormat,
                                  &kCountOps,
                                  &kEvaluate,
                                  &kFreezeGraph,
                                  &kGraphPb2tb,
                                  &kGraphToDot,
                                  &kImportPbToTensorboard,
                                  &kInspectCheckpoint,
                                  &kLabelImage,
                                  &kLabelWav,
                                  &kLabelWavDir,
                                  &kOptimizeForInference,
                                  &kPrintSelectiveRegistrationHeader,
                                  &kQuantizeGraph,
                                  &kSavedModelCli,
                                  &kStripUnused,
                                  &kSummarizeGraph,
                                  &kTestStreamingAccuracy,
                                  &kTransformGraph,
                                  &kWavToSpectrogram};

void PrintLine(std::string_view name, std::string line) {
  for (char& c : line) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(name.size()), name.data(), line.c_str());
}

}  // namespace

std::span<const Tool* const> AllTools() { return kTools; }

const Tool* FindTool(std::string_view called) {
  called = called.substr(called.rfind('/') + 1);
  // Windows, and the scripts as they lay in their folders.
  for (const std::string_view end : {std::string_view(".exe"), std::string_view(".py")}) {
    if (called.ends_with(end)) called.remove_suffix(end.size());
  }
  for (const Tool* tool : kTools) {
    if (called == tool->name) return tool;
  }
  return nullptr;
}

Flags Call::MakeFlags() const {
  Flags flags(name, tool->summary, tool->codes);
  flags.SetExamples(ExamplesOf(tool->name));
  flags.Add("cache", cli::CacheFlag(), cli::kCacheHelp);
  return flags;
}

int Call::Fail(const Status& status) const {
  PrintLine(name, status.ToString());
  return tool->codes.failure;
}

void Call::Warn(std::string_view sentence) const { PrintLine(name, std::string(sentence)); }

}  // namespace rivulet::tf
