#include "engine/ops/shape_input.h"

namespace rivulet {

Result<Shape> ShapeFromInput(const InferContext& c, int i) {
  RIVULET_RETURN_IF_ERROR(c.WantRank(i, 1));
  if (!c.known(i)) {
    if (!c.shape(i).complete()) return Shape::UnknownRank();
    if (c.shape(i)[0] > Shape::kMaxRank)
      return InvalidArgument("input ", i, ": a shape of ", c.shape(i)[0], " dims, want at most ", Shape::kMaxRank);
    return Shape::OfUnknownDims(static_cast<int>(c.shape(i)[0]));
  }
  const std::vector<int64_t> dims = c.ints(i);
  if (dims.size() > Shape::kMaxRank) {
    return InvalidArgument("input ", i, ": a shape of ", static_cast<int64_t>(dims.size()), " dims, want at most ",
                           Shape::kMaxRank);
  }
  for (const int64_t dim : dims) {
    if (dim < 0) return InvalidArgument("input ", i, ": want dims >= 0, got ", dim);
  }
  Shape shape{std::span<const int64_t>(dims)};
  if (shape.num_elements() < 0)
    return InvalidArgument("input ", i, ": the shape ", shape, " has more than 2^63 elements");
  return shape;
}

}  // namespace rivulet
