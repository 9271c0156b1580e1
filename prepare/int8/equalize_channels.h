// Channels of an activation brought to like sizes, before one range has to do for all of them.
//
//   a[c] = Relu(w1 x + b1)[c],  y = w2 a      becomes      a'[c] = Relu(s[c] (w1 x + b1)[c]),  y = (w2[c] / s[c]) a'
//
// which is the same function for s > 0. Where the activation is Relu6, only channels that stay below 6 on the samples
// grow, and no further than to 6: there the function changes beyond what the samples reach, as it does at the end of a
// range of codes. A depthwise filter has its own steps for each channel, so what goes into one has all channels as
// large as the largest. Otherwise s[c] makes the least of two errors: the activation's, which the weights behind it
// make larger, and those weights', whose columns have a step each:
//
//   (R / s[c])² Σ w2[c]²  +  K Σ_o C[o]² · s[c]² E[a[c]²]     R: range of a, C: of columns of w2, K: places in the
//   window
#ifndef RIVULET_PREPARE_INT8_EQUALIZE_CHANNELS_H_
#define RIVULET_PREPARE_INT8_EQUALIZE_CHANNELS_H_

#include <functional>
#include <vector>

#include "prepare/graph_def.h"
#include "rivulet/session.h"

namespace rivulet::prepare {

// Of products in NHWC whose results go to nothing but such products, perhaps through pools and paddings. Gives the
// number of activations that were changed.
Result<size_t> EqualizeChannels(GraphDef& graph, const std::vector<Feeds>& samples,
                                const std::vector<std::string>& outputs, int threads,
                                const std::function<void(size_t done, size_t all)>& progress);

}  // namespace rivulet::prepare

#endif  // RIVULET_PREPARE_INT8_EQUALIZE_CHANNELS_H_
