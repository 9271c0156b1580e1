// From scores that come many times a second to words that were said: averaged over a window, each word once.
#ifndef RIVULET_TASKS_RECOGNIZE_COMMANDS_H_
#define RIVULET_TASKS_RECOGNIZE_COMMANDS_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rivulet/status.h"

namespace rivulet {

struct RecognizeOptions {
  int64_t average_window_ms = 1000;
  float detection_threshold = 0.2f;
  int64_t suppression_ms = 500;  // after a word others are ignored for so long
  size_t minimum_count = 3;      // scores in the window before it is trusted
};

class RecognizeCommands {
 public:
  struct Heard {
    std::string label;
    float score = 0;
    bool is_new = false;
  };

  RecognizeCommands(std::vector<std::string> labels, const RecognizeOptions& options)
      : labels_(std::move(labels)), options_(options) {}

  // Scores in the order of the labels; times must not fall.
  Result<Heard> Process(std::span<const float> scores, int64_t time_ms);

 private:
  struct Scored {
    int64_t time_ms;
    std::vector<float> scores;
  };

  std::vector<std::string> labels_;
  RecognizeOptions options_;
  std::deque<Scored> window_;
  std::string previous_ = "_silence_";
  std::optional<int64_t> previous_time_ms_;
};

}  // namespace rivulet

#endif  // RIVULET_TASKS_RECOGNIZE_COMMANDS_H_
