// Which step each tensor gets: bits against the error of the network's outputs, at one price for all.
#ifndef RIVULET_PREPARE_SQUEEZE_CHOOSER_H_
#define RIVULET_PREPARE_SQUEEZE_CHOOSER_H_

#include <map>
#include <string>
#include <vector>

#include "prepare/squeeze/quantizer.h"
#include "prepare/squeeze/trial.h"

namespace rivulet::prepare {

// A weight with what its errors cost: `sensitivity` times the measure is what they add to the outputs' squared
// distance.
struct StudiedWeight {
  Weight weight;
  ErrorMeasure measure;
  std::vector<double> input_means;  // of each group's rows; empty where nothing is known
  double sensitivity = 1;
};

// Tries each weight alone, rounded at a middling step. Without a trial only the weights themselves are looked at.
Result<std::vector<StudiedWeight>> StudyWeights(const GraphDef& graph, std::vector<Weight> weights, const Trial* trial,
                                                const SqueezeOptions& options);

struct Choice {
  std::vector<QuantizedWeights> quantized;  // of each weight; without levels where it stays as it is
  std::map<std::string, std::string> regions;
  Replaced replaced;  // the values that the network will have, biases that were corrected too
};

// The levels at which a bit saved is worth `price` of squared distance.
Result<Choice> ChooseAt(const std::vector<StudiedWeight>& weights, const GraphDef& graph, double price);
// The same with steps that are a multiple of each tensor's root mean square.
Result<Choice> ChooseRelative(const std::vector<StudiedWeight>& weights, const GraphDef& graph, double relative_step);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_CHOOSER_H_
