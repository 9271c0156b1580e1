// What 8 bits do to the mean of each channel of a product, made up for in its bias.
#ifndef RIVULET_PREPARE_INT8_BIAS_CORRECTION_H_
#define RIVULET_PREPARE_INT8_BIAS_CORRECTION_H_

#include <functional>
#include <string>
#include <vector>

#include "prepare/graph_def.h"
#include "rivulet/session.h"

namespace rivulet::prepare {

// Where the sum of a product and its bias is: an edge that the float graph and the rounded one have alike.
struct BiasedSum {
  std::string edge;
  std::string bias;  // a Const of the rounded graph that nothing else reads: one float a channel
  bool channels_first = false;
};

// Adds to each bias what it takes for the sum to have the mean in `rounded`, by channel, over all places and samples,
// that it has in `graph`. In the order given, which must be that of execution: each sum is looked at behind the ones
// that are mended, so that it makes up for what they could not, too. Errors of one sign, which are what a deep network
// multiplies most, stay where they came from; the graph up to each sum is run once more for that.
Status MatchMeans(const GraphDef& graph, const std::vector<BiasedSum>& sums, const std::vector<Feeds>& samples,
                  int threads, const std::function<void(size_t done, size_t all)>& progress, GraphDef& rounded);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_BIAS_CORRECTION_H_
