// A float graph made ready for 8-bit arithmetic, by what its activations are on samples.
//
// The result is an ordinary TensorFlow graph of floats that lie on 8-bit codes:
//
//   x ─ Conv2D(w) ─ BiasAdd ─ Relu6 ─▶       becomes       x' ─ Conv2D(w') ─ BiasAdd' ─ Relu6 ─ FakeQuantWithMinMaxVars
//   ─▶
//
// x' is rounded in the same way, w' is constant codes of each output channel (weight_codes.h), and the bias makes up
// for what rounding did to the channel's mean. Who runs it node by node gets what an engine that computes in 8 bits
// gets, but for the rounding of one sum. Which nodes it is about: plan.h.
#ifndef RIVULET_PREPARE_INT8_CALIBRATE_H_
#define RIVULET_PREPARE_INT8_CALIBRATE_H_

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "prepare/graph_def.h"
#include "prepare/int8/float_study.h"
#include "prepare/int8/weight_codes.h"
#include "rivulet/session.h"

namespace rivulet::prepare {

struct Int8Options {
  std::vector<Feeds> samples;        // at least one
  std::vector<std::string> outputs;  // keep their names, and the values before they are rounded
  WeightForm weights = WeightForm::kCodes;
  std::set<std::string> stay_float;  // products
  bool equalize = true;
  bool make_up_errors = true;  // of a weight's rounding, by the weights behind it
  bool correct_biases = true;
  int threads = 1;
  std::function<void(std::string_view what, size_t done, size_t all)> progress;
};

struct Int8Range {
  std::string edge;
  float min = 0, max = 0;        // of the codes
  float least = 0, largest = 0;  // that was met
  double noise = 0;              // how far it is off, of its root mean square, before it is rounded (edge_noise.h)
};

struct Int8Model {
  GraphDef graph;
  std::vector<Int8Range> ranges;  // in the order of execution
  std::vector<std::string> products;
  std::vector<std::string> notes;  // sentences about what stays float
  // What changes on the samples: the share of top-1 answers, or the distance of other outputs. CalibrateWithin's.
  double drop = 0;
};

// Calls of functions should be inlined, and batch norms folded, before. INVALID_ARGUMENT where the graph does not run
// on the samples, or an activation is not finite; NOT_FOUND where nothing can be made 8-bit; FAILED_PRECONDITION where
// it is already.
Result<Int8Model> CalibrateInt8(const GraphDef& graph, const Int8Options& options);
// The graph without what stands in the way of 8 bits, and with channels of like sizes where the options say so.
Result<GraphDef> ReadyForInt8(const GraphDef& graph, const Int8Options& options);
// Of such a graph; `study` is of it and the same samples, and grows.
Result<Int8Model> CalibrateInt8(const GraphDef& graph, const Int8Options& options, FloatStudy& study);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_CALIBRATE_H_
