// Chains of convolutions whose intermediates would leave the caches: they run together (ops/conv_bands.h).
#ifndef RIVULET_ENGINE_RUN_BANDS_H_
#define RIVULET_ENGINE_RUN_BANDS_H_

#include <cstdint>
#include <vector>

#include "engine/base/built.h"
#include "engine/run/plan.h"

namespace rivulet {

// Whether a build has convolutions at all.
inline constexpr bool kHasBands = IsBuilt("Conv2D") || IsBuilt("_FusedConv2D") || IsBuilt("DepthwiseConv2dNative") ||
                                  IsBuilt("_FusedDepthwiseConv2dNative");

// Finds them among the steps of a plan without branches, and says so in Step::chain; what lies between their steps gets
// no memory (Slot::Kind::kBands). `last_read`: by slot, the last step that reads it, or the number of steps where a
// fetch does. `owner`: by slot, the one whose memory it is, or is a part of.
void FindBands(const std::vector<int32_t>& last_read, const std::vector<int32_t>& owner, int threads, Plan& plan);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_RUN_BANDS_H_
