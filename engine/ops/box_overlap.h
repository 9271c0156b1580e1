// How much two boxes overlap.
#ifndef RIVULET_ENGINE_OPS_BOX_OVERLAP_H_
#define RIVULET_ENGINE_OPS_BOX_OVERLAP_H_

#include <algorithm>

namespace rivulet {

// The area of the intersection over that of the union, of boxes given by two opposite corners (y, x, y, x) in any
// order. 0 where a box has no area.
template <typename T>
float BoxOverlap(const T* a, const T* b) {
  struct Box {
    float top, left, bottom, right;
    explicit Box(const T* corners) {
      const auto y0 = static_cast<float>(corners[0]), x0 = static_cast<float>(corners[1]);
      const auto y1 = static_cast<float>(corners[2]), x1 = static_cast<float>(corners[3]);
      top = std::min(y0, y1);
      left = std::min(x0, x1);
      bottom = std::max(y0, y1);
      right = std::max(x0, x1);
    }
    float Area() const { return (bottom - top) * (right - left); }
  };
  const Box p(a), q(b);
  const float area_p = p.Area(), area_q = q.Area();
  if (area_p <= 0 || area_q <= 0) return 0;
  const float height = std::max(std::min(p.bottom, q.bottom) - std::max(p.top, q.top), 0.0f);
  const float width = std::max(std::min(p.right, q.right) - std::max(p.left, q.left), 0.0f);
  const float shared = height * width;
  return shared / (area_p + area_q - shared);
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_BOX_OVERLAP_H_
