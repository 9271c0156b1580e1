// Where the places of a crop lie in its image, along one axis.
#ifndef RIVULET_ENGINE_OPS_CROP_AXIS_H_
#define RIVULET_ENGINE_OPS_CROP_AXIS_H_

#include <cmath>
#include <cstdint>

namespace rivulet {

// A box's borders `from` and `to` are 0 at the first and 1 at the last of `in` pixels; `count` places are spread
// between them, a single one lies in the middle.
struct CropAxis {
  CropAxis(float from, float to, int64_t in, int64_t count) : last(static_cast<float>(in - 1)) {
    if (count > 1) {
      step = (to - from) * last / static_cast<float>(count - 1);
      start = from * last;
    } else {
      start = static_cast<float>(0.5 * static_cast<double>(from + to) * static_cast<double>(last));
    }
  }
  float At(int64_t i) const { return start + static_cast<float>(i) * step; }
  bool Inside(float at) const { return at >= 0 && at <= last; }  // false for NaN

  float last;
  float start = 0;
  float step = 0;
};

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_CROP_AXIS_H_
