// Which step each tensor gets: bits against the error of the network's outputs, at one price for all.
#ifndef RIVULET_PREPARE_SQUEEZE_CHOOSER_H_
#define RIVULET_PREPARE_SQUEEZE_CHOOSER_H_

#include <map>
#include <string>
#include <vector>

#include "prepare/squeeze/product_inputs.h"
#include "prepare/squeeze/quantizer.h"
#include "prepare/squeeze/refit.h"
#include "prepare/squeeze/trial.h"

namespace rivulet::prepare {

// A weight with what its errors cost: `sensitivity` times the measure is what they add to the outputs' squared
// distance.
struct StudiedWeight {
  Weight weight;
  ErrorMeasure measure;
  std::vector<double> input_means;  // of each group's rows; empty where nothing is known
  double sensitivity = 1;
  SeenWindows windows;
};

struct Study {
  std::vector<StudiedWeight> weights;
  ProductInputs inputs;
  std::vector<Feeds> samples;  // whose windows were seen; none without a trial
  double work = 0;             // multiplications of a run, in products
  int threads = 1;
};

// Tries each weight alone, rounded at a middling step. Without a trial only the weights themselves are looked at.
Result<Study> StudyWeights(const GraphDef& graph, std::vector<Weight> weights, const Trial* trial,
                           const SqueezeOptions& options);

struct Choice {
  std::vector<QuantizedWeights> quantized;  // of each weight; without levels where it stays as it is
  std::map<std::string, std::string> regions;
  Replaced replaced;  // the values that the network will have, biases that were corrected too
};

// The levels at which a bit saved is worth `price` of squared distance. What lies behind weights that are quantised is
// fitted to what they make of the samples.
Result<Choice> ChooseAt(const Study& study, const GraphDef& graph, double price);
// Steps that are a multiple of each tensor's root mean square.
Result<Choice> ChooseRelative(const Study& study, const GraphDef& graph, double relative_step);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_SQUEEZE_CHOOSER_H_
