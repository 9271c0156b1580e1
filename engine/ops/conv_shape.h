// Shapes of the convolution and pooling operators: attributes, window arithmetic, and the sizes that loops run over.
//
// Everything is seen with three spatial axes, depth, height and width; two-dimensional operators have depth 1.
#ifndef RIVULET_ENGINE_OPS_CONV_SHAPE_H_
#define RIVULET_ENGINE_OPS_CONV_SHAPE_H_

#include <array>
#include <cstdint>
#include <span>

#include "engine/graph/shape_math.h"
#include "engine/kernels/conv.h"
#include "engine/kernels/depthwise.h"
#include "engine/kernels/pool.h"
#include "engine/ops/op.h"

namespace rivulet {

// No extent, stride, dilation or pad may be larger; sums and products of two of them fit 64 bits with room to spare.
inline constexpr int64_t kMaxExtent = 0x7fffffff;

// What the attributes say. Index 0 is depth.
struct WindowSpec {
  int spatial_rank = 2;
  bool channels_last = true;
  Padding padding = Padding::kValid;
  std::array<int64_t, 3> stride = {1, 1, 1};
  std::array<int64_t, 3> dilation = {1, 1, 1};
  std::array<int64_t, 3> pad_before = {0, 0, 0};  // of kExplicit
  std::array<int64_t, 3> pad_after = {0, 0, 0};

  int rank() const { return spatial_rank + 2; }
  DataFormat format() const { return {channels_last, spatial_rank}; }
};

// From attributes data_format, padding, explicit_paddings and dilations (each where the operator has it) and strides.
// Strides and dilations of the batch and channels must be 1, their paddings 0.
Result<WindowSpec> ParseWindowSpec(const AttrReader& attrs, int spatial_rank);

// The lists that ParseWindowSpec reads, from elsewhere. An empty `dilations` stands for ones.
Status SetStrides(std::span<const int64_t> strides, WindowSpec* spec);
// `name`: of the attribute that they are from.
Status SetDilations(std::span<const int64_t> dilations, WindowSpec* spec, std::string_view name = "dilations");
// `name`: of the attribute that the explicit paddings are from.
Status SetPadding(std::string_view padding, std::span<const int64_t> explicit_paddings, WindowSpec* spec,
                  std::string_view name = "explicit_paddings");

// The sizes of one convolution or pool; -1 where not known yet.
struct ConvSizes {
  int64_t batch = 0;
  int64_t in_c = 0;
  int64_t out_c = 0;
  int64_t groups = 1;
  std::array<int64_t, 3> in = {1, 1, 1};
  std::array<int64_t, 3> out = {1, 1, 1};
  std::array<int64_t, 3> k = {1, 1, 1};
  std::array<int64_t, 3> stride = {1, 1, 1};
  std::array<int64_t, 3> dilation = {1, 1, 1};
  std::array<int64_t, 3> pad = {0, 0, 0};  // before

  int64_t group_in() const { return groups > 0 ? in_c / groups : 0; }
  int64_t group_out() const { return groups > 0 ? out_c / groups : 0; }
  int64_t taps() const { return k[0] * k[1] * k[2]; }
  int64_t out_pixels() const { return out[0] * out[1] * out[2]; }  // of one image
  int64_t in_pixels() const { return in[0] * in[1] * in[2]; }
};

enum class FilterKind : uint8_t {
  kDense,      // [spatial.., in_c / groups, out_c]
  kDepthwise,  // [spatial.., in_c, multiplier]: groups = in_c, and the same memory as [spatial.., 1, in_c * multiplier]
};

// The sizes for an input and a filter of these shapes, which may be partly unknown, with every check.
Result<ConvSizes> ComputeConvSizes(const WindowSpec& spec, const Shape& input, const Shape& filter, FilterKind kind);

// The sizes of a pool with windows `ksize` (depth, height, width); in_c = out_c.
// The pads of TensorFlow's forward kernels in three dimensions: with SAME, strides that leave pixels over have the
// windows in the middle of them, which makes pads negative. (In two dimensions, and in gradients, they begin at the
// first pixel.)
void CenterVolumes(const WindowSpec& spec, ConvSizes* sizes);
Result<ConvSizes> ComputePoolSizes(const WindowSpec& spec, const std::array<int64_t, 3>& ksize, const Shape& input);

// [batch, out.., out_c] and [batch, in.., in_c] in the layout of `spec`.
Shape OutputShape(const WindowSpec& spec, const ConvSizes& sizes);
Shape InputShape(const WindowSpec& spec, const ConvSizes& sizes);

// Two-dimensional sizes as the kernels take them.
ConvGeometry ToConvGeometry(const ConvSizes& sizes);
DepthwiseGeometry ToDepthwiseGeometry(const ConvSizes& sizes);
PoolGeometry ToPoolGeometry(const ConvSizes& sizes);

// First and one past the last index i of [0, count) with 0 <= start + i * step < size; step >= 1. Empty: {0, 0}.
struct TapRange {
  int64_t begin;
  int64_t end;
};
inline TapRange TapsInside(int64_t start, int64_t step, int64_t count, int64_t size) {
  const int64_t begin = start < 0 ? (-start + step - 1) / step : 0;
  const int64_t end = start < size ? (size - start + step - 1) / step : 0;
  const int64_t last = end < count ? end : count;
  return begin < last ? TapRange{begin, last} : TapRange{0, 0};
}

}  // namespace rivulet

#endif  // RIVULET_ENGINE_OPS_CONV_SHAPE_H_
