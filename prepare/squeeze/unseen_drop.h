// How many answers would differ on samples that nobody has looked at: from how near the answers are to another one, and
// from how far the scores of samples that the levels were not fitted to have moved.
//
// Counting the answers that differ tells little where few do: of 200 answers one in a hundred is two, give or take one
// and a half. That an answer changes takes a margin, of its score over another one's, below what an error moves the two
// apart. Both are known of many samples, not of those alone that meet, so every margin is weighed against the errors of
// answers that are about as near.
#ifndef RIVULET_PREPARE_SQUEEZE_UNSEEN_DROP_H_
#define RIVULET_PREPARE_SQUEEZE_UNSEEN_DROP_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace rivulet::prepare {

struct UnseenDrop {
  double expected = 0;  // share of answers
  double at_most = 0;   // with kConfidence
  size_t rows = 0;      // of which margins were known

  // Nothing finer than half an answer can be told of so many.
  double floor() const { return 0.5 / static_cast<double>(rows); }
};

class AnswerMargins {
 public:
  static constexpr double kConfidence = 0.9;
  // With fewer rows nothing is said.
  static constexpr size_t kFewestRows = 40;

  // A row of scores of the network as it is, `width` of two or more; of probabilities logarithms are compared.
  void AddRow(const float* was, int64_t width, bool are_probabilities);
  // What became of such a row.
  void AddMoved(const float* was, const float* is, int64_t width, bool are_probabilities);

  std::optional<UnseenDrop> Estimate() const;

 private:
  // Of each row, the least first: how far the best score is above the next ones.
  static constexpr size_t kOthers = 3;
  std::vector<std::vector<double>> margins_;
  struct Moved {
    double margin;
    double by;  // how far the best two scores went towards each other or apart
  };
  std::vector<Moved> moved_;
};

// With this confidence no more than the result differ of all, where `differing` of `rows` did: the share of which so
// few or fewer would be seen in one of ten such draws only.
double AtMostDiffer(size_t differing, size_t rows, double confidence = AnswerMargins::kConfidence);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_UNSEEN_DROP_H_
