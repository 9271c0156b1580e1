// 8 bits for as much of a graph as the answers allow.
#ifndef RIVULET_PREPARE_INT8_CALIBRATE_WITHIN_H_
#define RIVULET_PREPARE_INT8_CALIBRATE_WITHIN_H_

#include "prepare/int8/calibrate.h"

namespace rivulet::prepare {

// CalibrateInt8; where more than `max_drop` changes on the samples (the share of top-1 answers, or the distance of
// other outputs), the products that change most of it, each alone in 8 bits, stay float: as few as it takes. A note
// says how many, and what is still missing when one alone in 8 bits is too much.
Result<Int8Model> CalibrateWithin(const GraphDef& graph, const Int8Options& options, double max_drop);

// "most are off by 3 %; worst: 'a' 12 %, 'b' 9 %", of the activations that are rounded; empty for none.
std::string WorstEdges(const Int8Model& model);

// Every second sample to calibrate on, the others to tell how well the answers agree; a single one for both.
struct CalibrationSplit {
  std::vector<Feeds> calibration, others;
  bool is_held_out = true;
};
CalibrationSplit SplitSamples(const std::vector<Feeds>& samples);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_CALIBRATE_WITHIN_H_
