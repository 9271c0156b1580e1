#include "engine/graph/shape_math.h"

#include <algorithm>

#include "engine/base/checked.h"
#include "engine/base/errors.h"

namespace rivulet {

Result<int> NormalizeAxis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) {
    return InvalidArgument("axis ", axis, " is not in [", -rank, ", ", rank, ") of an input of rank ", rank);
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

Result<int> NormalizeInsertAxis(int64_t axis, int rank) { return NormalizeAxis(axis, rank + 1); }

Result<std::vector<bool>> NormalizeAxes(std::span<const int64_t> axes, int rank) {
  std::vector<bool> chosen(static_cast<size_t>(rank), false);
  for (const int64_t axis : axes) {
    RIVULET_ASSIGN_OR_RETURN(const int index, NormalizeAxis(axis, rank));
    if (chosen[static_cast<size_t>(index)]) return InvalidArgument("axis ", axis, " is named twice, want each once");
    chosen[static_cast<size_t>(index)] = true;
  }
  return chosen;
}

Result<Shape> BroadcastShapes(const Shape& a, const Shape& b) {
  if (!a.has_rank() || !b.has_rank()) return Shape::UnknownRank();
  const int rank = std::max(a.rank(), b.rank());
  Shape out;
  for (int i = 0; i < rank; ++i) {
    const int ia = i - (rank - a.rank());
    const int ib = i - (rank - b.rank());
    const int64_t da = ia < 0 ? 1 : a[ia];
    const int64_t db = ib < 0 ? 1 : b[ib];
    int64_t dim = da;
    if (da == 1) {
      dim = db;
    } else if (db == 1) {
      dim = da;
    } else if (da < 0) {
      dim = db;
    } else if (db >= 0 && da != db) {
      return InvalidArgument("shapes ", a, " and ", b, " do not broadcast: ", da, " against ", db,
                             ", want equal dims or 1");
    }
    out.push_back(dim);
  }
  return out;
}

Result<Shape> MergeShapes(const Shape& a, const Shape& b) {
  if (!a.has_rank()) return b;
  if (!b.has_rank()) return a;
  if (a.rank() != b.rank()) {
    return InvalidArgument("shapes ", a, " and ", b, " have different ranks");
  }
  Shape out = a;
  for (int i = 0; i < a.rank(); ++i) {
    if (a[i] < 0) {
      out.set_dim(i, b[i]);
    } else if (b[i] >= 0 && a[i] != b[i]) {
      return InvalidArgument("shapes ", a, " and ", b, " differ in dim ", i, ", want one shape");
    }
  }
  return out;
}

Result<Padding> ParsePadding(std::string_view name) {
  if (name == "SAME") return Padding::kSame;
  if (name == "VALID") return Padding::kValid;
  if (name == "EXPLICIT") return Padding::kExplicit;
  return InvalidArgument("attr 'padding': want SAME, VALID or EXPLICIT, got ", Quoted(name));
}

Result<Window> ComputeWindow(int64_t input, int64_t filter, int64_t stride, int64_t dilation, Padding padding,
                             int64_t pad_before, int64_t pad_after) {
  Window window;
  if (stride <= 0) return InvalidArgument("stride: want > 0, got ", stride);
  if (dilation <= 0) return InvalidArgument("dilation: want > 0, got ", dilation);
  if (padding == Padding::kExplicit) {
    if (pad_before < 0 || pad_after < 0) {
      return InvalidArgument("explicit padding: want >= 0, got ", std::min(pad_before, pad_after));
    }
    window.pad_before = pad_before;
    window.pad_after = pad_after;
  }
  if (input < 0 || filter < 0) {
    // SAME needs no filter for the extent, only for the padding.
    window.output = input >= 0 && padding == Padding::kSame ? input / stride + (input % stride != 0 ? 1 : 0) : -1;
    return window;
  }
  const CheckedSize reach = CheckedSize(filter > 0 ? filter - 1 : 0) * dilation + 1;
  if (!reach.valid()) return InvalidArgument("a window of ", filter, " with dilation ", dilation, " is too large");
  const int64_t extent = filter > 0 ? reach.value() : 0;
  if (padding == Padding::kSame) {
    window.output = input / stride + (input % stride != 0 ? 1 : 0);
    if (window.output > 0) {
      const CheckedSize needed = CheckedSize(window.output - 1) * stride + extent;
      if (!needed.valid()) return InvalidArgument("a window of ", extent, " is too large");
      const int64_t pad = std::max<int64_t>(needed.value() - input, 0);
      window.pad_before = pad / 2;
      window.pad_after = pad - pad / 2;
    }
    return window;
  }
  const CheckedSize padded = CheckedSize(input) + window.pad_before + window.pad_after;
  if (!padded.valid()) return InvalidArgument("padding ", pad_before, " and ", pad_after, " is too large");
  // TensorFlow's rounding: a window that sticks out by less than a stride gives an empty output, not an error.
  const int64_t output = (padded.value() - extent + stride) / stride;
  if (output < 0) {
    return InvalidArgument("a window of ", extent, " is larger than the padded input of ", padded.value());
  }
  window.output = output;
  return window;
}

Result<DataFormat> ParseDataFormat(std::string_view name) {
  if (name == "NHWC") return DataFormat{true, 2};
  if (name == "NCHW") return DataFormat{false, 2};
  if (name == "NDHWC") return DataFormat{true, 3};
  if (name == "NCDHW") return DataFormat{false, 3};
  return InvalidArgument("attr 'data_format': want NHWC, NCHW, NDHWC or NCDHW, got ", Quoted(name));
}

std::vector<int64_t> RowMajorStrides(const Shape& shape) {
  std::vector<int64_t> strides(static_cast<size_t>(shape.rank()));
  int64_t stride = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides[static_cast<size_t>(i)] = stride;
    stride *= shape[i];
  }
  return strides;
}

}  // namespace rivulet
