// What rivulet evaluate found, as a page.
#ifndef RIVULET_CLI_EVALUATE_PAGE_H_
#define RIVULET_CLI_EVALUATE_PAGE_H_

#include <string>
#include <vector>

#include "tasks/evaluation.h"

namespace rivulet::cli {

struct EvaluateReport {
  std::string model;
  std::string folder;
  std::vector<LabelledFolder> classes;
  std::vector<std::string> labels;  // by the scores' index; may be shorter than they
  Evaluation evaluation;
  bool only_best = false;  // the model gives a class, not scores
  double ms = 0;           // of one, in the median
  size_t unreadable = 0;
  std::vector<std::string> assumptions;

  std::string LabelOf(int64_t index) const;
  // How many answers there are: five best of five say nothing.
  size_t NumLabels() const { return labels.empty() ? classes.size() : labels.size(); }
};

// `worst`: how many of the wrong ones are shown, with small pictures.
std::string EvaluatePage(const EvaluateReport& report, size_t worst);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_EVALUATE_PAGE_H_
