// What products read, made bytes and floats again: what 8 bits lose, seen in a graph that computes in floats.
#ifndef RIVULET_PREPARE_QUANTIZE_ROUND_TRIPS_H_
#define RIVULET_PREPARE_QUANTIZE_ROUND_TRIPS_H_

#include "prepare/graph_def.h"

namespace rivulet::prepare {

// Each float value that a Conv2D, BiasAdd or MatMul reads goes through QuantizeV2 and Dequantize (quint8, MIN_FIRST)
// with the range that it has in that run. The Dequantize takes the node's name, the node is called NAME_original; a
// placeholder keeps its name, and all who read it read NAME_dequantize. Only first outputs of nodes are treated.
// Returns how many values. A name that is taken is an error.
Result<size_t> QuantizeRoundTrips(GraphDef& graph);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_QUANTIZE_ROUND_TRIPS_H_
