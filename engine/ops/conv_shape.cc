#include "engine/ops/conv_shape.h"

#include <algorithm>
#include <string>

namespace rivulet {
namespace {

// A list with one entry for each axis of the tensor, as depth, height, width; 1 on the other two axes.
Status ReadWindowList(std::string_view what, std::span<const int64_t> list, const WindowSpec& spec,
                      std::array<int64_t, 3>* out) {
  if (list.size() != static_cast<size_t>(spec.rank())) {
    return InvalidArgument("attr '", what, "': want ", spec.rank(), " entries, got ",
                           static_cast<int64_t>(list.size()));
  }
  const DataFormat format = spec.format();
  if (list[0] != 1 || list[static_cast<size_t>(format.channel_axis())] != 1) {
    return Unimplemented("attr '", what, "': want 1 for the batch and the channels, got ", list[0], " and ",
                         list[static_cast<size_t>(format.channel_axis())]);
  }
  for (int i = 0; i < spec.spatial_rank; ++i) {
    const int64_t value = list[static_cast<size_t>(format.spatial_axis(i))];
    if (value < 1 || value > kMaxExtent) {
      return InvalidArgument("attr '", what, "': want [1, ", kMaxExtent, "], got ", value);
    }
    (*out)[static_cast<size_t>(i + 3 - spec.spatial_rank)] = value;
  }
  return Status();
}

// The dim of a shape that may have no rank.
int64_t DimOf(const Shape& shape, int axis) { return shape.has_rank() ? shape[axis] : Shape::kUnknownDim; }

Status CheckExtents(std::string_view what, const Shape& shape) {
  for (const int64_t dim : shape.dims()) {
    if (dim > kMaxExtent) return InvalidArgument(what, " of shape ", shape, ": want dims <= ", kMaxExtent);
  }
  return Status();
}

Status SetInput(const WindowSpec& spec, const Shape& input, ConvSizes* sizes) {
  if (input.has_rank() && input.rank() != spec.rank()) {
    return InvalidArgument("input: want rank ", spec.rank(), ", got shape ", input);
  }
  RIVULET_RETURN_IF_ERROR(CheckExtents("input", input));
  sizes->batch = DimOf(input, 0);
  sizes->in_c = DimOf(input, spec.format().channel_axis());
  for (int i = 0; i < spec.spatial_rank; ++i) {
    sizes->in[static_cast<size_t>(i + 3 - spec.spatial_rank)] = DimOf(input, spec.format().spatial_axis(i));
  }
  return Status();
}

// From in, k and spec: out, pad, stride, dilation.
Status SetWindows(const WindowSpec& spec, ConvSizes* sizes) {
  sizes->stride = spec.stride;
  sizes->dilation = spec.dilation;
  for (size_t i = static_cast<size_t>(3 - spec.spatial_rank); i < 3; ++i) {
    RIVULET_ASSIGN_OR_RETURN(const Window window,
                             ComputeWindow(sizes->in[i], sizes->k[i], spec.stride[i], spec.dilation[i], spec.padding,
                                           spec.pad_before[i], spec.pad_after[i]));
    sizes->out[i] = window.output;
    sizes->pad[i] = window.pad_before;
  }
  return Status();
}

Shape MakeShape(const WindowSpec& spec, int64_t batch, const std::array<int64_t, 3>& spatial, int64_t channels) {
  Shape shape;
  shape.push_back(batch);
  if (!spec.channels_last) shape.push_back(channels);
  for (size_t i = static_cast<size_t>(3 - spec.spatial_rank); i < 3; ++i) shape.push_back(spatial[i]);
  if (spec.channels_last) shape.push_back(channels);
  return shape;
}

}  // namespace

Status SetStrides(std::span<const int64_t> strides, WindowSpec* spec) {
  return ReadWindowList("strides", strides, *spec, &spec->stride);
}

Status SetDilations(std::span<const int64_t> dilations, WindowSpec* spec, std::string_view name) {
  if (dilations.empty()) return Status();
  return ReadWindowList(name, dilations, *spec, &spec->dilation);
}

Status SetPadding(std::string_view padding, std::span<const int64_t> explicit_paddings, WindowSpec* spec,
                  std::string_view name) {
  RIVULET_ASSIGN_OR_RETURN(spec->padding, ParsePadding(padding));
  if (spec->padding != Padding::kExplicit) {
    if (!explicit_paddings.empty()) {
      return InvalidArgument("attr '", name, "': want an empty list with padding ", padding, ", got ",
                             static_cast<int64_t>(explicit_paddings.size()), " numbers");
    }
    return Status();
  }
  if (explicit_paddings.size() != 2 * static_cast<size_t>(spec->rank())) {
    return InvalidArgument("attr '", name, "': want ", 2 * spec->rank(), " entries, got ",
                           static_cast<int64_t>(explicit_paddings.size()));
  }
  for (const int64_t pad : explicit_paddings) {
    if (pad < 0 || pad > kMaxExtent) {
      return InvalidArgument("attr '", name, "': want [0, ", kMaxExtent, "], got ", pad);
    }
  }
  const DataFormat format = spec->format();
  const auto channel = 2 * static_cast<size_t>(format.channel_axis());
  if (explicit_paddings[0] != 0 || explicit_paddings[1] != 0 || explicit_paddings[channel] != 0 ||
      explicit_paddings[channel + 1] != 0) {
    return InvalidArgument("attr '", name, "': want 0 for the batch and the channels");
  }
  for (int i = 0; i < spec->spatial_rank; ++i) {
    const auto axis = 2 * static_cast<size_t>(format.spatial_axis(i));
    const auto to = static_cast<size_t>(i + 3 - spec->spatial_rank);
    spec->pad_before[to] = explicit_paddings[axis];
    spec->pad_after[to] = explicit_paddings[axis + 1];
  }
  return Status();
}

Result<WindowSpec> ParseWindowSpec(const AttrReader& attrs, int spatial_rank) {
  WindowSpec spec;
  spec.spatial_rank = spatial_rank;
  const std::string data_format = attrs.Str("data_format");
  if (!data_format.empty()) {
    RIVULET_ASSIGN_OR_RETURN(const DataFormat format, ParseDataFormat(data_format));
    if (format.spatial_rank != spatial_rank) {
      return InvalidArgument("attr 'data_format': want ", spatial_rank == 2 ? "NHWC or NCHW" : "NDHWC or NCDHW",
                             ", got ", Quoted(data_format));
    }
    spec.channels_last = format.channels_last;
  }
  RIVULET_RETURN_IF_ERROR(SetStrides(attrs.Ints("strides"), &spec));
  RIVULET_RETURN_IF_ERROR(SetDilations(attrs.Ints("dilations"), &spec));
  RIVULET_RETURN_IF_ERROR(SetPadding(attrs.Str("padding"), attrs.Ints("explicit_paddings"), &spec));
  return spec;
}

Result<ConvSizes> ComputeConvSizes(const WindowSpec& spec, const Shape& input, const Shape& filter, FilterKind kind) {
  ConvSizes sizes;
  RIVULET_RETURN_IF_ERROR(SetInput(spec, input, &sizes));
  if (filter.has_rank() && filter.rank() != spec.rank()) {
    return InvalidArgument("filter: want rank ", spec.rank(), ", got shape ", filter);
  }
  RIVULET_RETURN_IF_ERROR(CheckExtents("filter", filter));
  for (int i = 0; i < spec.spatial_rank; ++i) {
    sizes.k[static_cast<size_t>(i + 3 - spec.spatial_rank)] = DimOf(filter, i);
  }
  const int64_t filter_in = DimOf(filter, spec.spatial_rank);
  const int64_t filter_out = DimOf(filter, spec.spatial_rank + 1);
  if (kind == FilterKind::kDepthwise) {
    if (filter_in >= 0 && sizes.in_c >= 0 && filter_in != sizes.in_c) {
      return InvalidArgument("input: want the filter's ", filter_in, " channels, got ", sizes.in_c);
    }
    if (sizes.in_c < 0) sizes.in_c = filter_in;
    sizes.groups = sizes.in_c;
    // At most 2^62, since both factors are below 2^31.
    sizes.out_c = sizes.in_c < 0 || filter_out < 0 ? -1 : sizes.in_c * filter_out;
  } else {
    for (size_t i = 0; i < 3; ++i) {
      if (sizes.k[i] == 0) return InvalidArgument("a filter of shape ", filter, ": want no dim of 0");
    }
    if (filter_in == 0) return InvalidArgument("a filter for 0 channels: want at least 1");
    sizes.out_c = filter_out;
    sizes.groups = -1;
    if (filter_in > 0 && sizes.in_c >= 0) {
      if (sizes.in_c % filter_in != 0 || sizes.in_c == 0) {
        return InvalidArgument("input: want a multiple of the filter's ", filter_in, " channels, got ", sizes.in_c);
      }
      sizes.groups = sizes.in_c / filter_in;
      if (filter_out >= 0 && filter_out % sizes.groups != 0) {
        return InvalidArgument("filter: want output channels that ", sizes.groups, " groups can share, got ",
                               filter_out);
      }
    }
  }
  RIVULET_RETURN_IF_ERROR(SetWindows(spec, &sizes));
  return sizes;
}

void CenterVolumes(const WindowSpec& spec, ConvSizes* sizes) {
  if (spec.spatial_rank != 3 || spec.padding != Padding::kSame) return;
  for (size_t i = 0; i < 3; ++i) {
    const int64_t reach = (sizes->out[i] - 1) * sizes->stride[i] + (sizes->k[i] - 1) * sizes->dilation[i] + 1;
    if (reach < sizes->in[i]) sizes->pad[i] = (reach - sizes->in[i]) / 2;
  }
}

Result<ConvSizes> ComputePoolSizes(const WindowSpec& spec, const std::array<int64_t, 3>& ksize, const Shape& input) {
  ConvSizes sizes;
  RIVULET_RETURN_IF_ERROR(SetInput(spec, input, &sizes));
  sizes.k = ksize;
  sizes.out_c = sizes.in_c;
  RIVULET_RETURN_IF_ERROR(SetWindows(spec, &sizes));
  return sizes;
}

Shape OutputShape(const WindowSpec& spec, const ConvSizes& sizes) {
  return MakeShape(spec, sizes.batch, sizes.out, sizes.out_c);
}

Shape InputShape(const WindowSpec& spec, const ConvSizes& sizes) {
  return MakeShape(spec, sizes.batch, sizes.in, sizes.in_c);
}

ConvGeometry ToConvGeometry(const ConvSizes& sizes) {
  ConvGeometry g;
  g.batch = sizes.batch;
  g.in_h = sizes.in[1];
  g.in_w = sizes.in[2];
  g.in_c = sizes.in_c;
  g.out_h = sizes.out[1];
  g.out_w = sizes.out[2];
  g.out_c = sizes.out_c;
  g.k_h = sizes.k[1];
  g.k_w = sizes.k[2];
  g.stride_h = sizes.stride[1];
  g.stride_w = sizes.stride[2];
  g.dilation_h = sizes.dilation[1];
  g.dilation_w = sizes.dilation[2];
  g.pad_top = sizes.pad[1];
  g.pad_left = sizes.pad[2];
  g.groups = sizes.groups;
  return g;
}

DepthwiseGeometry ToDepthwiseGeometry(const ConvSizes& sizes) {
  DepthwiseGeometry g;
  g.batch = sizes.batch;
  g.in_h = sizes.in[1];
  g.in_w = sizes.in[2];
  g.in_c = sizes.in_c;
  g.out_h = sizes.out[1];
  g.out_w = sizes.out[2];
  g.multiplier = sizes.in_c > 0 ? sizes.out_c / sizes.in_c : 0;
  g.k_h = sizes.k[1];
  g.k_w = sizes.k[2];
  g.stride_h = sizes.stride[1];
  g.stride_w = sizes.stride[2];
  g.dilation_h = sizes.dilation[1];
  g.dilation_w = sizes.dilation[2];
  g.pad_top = sizes.pad[1];
  g.pad_left = sizes.pad[2];
  return g;
}

PoolGeometry ToPoolGeometry(const ConvSizes& sizes) {
  PoolGeometry g;
  g.batch = sizes.batch;
  g.in_h = sizes.in[1];
  g.in_w = sizes.in[2];
  g.channels = sizes.in_c;
  g.out_h = sizes.out[1];
  g.out_w = sizes.out[2];
  g.k_h = sizes.k[1];
  g.k_w = sizes.k[2];
  g.stride_h = sizes.stride[1];
  g.stride_w = sizes.stride[2];
  g.pad_top = sizes.pad[1];
  g.pad_left = sizes.pad[2];
  return g;
}

}  // namespace rivulet
