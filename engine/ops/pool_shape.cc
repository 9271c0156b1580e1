#include "engine/ops/pool_shape.h"

#include <string>
#include <vector>

namespace rivulet {

Result<PoolSpec> MakePoolSpec(std::span<const int64_t> ksize, std::span<const int64_t> strides,
                              std::string_view padding, std::span<const int64_t> explicit_paddings,
                              std::string_view data_format, int spatial_rank, bool allow_depth) {
  PoolSpec spec;
  spec.window.spatial_rank = spatial_rank;
  RIVULET_ASSIGN_OR_RETURN(const DataFormat format, ParseDataFormat(data_format));
  if (format.spatial_rank != spatial_rank) {
    return InvalidArgument("attr 'data_format': want ", spatial_rank == 2 ? "NHWC or NCHW" : "NDHWC or NCDHW", ", got ",
                           Quoted(data_format));
  }
  spec.window.channels_last = format.channels_last;
  const auto rank = static_cast<size_t>(spec.window.rank());
  if (ksize.size() != rank || strides.size() != rank) {
    return InvalidArgument("ksize and strides: want ", static_cast<int64_t>(rank), " entries, got ",
                           static_cast<int64_t>(ksize.size()), " and ", static_cast<int64_t>(strides.size()));
  }
  for (const int64_t size : ksize) {
    if (size < 1 || size > kMaxExtent) return InvalidArgument("ksize: want [1, ", kMaxExtent, "], got ", size);
  }
  if (ksize[0] != 1) return Unimplemented("ksize: want 1 for the batch, got ", ksize[0]);
  const auto channel = static_cast<size_t>(format.channel_axis());
  std::vector<int64_t> spatial_strides(strides.begin(), strides.end());
  spec.depth_window = ksize[channel];
  if (spec.depth_window == 1) {
    if (strides[channel] < 1) return InvalidArgument("strides: want > 0 for the channels, got ", strides[channel]);
    spatial_strides[channel] = 1;  // windows of one channel are one at every channel, as in TensorFlow
  } else {
    if (!allow_depth) return Unimplemented("ksize: want 1 for the channels, got ", ksize[channel]);
    if (strides[channel] != ksize[channel]) {
      return Unimplemented("pooling over channels: want a stride of ksize = ", ksize[channel], ", got ",
                           strides[channel]);
    }
    spatial_strides[channel] = 1;
  }
  RIVULET_RETURN_IF_ERROR(SetStrides(spatial_strides, &spec.window));
  RIVULET_RETURN_IF_ERROR(SetPadding(padding, explicit_paddings, &spec.window));
  for (int i = 0; i < spatial_rank; ++i) {
    const auto to = static_cast<size_t>(i + 3 - spatial_rank);
    spec.ksize[to] = ksize[static_cast<size_t>(format.spatial_axis(i))];
    if (spec.window.pad_before[to] >= spec.ksize[to] || spec.window.pad_after[to] >= spec.ksize[to]) {
      return InvalidArgument("explicit paddings ", spec.window.pad_before[to], " and ", spec.window.pad_after[to],
                             ": want them smaller than the window, ", spec.ksize[to]);
    }
    if (spec.depth_window != 1 && spec.ksize[to] != 1) {
      return Unimplemented("pooling over channels and over ", spec.ksize[to], " pixels at once");
    }
  }
  return spec;
}

Result<PoolSpec> ParsePoolSpec(const AttrReader& attrs, int spatial_rank, bool allow_depth) {
  const std::string data_format = attrs.Str("data_format");
  return MakePoolSpec(attrs.Ints("ksize"), attrs.Ints("strides"), attrs.Str("padding"), attrs.Ints("explicit_paddings"),
                      data_format.empty() ? (spatial_rank == 2 ? "NHWC" : "NDHWC") : data_format, spatial_rank,
                      allow_depth);
}

Result<ConvSizes> PoolSizesOf(const PoolSpec& spec, const Shape& input) {
  RIVULET_ASSIGN_OR_RETURN(ConvSizes sizes, ComputePoolSizes(spec.window, spec.ksize, input));
  if (spec.depth_window != 1 && sizes.in_c >= 0) {
    if (sizes.in_c % spec.depth_window != 0) {
      return Unimplemented("pooling over ", spec.depth_window, " channels of ", sizes.in_c,
                           ": want a multiple of the window");
    }
    sizes.out_c = sizes.in_c / spec.depth_window;
  }
  return sizes;
}

}  // namespace rivulet
