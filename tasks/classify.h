// Recognition: which of a model's labels a picture or a sound has. Pre- and post-processing around a Session.
#ifndef RIVULET_TASKS_CLASSIFY_H_
#define RIVULET_TASKS_CLASSIFY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rivulet/session.h"
#include "tasks/picture_input.h"

namespace rivulet {

// What a caller knows; the rest is found in the graph or assumed.
struct ClassifyOptions {
  std::string input_layer;
  std::string output_layer;
  std::optional<int64_t> input_width;
  std::optional<int64_t> input_height;
  std::optional<float> input_mean;
  std::optional<float> input_std;
  std::vector<std::string> labels;
  SessionOptions session;
};

// How a picture's bytes p become the input: (p - mean) / std, channels perhaps in BGR order, perhaps 255 - p first.
struct Normalization {
  float mean = 127.5f;
  float std = 127.5f;
  bool bgr = false;
  bool inverted = false;
  std::string ToString() const;  // "(p − 127.5) / 127.5, BGR"
};

struct Score {
  int64_t index = 0;
  std::string label;  // "class 7" when there are no labels
  float score = 0;
};

struct Classification {
  std::vector<float> scores;  // all of them
  bool is_class = false;      // the model gave the class alone (an ArgMax): it has the score 1, the others 0
  double run_ms = 0;
};

class Classifier {
 public:
  // Finds input, output, size and scaling; what was assumed is in assumptions(). NOT_FOUND for layers that are not
  // there.
  static Result<std::unique_ptr<Classifier>> Create(std::shared_ptr<const Model> model, const ClassifyOptions& options);

  // The bytes of a picture or WAV file.
  Result<Classification> Classify(std::span<const uint8_t> file, const RunOptions& run = {});
  Result<Classification> ClassifyWith(std::span<const uint8_t> file, const Normalization& normalization,
                                      const RunOptions& run = {});

  // What is fed for a picture or WAV file: the input, and the switches of training.
  Result<Feeds> FeedsFor(std::span<const uint8_t> file);

  // The best `count`, best first; ties by index.
  std::vector<Score> Best(const Classification& result, int count) const;

  const PictureInput& input() const { return input_; }
  const std::string& output_layer() const { return output_; }
  const Normalization& normalization() const { return normalization_; }
  double plan_ms() const { return plan_ms_; }
  int num_threads() const { return session_->num_threads(); }
  // Sentences about what neither the caller nor the graph said.
  const std::vector<std::string>& assumptions() const { return input_.assumptions; }

 private:
  Status FindOutput(const Model& model, const ClassifyOptions& options);
  void FindNormalization(const ClassifyOptions& options);
  Result<Tensor> MakeInput(std::span<const uint8_t> file, const Normalization& normalization);

  std::unique_ptr<Session> session_;
  PictureInput input_;
  std::string output_;
  Normalization normalization_;
  std::vector<std::string> labels_;
  double plan_ms_ = 0;
};

// One label a line; trailing blanks and a final empty line are dropped. "0:tench" style numbers are kept.
Result<std::vector<std::string>> ReadLabels(const std::string& path);

}  // namespace rivulet

#endif  // RIVULET_TASKS_CLASSIFY_H_
