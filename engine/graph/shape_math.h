// Axis, broadcast and padding arithmetic: the one place where it is done. Facts may have unknown dims; results then do.
#ifndef RIVULET_ENGINE_GRAPH_SHAPE_MATH_H_
#define RIVULET_ENGINE_GRAPH_SHAPE_MATH_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "rivulet/shape.h"
#include "rivulet/status.h"

namespace rivulet {

// `axis` in [-rank, rank) as an index in [0, rank).
Result<int> NormalizeAxis(int64_t axis, int rank);
// The same for [-(rank+1), rank+1), for ops that insert an axis.
Result<int> NormalizeInsertAxis(int64_t axis, int rank);
// One flag per axis of the input; an axis named twice is an error, as in TensorFlow's reductions.
Result<std::vector<bool>> NormalizeAxes(std::span<const int64_t> axes, int rank);

// NumPy broadcasting. Unknown against 1 or unknown stays unknown; against n > 1 it is n.
Result<Shape> BroadcastShapes(const Shape& a, const Shape& b);

// The same dims, each the better known one; an error when they contradict each other.
Result<Shape> MergeShapes(const Shape& a, const Shape& b);

enum class Padding { kValid, kSame, kExplicit };
Result<Padding> ParsePadding(std::string_view name);

// Output extent and padding of one spatial axis of a convolution or pool.
struct Window {
  int64_t output = 0;      // -1 when the input extent is unknown
  int64_t pad_before = 0;  // kSame puts the odd element after
  int64_t pad_after = 0;
};
// `filter`, `stride` and `dilation` must be positive. For kExplicit the pads are taken as given.
Result<Window> ComputeWindow(int64_t input, int64_t filter, int64_t stride, int64_t dilation, Padding padding,
                             int64_t pad_before = 0, int64_t pad_after = 0);

// Where the axes of a data_format string lie: "NHWC", "NCHW", "NDHWC", "NCDHW".
struct DataFormat {
  bool channels_last = true;
  int spatial_rank = 2;
  int channel_axis() const { return channels_last ? spatial_rank + 1 : 1; }
  int spatial_axis(int i) const { return channels_last ? i + 1 : i + 2; }
};
Result<DataFormat> ParseDataFormat(std::string_view name);

// Row-major strides in elements; shape complete.
std::vector<int64_t> RowMajorStrides(const Shape& shape);

}  // namespace rivulet

#endif  // RIVULET_ENGINE_GRAPH_SHAPE_MATH_H_
