// The windows of fractional pools.
#ifndef RIVULET_ENGINE_OPS_FRACTIONAL_POOL_H_
#define RIVULET_ENGINE_OPS_FRACTIONAL_POOL_H_

#include <algorithm>
#include <cstdint>

namespace rivulet {

struct FractionalWindow {
  int64_t begin;
  int64_t end;
};

// Window i, as [begin, end) of an axis of `extent`.
inline FractionalWindow WindowAt(const int64_t* starts, int64_t i, bool overlapping, int64_t extent) {
  return {starts[i], std::min(starts[i + 1] + (overlapping ? 1 : 0), extent)};
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_FRACTIONAL_POOL_H_
