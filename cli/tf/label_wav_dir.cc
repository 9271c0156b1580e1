// label_wav_dir: what a model of spoken words hears in each WAV file of a folder.
#include <cstdio>

#include "cli/tf/tools.h"
#include "cli/tf/wav_labels.h"
#include "engine/base/errors.h"
#include "engine/base/folder.h"

namespace rivulet::tf {
namespace {

int Run(const Call& call) {
  WavFlags tool;
  std::string wav_dir;
  Flags flags = call.MakeFlags();
  flags.Add("wav_dir", &wav_dir, "the folder of the sounds");
  flags.Require("wav_dir");
  tool.AddTo(flags);
  if (const auto code = flags.Parse(call.arguments)) return *code;
  const auto folder = Folder::OpenFolder(wav_dir, {});
  if (!folder.ok()) return call.Fail(folder.status());
  const auto classifier = tool.Open();
  if (!classifier.ok()) return call.Fail(classifier.status());
  int code = 0;
  size_t found = 0;
  for (const std::string& name : (*folder)->List()) {
    if (!name.ends_with(".wav")) continue;
    ++found;
    std::printf("\n%s\n", name.c_str());
    // A file that is no sound does not keep the others from being heard.
    if (const Status status = tool.Print(**classifier, (*folder)->Describe(name)); !status.ok())
      code = call.Fail(status);
  }
  if (found == 0) return call.Fail(NotFound("no file of ", Quoted(wav_dir), " ends in .wav"));
  return code;
}

}  // namespace

const Tool kLabelWavDir = {"label_wav_dir", "Says what a model hears in the WAV files of a folder.", kArgparseThenApp,
                           Run};

}  // namespace rivulet::tf
