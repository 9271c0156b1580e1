#include "engine/ops/uniform_conv_shape.h"

#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "engine/base/wire.h"
#include "engine/ops/conv_shape.h"

namespace rivulet {
namespace {

// The nine fields, by their numbers.
struct DimensionNumbers {
  std::array<int64_t, 10> single = {};
  std::array<std::vector<int64_t>, 10> spatial;
};

constexpr bool IsSpatial(uint32_t field) { return field == 3 || field == 6 || field == 9; }

Result<DimensionNumbers> ReadNumbers(std::string_view bytes) {
  DimensionNumbers numbers;
  WireCursor cursor({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, 0);
  while (cursor.Next()) {
    const uint32_t field = cursor.field();
    if (field > 9) {
      cursor.Skip();
    } else if (!IsSpatial(field)) {
      numbers.single[field] = cursor.Int();
    } else if (cursor.type() == WireType::kVarint) {
      numbers.spatial[field].push_back(cursor.Int());
    } else {  // packed
      std::span<const uint8_t> list = cursor.Bytes();
      for (; !list.empty(); list = list.subspan(1)) {
        // An axis is below 128; a longer number is none.
        if (list[0] >= 128) return InvalidArgument("attr 'dimension_numbers': an axis of ", int{list[0]}, " or more");
        numbers.spatial[field].push_back(list[0]);
      }
    }
  }
  if (!cursor.status().ok()) return InvalidArgument("attr 'dimension_numbers': ", cursor.status().message());
  return numbers;
}

// `axes` name each of a tensor's axes once.
Result<std::vector<int>> Permutation(std::string_view what, const std::vector<int64_t>& axes, int rank) {
  std::vector<int> found;
  std::vector<bool> seen(static_cast<size_t>(rank), false);
  for (const int64_t axis : axes) {
    if (axis < 0 || axis >= rank || seen[static_cast<size_t>(axis)]) {
      return InvalidArgument("attr 'dimension_numbers': want each axis of ", what, ", of rank ", rank, ", once, got ",
                             axis);
    }
    seen[static_cast<size_t>(axis)] = true;
    found.push_back(static_cast<int>(axis));
  }
  if (static_cast<int>(found.size()) == rank) return found;
  return InvalidArgument("attr 'dimension_numbers': want ", rank, " axes of ", what, ", got ", found.size());
}

Status SetAxes(const UniformConvSpec& spec, int rank, UniformConvSizes* sizes) {
  RIVULET_ASSIGN_OR_RETURN(DimensionNumbers numbers, ReadNumbers(spec.numbers));
  if (numbers.spatial[3].empty()) {
    numbers = DimensionNumbers();
    numbers.single = {0, 0, 1, 0, 1, 0, 0, 0, 1, 0};
    for (const size_t field : {3, 6, 9}) {
      for (int64_t i = 2; i < rank; ++i) numbers.spatial[field].push_back(i);
    }
  }
  const auto order = [&](std::initializer_list<int64_t> before, size_t field, std::initializer_list<int64_t> after) {
    std::vector<int64_t> axes = before;
    axes.insert(axes.end(), numbers.spatial[field].begin(), numbers.spatial[field].end());
    axes.insert(axes.end(), after);
    return axes;
  };
  const std::array<int64_t, 10>& n = numbers.single;
  RIVULET_ASSIGN_OR_RETURN(sizes->lhs_axes, Permutation("lhs", order({n[1]}, 3, {n[2]}), rank));
  RIVULET_ASSIGN_OR_RETURN(sizes->rhs_axes, Permutation("rhs", order({}, 6, {n[4], n[5]}), rank));
  RIVULET_ASSIGN_OR_RETURN(sizes->output_axes, Permutation("output", order({n[7]}, 9, {n[8]}), rank));
  return Status();
}

Result<int64_t> EntryOf(std::string_view what, const std::vector<int64_t>& list, size_t i, size_t count,
                        int64_t least) {
  if (list.empty() && least == 1) return 1;
  if (list.size() != count) {
    return InvalidArgument("attr '", what, "': want ", count, " entries, got ", list.size());
  }
  if (list[i] < least || list[i] > kMaxExtent) {
    return InvalidArgument("attr '", what, "': want [", least, ", ", kMaxExtent, "], got ", list[i]);
  }
  return list[i];
}

// Everything of spatial axis i, whose extents in lhs and rhs are set.
Status SetSpatial(const UniformConvSpec& spec, size_t i, size_t count, SpatialSizes* s) {
  RIVULET_ASSIGN_OR_RETURN(s->stride, EntryOf("window_strides", spec.strides, i, count, 1));
  RIVULET_ASSIGN_OR_RETURN(s->lhs_dilation, EntryOf("lhs_dilation", spec.lhs_dilations, i, count, 1));
  RIVULET_ASSIGN_OR_RETURN(s->rhs_dilation, EntryOf("rhs_dilation", spec.rhs_dilations, i, count, 1));
  int64_t before = 0, after = 0;
  if (spec.padding == Padding::kExplicit) {
    RIVULET_ASSIGN_OR_RETURN(before, EntryOf("explicit_padding", spec.pads, 2 * i, 2 * count, 0));
    RIVULET_ASSIGN_OR_RETURN(after, EntryOf("explicit_padding", spec.pads, 2 * i + 1, 2 * count, 0));
  }
  if (s->in > kMaxExtent || s->k > kMaxExtent) return InvalidArgument("spatial axes: want dims <= ", kMaxExtent);
  if (s->k == 0) return InvalidArgument("rhs: want no spatial dim of 0");
  if (s->in < 0 || s->k < 0) return Status();
  const int64_t spread = s->in == 0 ? 0 : (s->in - 1) * s->lhs_dilation + 1;
  if (spread > kMaxExtent) return InvalidArgument("lhs: want at most ", kMaxExtent, " when dilated, got ", spread);
  RIVULET_ASSIGN_OR_RETURN(const Window window,
                           ComputeWindow(spread, s->k, s->stride, s->rhs_dilation, spec.padding, before, after));
  s->out = window.output;
  s->pad = window.pad_before;
  return Status();
}

Status CheckGroups(const UniformConvSpec& spec, const UniformConvSizes& sizes, int64_t rhs_in) {
  if (rhs_in == 0) return InvalidArgument("rhs: want at least one input feature, got none");
  if (rhs_in > 0 && sizes.in_c >= 0 &&
      (sizes.in_c % spec.feature_groups != 0 || sizes.in_c / spec.feature_groups != rhs_in)) {
    return InvalidArgument("lhs: want ", rhs_in, " features, which rhs takes, in each of ", spec.feature_groups,
                           " groups, got ", sizes.in_c);
  }
  if (sizes.out_c >= 0 && (sizes.out_c % spec.feature_groups != 0 || sizes.out_c % spec.batch_groups != 0)) {
    return InvalidArgument("rhs: want output features that ", spec.feature_groups, " and ", spec.batch_groups,
                           " groups can share, got ", sizes.out_c);
  }
  if (sizes.batch >= 0 && sizes.batch % spec.batch_groups != 0) {
    return InvalidArgument("lhs: a batch of ", sizes.batch, " cannot be split into ", spec.batch_groups, " groups");
  }
  return Status();
}

}  // namespace

Result<UniformConvSpec> ParseUniformConvSpec(const AttrReader& attrs) {
  UniformConvSpec spec;
  spec.strides = attrs.Ints("window_strides");
  spec.lhs_dilations = attrs.Ints("lhs_dilation");
  spec.rhs_dilations = attrs.Ints("rhs_dilation");
  spec.pads = attrs.Ints("explicit_padding");
  RIVULET_ASSIGN_OR_RETURN(spec.padding, ParsePadding(attrs.Str("padding")));
  if (spec.padding != Padding::kExplicit && !spec.pads.empty()) {
    return InvalidArgument("attr 'explicit_padding': want an empty list with padding ", attrs.Str("padding"), ", got ",
                           static_cast<int64_t>(spec.pads.size()), " numbers");
  }
  spec.feature_groups = attrs.Int("feature_group_count");
  spec.batch_groups = attrs.Int("batch_group_count");
  for (const int64_t groups : {spec.feature_groups, spec.batch_groups}) {
    if (groups < 1) return InvalidArgument("groups: want at least 1, got ", groups);
  }
  spec.numbers = attrs.Str("dimension_numbers");
  return spec;
}

Result<UniformConvSizes> ComputeUniformConv(const UniformConvSpec& spec, const Shape& lhs, const Shape& rhs) {
  const int rank = lhs.rank();
  if (rank != rhs.rank() || rank < 3) {
    return InvalidArgument("want lhs and rhs of one rank, at least 3, got shapes ", lhs, " and ", rhs);
  }
  UniformConvSizes sizes;
  RIVULET_RETURN_IF_ERROR(SetAxes(spec, rank, &sizes));
  sizes.batch = lhs[sizes.lhs_axes.front()];
  sizes.in_c = lhs[sizes.lhs_axes.back()];
  sizes.out_c = rhs[sizes.rhs_axes.back()];
  const auto count = static_cast<size_t>(rank - 2);
  RIVULET_RETURN_IF_ERROR(CheckGroups(spec, sizes, rhs[sizes.rhs_axes[count]]));
  std::vector<int64_t> output(static_cast<size_t>(rank), Shape::kUnknownDim);
  for (size_t i = 0; i < count; ++i) {
    SpatialSizes spatial;
    spatial.in = lhs[sizes.lhs_axes[i + 1]];
    spatial.k = rhs[sizes.rhs_axes[i]];
    RIVULET_RETURN_IF_ERROR(SetSpatial(spec, i, count, &spatial));
    output[static_cast<size_t>(sizes.output_axes[i + 1])] = spatial.out;
    sizes.spatial.push_back(spatial);
  }
  if (sizes.batch >= 0) output[static_cast<size_t>(sizes.output_axes.front())] = sizes.batch / spec.batch_groups;
  output[static_cast<size_t>(sizes.output_axes.back())] = sizes.out_c;
  for (const int64_t dim : output) sizes.output.push_back(dim);
  return sizes;
}

}  // namespace rivulet
