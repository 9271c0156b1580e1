// How far activations of a rounded graph are from those of the float one.
#ifndef RIVULET_PREPARE_INT8_EDGE_NOISE_H_
#define RIVULET_PREPARE_INT8_EDGE_NOISE_H_

#include <string>
#include <vector>

#include "prepare/graph_def.h"
#include "rivulet/session.h"

namespace rivulet::prepare {

// For each edge, which both graphs have: the root of the mean square of the difference as a share of that of the
// floats, on some of the samples. What all roundings before the edge have added up to.
Result<std::vector<double>> EdgeNoise(const GraphDef& floats, const GraphDef& rounded,
                                      const std::vector<std::string>& edges, const std::vector<Feeds>& samples,
                                      int threads);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_EDGE_NOISE_H_
