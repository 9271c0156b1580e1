// The network run on samples, with some constants replaced, and what that changed.
#ifndef RIVULET_PREPARE_SQUEEZE_TRIAL_H_
#define RIVULET_PREPARE_SQUEEZE_TRIAL_H_

#include <map>
#include <string>
#include <vector>

#include "prepare/squeeze/column_importance.h"
#include "prepare/squeeze/squeeze.h"

namespace rivulet::prepare {

using Replaced = std::map<std::string, Tensor, std::less<>>;

// The graph with other values in its constants.
GraphDef WithConstants(const GraphDef& graph, const Replaced& replaced);

// What an output answers: the place of each row's largest value, in outputs of up to two dimensions; or in heat maps
// the place of each channel's.
enum class AnswersAre { kRows, kPeaks };

class Trial {
 public:
  // Runs the graph as it is on all samples, which is what later runs are compared with.
  static Result<Trial> Create(const GraphDef& graph, const std::vector<Feeds>& samples,
                              std::vector<std::string> outputs, int threads, AnswersAre answers = AnswersAre::kRows);

  // On all samples; or on some, by their numbers.
  Result<Agreement> Compare(const Replaced& replaced) const;
  Result<Agreement> Compare(const Replaced& replaced, const std::vector<size_t>& some) const;

  // Every other sample, from the first on: what weights are fitted to; and those between, which tell what comes of it.
  // At most `most` of them, spread evenly. A single sample is both.
  std::vector<size_t> Fitted(size_t most) const { return HalfFrom(0, most); }
  std::vector<size_t> HeldOut(size_t most) const { return HalfFrom(1, most); }

  // The model of these bytes on all samples.
  Result<Agreement> CompareFile(const std::string& bytes) const;

  // How much each channel of the outputs counts: what an error of a score does to probabilities, on average over the
  // samples; in other outputs all the same.
  OutputWeights ChannelWeights() const;

  // How much each sample counts, 1 on average: by how undecided its probabilities are, where outputs are some.
  std::vector<double> SampleWeights() const;

  const std::vector<Feeds>& samples() const { return *samples_; }
  int threads() const { return threads_; }
  size_t num_samples() const { return samples_->size(); }

 private:
  using Outputs = std::vector<std::vector<Tensor>>;  // of each sample
  std::vector<size_t> HalfFrom(size_t first, size_t most) const;
  Result<Agreement> CompareBytes(const std::string& bytes, const std::vector<size_t>& some) const;

  const GraphDef* graph_ = nullptr;
  const std::vector<Feeds>* samples_ = nullptr;
  std::vector<std::string> outputs_;
  AnswersAre answers_ = AnswersAre::kRows;
  float least_peak_ = 0;
  int threads_ = 1;
  std::shared_ptr<Session> session_;
  Outputs reference_;
  std::vector<size_t> all_;
};

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_TRIAL_H_
