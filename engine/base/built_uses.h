// How the models that an engine was narrowed to use what it has: forms of operators that cost much code and that they
// may do without. docs/narrow_builds.md
#ifndef RIVULET_ENGINE_BASE_BUILT_USES_H_
#define RIVULET_ENGINE_BASE_BUILT_USES_H_

#include <cstdint>

#include "engine/base/built.h"

namespace rivulet {

struct BuiltUses {
  // Without these other models get an error.
  bool integer_convolutions;
  bool fused_activations;  // by name in fused_ops; Relu, Relu6 and LeakyRelu are always there
  // Without these other models take a slower way.
  bool winograd;      // dense filters of several pixels that move by one along x or y
  bool groups;        // dense filters that see a part of the channels each
  bool few_channels;  // dense filters from one or three channels: planes of them
  bool few_outputs;   // dense filters that make at most four channels: dots
  // If all depthwise filters are 3x3, not dilated, moved by at most two pixels and one a channel: the least number of
  // channels. Else 0.
  int64_t depthwise3x3_channels;
};

#ifdef RIVULET_BUILT
inline constexpr BuiltUses kUses = RIVULET_BUILT_USES;
#else
inline constexpr BuiltUses kUses = {true, true, true, true, true, true, 0};
#endif

}  // namespace rivulet

#endif  // RIVULET_ENGINE_BASE_BUILT_USES_H_
