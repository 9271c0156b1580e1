// How often a recogniser is right, counted.
#ifndef RIVULET_TASKS_EVALUATION_H_
#define RIVULET_TASKS_EVALUATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rivulet/status.h"
#include "tasks/classify.h"

namespace rivulet {

// The pictures or sounds of one class: those in the folder of its name.
struct LabelledFolder {
  std::string name;
  int64_t label = -1;  // the score's index
  std::vector<std::string> files;
};

// The folders of `folder`, each a class. `labels` may be empty: then the folders are the scores, in their names' order,
// as retraining makes them. Names match labels without regard to case, and '_', '-' and ' ' are the same; NOT_FOUND has
// the nearest labels of one that matches none.
Result<std::vector<LabelledFolder>> FindLabelled(const std::string& folder, const std::vector<std::string>& labels);

class Evaluation {
 public:
  // One answer: the best scores first, the label that is right, and what the right one got.
  struct Answer {
    std::string file;
    int64_t label = -1;
    std::vector<Score> best;
    float right_score = 0;
    bool is_right() const { return !best.empty() && best[0].index == label; }
    // How much surer the model was of the wrong label.
    float margin() const { return best.empty() ? 0 : best[0].score - right_score; }
  };

  void Add(Answer answer) { answers_.push_back(std::move(answer)); }

  const std::vector<Answer>& answers() const { return answers_; }
  int64_t RightAmong(size_t best) const;  // answers whose first `best` have the right one
  // Wrong ones, the surest first.
  std::vector<const Answer*> Worst(size_t most) const;
  struct Pair {
    int64_t label;
    int64_t taken_for;
    int64_t count;
  };
  // Which labels are taken for which others, most often first.
  std::vector<Pair> Confusions() const;

 private:
  std::vector<Answer> answers_;
};

}  // namespace rivulet

#endif  // RIVULET_TASKS_EVALUATION_H_
