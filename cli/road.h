// The road from a trained model to what ships, as steps that are each measured: what rivulet prepare walks.
#ifndef RIVULET_CLI_ROAD_H_
#define RIVULET_CLI_ROAD_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "prepare/freeze_model.h"
#include "prepare/pack_metadata.h"
#include "rivulet/session.h"

namespace rivulet::cli {

// What models are compared on, the same for all steps.
struct RoadSamples {
  std::vector<Feeds> feeds;
  bool are_given = false;   // the caller's pictures or sounds; else made-up values
  bool are_arrays = false;  // the caller's arrays: whether the results are scores, nobody says
};

// A model run on the samples.
struct RoadRun {
  std::vector<std::vector<Tensor>> results;  // by sample, then output
  double load_ms = 0;                        // until it can run
  double run_ms = 0;                         // of the first sample, in the median
  size_t peak_bytes = 0;                     // of tensors and weights while it ran
};
Result<RoadRun> RunRoad(const std::string& bytes, const std::vector<std::string>& outputs, const RoadSamples& samples,
                        const SessionOptions& options, const std::string& name = "model");

// A graph run once, on one sample; its weights are not copied.
Result<std::vector<Tensor>> RunGraph(const prepare::GraphDef& graph, const std::vector<std::string>& outputs,
                                     const Feeds& feeds, const SessionOptions& options,
                                     const std::string& name = "model");

// How far results are from those of the model as it was given.
struct RoadChange {
  double largest = 0;  // difference, of the largest value of its output
  double typical = 0;  // root of the mean square, likewise
  // Rows of scores whose best is the same; without rows, the model gives no scores. Those of made-up inputs are scores
  // where they are probabilities, those of pictures in any case.
  int64_t rows = 0;
  int64_t same_best = 0;

  double drop() const;  // share of the rows whose best differs; without scores the typical difference
  std::string Text(bool are_given) const;
};
Result<RoadChange> CompareRoad(const RoadRun& before, const RoadRun& after, bool are_given);

struct RoadState {
  prepare::GraphDef graph;
  std::string bytes;           // the file as it would be now
  std::string name = "model";  // in errors
  std::vector<prepare::FrozenTensor> inputs;
  std::vector<prepare::FrozenTensor> outputs;
  RoadSamples samples;
  RoadRun given;  // the model as it came
  SessionOptions session;
  double max_drop = 0.01;
  bool is_squeezed = false;     // `bytes` are a package whose weights are; `graph` has them as they were before
  prepare::PackMetadata about;  // what the file says of itself, but for samples

  std::vector<std::string> InputNames() const;
  std::vector<std::string> OutputNames() const;
};

// What switches between training and use gets its value for use, and is no input any more, unless it is one of `fed`.
// `notes` say which.
void SetSwitches(const std::vector<std::string>& fed, RoadState* state, std::vector<std::string>* notes);

// A step changes graph and bytes, or neither; what it gives are sentences about it. An error means that it was not
// taken, and is told.
struct RoadStep {
  std::string name;
  std::function<Result<std::vector<std::string>>(RoadState& state)> apply;
};

RoadStep OptimizeStep();
// Weights quantised as coarsely as `max_drop` allows, and coded.
RoadStep SqueezeStep();
// Products in 8 bits as far as `max_drop` allows, calibrated on every second sample, which must be the caller's.
RoadStep Int8Step();
// The file that ships, with what an app must know, a sample and checksums; weights that are not squeezed may lie in it
// as the kernels read them, too.
RoadStep PackStep(bool for_kernels);

// A step that was taken, or why not.
struct RoadStop {
  std::string step;
  size_t file_bytes = 0;
  size_t store_bytes = 0;  // deflated, as a store or server sends it
  size_t nodes = 0;
  double load_ms = 0;
  double run_ms = 0;
  size_t peak_bytes = 0;
  std::optional<RoadChange> change;  // none for the first
  std::vector<std::string> notes;
  std::string refused;
};

// An output that has no elements on any of the samples, such as the boxes where a detector finds nothing; empty if
// none. Nothing can be said of what a step does to it.
std::string NeverSeen(const RoadState& state);

// Takes the steps in their order; the first stop is the model as it was given, whose run is state.given.
Result<std::vector<RoadStop>> WalkRoad(const std::vector<RoadStep>& steps, RoadState& state);

}  // namespace rivulet::cli

#endif  // RIVULET_CLI_ROAD_H_
