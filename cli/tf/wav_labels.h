// What label_wav and label_wav_dir share: their flags, and the labels of one sound.
#ifndef RIVULET_CLI_TF_WAV_LABELS_H_
#define RIVULET_CLI_TF_WAV_LABELS_H_

#include <memory>
#include <string>

#include "cli/tf/flags.h"
#include "tasks/classify.h"

namespace rivulet::tf {

struct WavFlags {
  std::string graph, labels;
  std::string input_name = "wav_data:0", output_name = "labels_softmax:0";
  int64_t how_many_labels = 3;

  void AddTo(Flags& flags);
  Result<std::unique_ptr<Classifier>> Open() const;
  // Prints "label (score = 0.12345)" for the best.
  Status Print(Classifier& classifier, const std::string& wav) const;
};

}  // namespace rivulet::tf

#endif  // RIVULET_CLI_TF_WAV_LABELS_H_
