#include "prepare/windows.h"

#include "engine/base/errors.h"
#include "prepare/graph_edit.h"

namespace rivulet::prepare {

Status CheckWindows(const NodeDef& conv, const Shape& in, const Facts& facts) {
  const std::vector<int64_t> strides = IntsAttr(conv, "strides");
  if (strides.size() != 4) return InvalidArgument("its strides are not four");
  const Shape& out = facts.ShapeOf(conv.name);
  const Shape& filter = facts.ShapeOf(conv.inputs[1]);
  for (int axis = 1; axis < 3; ++axis) {
    const int64_t stride = strides[static_cast<size_t>(axis)];
    if (stride == 1) continue;
    if (in.rank() != 4 || out.rank() != 4 || filter.rank() != 4 || in[axis] < 0 || out[axis] < 0 ||
        filter[axis - 1] < 0) {
      return InvalidArgument("it has strides, and its sizes are not known");
    }
    const int64_t covered = (out[axis] - 1) * stride + filter[axis - 1];
    const int64_t rest = in[axis] - covered - (StringAttr(conv, "padding", "") == "VALID" ? 1 : 0);
    if (rest > 1) return InvalidArgument("its strides leave ", rest, " rows or columns over");
  }
  return Status();
}

}  // namespace rivulet::prepare
