#include "tasks/recognize_commands.h"

#include <algorithm>

#include "engine/base/errors.h"

namespace rivulet {

Result<RecognizeCommands::Heard> RecognizeCommands::Process(std::span<const float> scores, int64_t time_ms) {
  if (labels_.empty() || scores.size() != labels_.size()) {
    return InvalidArgument("want a score for each of the ", static_cast<uint64_t>(labels_.size()), " labels, got ",
                           static_cast<uint64_t>(scores.size()));
  }
  if (!window_.empty() && time_ms < window_.back().time_ms) {
    return InvalidArgument("want times that rise, got ", time_ms, " ms after ", window_.back().time_ms);
  }
  window_.push_back({time_ms, std::vector<float>(scores.begin(), scores.end())});
  while (window_.front().time_ms < time_ms - options_.average_window_ms) window_.pop_front();
  const bool too_few =
      window_.size() < options_.minimum_count || time_ms - window_.front().time_ms < options_.average_window_ms / 4;
  if (too_few) return Heard{previous_, 0, false};

  std::vector<float> average(labels_.size(), 0.0f);
  for (const Scored& scored : window_) {
    for (size_t i = 0; i < average.size(); ++i) average[i] += scored.scores[i] / static_cast<float>(window_.size());
  }
  const auto top = static_cast<size_t>(std::max_element(average.begin(), average.end()) - average.begin());
  Heard heard{labels_[top], average[top], false};
  const bool may_speak =
      previous_ == "_silence_" || !previous_time_ms_ || time_ms - *previous_time_ms_ > options_.suppression_ms;
  if (heard.score > options_.detection_threshold && heard.label != previous_ && may_speak) {
    previous_ = heard.label;
    previous_time_ms_ = time_ms;
    heard.is_new = true;
  }
  return heard;
}

}  // namespace rivulet
