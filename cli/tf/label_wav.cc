// label_wav: what a model of spoken words hears in a WAV file.
#include "cli/tf/tools.h"
#include "cli/tf/wav_labels.h"

namespace rivulet::tf {
namespace {

int Run(const Call& call) {
  WavFlags tool;
  std::string wav;
  Flags flags = call.MakeFlags();
  flags.Add("wav", &wav, "the sound");
  flags.Require("wav");
  tool.AddTo(flags);
  if (const auto code = flags.Parse(call.arguments)) return *code;
  const auto classifier = tool.Open();
  if (!classifier.ok()) return call.Fail(classifier.status());
  const Status status = tool.Print(**classifier, wav);
  return status.ok() ? 0 : call.Fail(status);
}

}  // namespace

const Tool kLabelWav = {"label_wav", "Says what a model hears in a WAV file.", kArgparseThenApp, Run};

}  // namespace rivulet::tf
