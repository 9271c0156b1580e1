// Planes whose rows become columns. Internal to engine/kernels; see transpose.h.
#ifndef RIVULET_ENGINE_KERNELS_TURN_PLANES_H_
#define RIVULET_ENGINE_KERNELS_TURN_PLANES_H_

#include <cstddef>
#include <cstdint>

namespace rivulet {

// `count` planes of out[r * out_stride + c] = in[c * in_stride + r], each so many elements behind the one before.
struct Planes {
  int64_t rows;
  int64_t columns;
  int64_t in_stride;
  int64_t out_stride;
  int64_t count = 1;
  int64_t in_step = 0;
  int64_t out_step = 0;
};

using TurnFunction = void (*)(const void* in, void* out, const Planes& planes);

// Of elements of 1, 2, 4, 8 or 16 bytes.
TurnFunction TurnFor(size_t element_bytes);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_KERNELS_TURN_PLANES_H_
