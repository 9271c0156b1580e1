#include "engine/ops/strided_slice_spec.h"

#include <algorithm>
#include <bit>

#include "engine/graph/shape_math.h"
#include "engine/ops/indices.h"

namespace rivulet {
namespace {

// TensorFlow's limit: masks of 32 bits.
constexpr int64_t kMaxEntries = 31;

bool Bit(int64_t mask, int64_t i) { return (static_cast<uint64_t>(mask) >> i & 1) != 0; }

// The range along an axis of `dim` places, which may be unknown.
Result<SliceRange> RangeAlong(const SliceEntry& entry, int64_t dim, bool from_first, bool to_last, bool shrink,
                              int axis) {
  SliceRange range;
  if (entry.stride_known) {
    if (entry.stride == 0) return InvalidArgument("strides: the stride of axis ", axis, " is 0");
    if (shrink && entry.stride < 0) {
      return InvalidArgument("strides: want > 0 for axis ", axis, ", which is dropped, got ", entry.stride);
    }
    range.stride = entry.stride;
  }
  if (shrink) {
    range.stride = 1;
    range.count = 1;
    if (!entry.bounds_known || dim < 0) return range;
    const int64_t at = entry.begin < 0 ? entry.begin + dim : entry.begin;
    if (!InRange(at, dim)) return InvalidArgument("begin: place ", entry.begin, " is outside axis ", axis, " of ", dim);
    range.begin = at;
    return range;
  }
  if (!entry.stride_known || dim < 0 || (!entry.bounds_known && !(from_first && to_last))) return range;
  // Going up, places are cut to [0, dim]; going down, to [-1, dim - 1].
  const bool up = entry.stride > 0;
  const int64_t low = up ? 0 : -1, high = up ? dim : dim - 1;
  const auto cut = [&](int64_t at) { return std::clamp(at < 0 ? at + dim : at, low, high); };
  const int64_t begin = from_first ? (up ? low : high) : cut(entry.begin);
  const int64_t end = to_last ? (up ? high : low) : cut(entry.end);
  const int64_t length = up ? end - begin : begin - end;
  range.begin = begin;
  if (length <= 0) {
    range.count = 0;
  } else if (entry.stride > length || entry.stride < -length) {
    range.count = 1;
  } else {
    const int64_t step = up ? entry.stride : -entry.stride;
    range.count = (length + step - 1) / step;
  }
  if (range.count <= 1) range.stride = 1;  // however far the next place would be
  return range;
}

}  // namespace

SliceMasks::SliceMasks(const AttrReader& attrs)
    : begin(attrs.Int("begin_mask")),
      end(attrs.Int("end_mask")),
      ellipsis(attrs.Int("ellipsis_mask")),
      new_axis(attrs.Int("new_axis_mask")),
      shrink_axis(attrs.Int("shrink_axis_mask")) {}

Result<std::vector<SliceEntry>> ReadSliceEntries(int64_t count, const Tensor* begin, const Tensor* end,
                                                 const Tensor* strides) {
  if (count > kMaxEntries) return InvalidArgument("begin: want at most ", kMaxEntries, " elements, got ", count);
  for (const Tensor* tensor : {begin, end, strides}) {
    if (tensor != nullptr && (tensor->rank() != 1 || tensor->num_elements() != count)) {
      return InvalidArgument("begin, end and strides: want vectors of one length, got ", count, " and shape ",
                             tensor->shape());
    }
  }
  std::vector<SliceEntry> entries(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    SliceEntry& entry = entries[static_cast<size_t>(i)];
    entry.bounds_known = begin != nullptr && end != nullptr;
    entry.stride_known = strides != nullptr;
    if (begin != nullptr) entry.begin = Indices(*begin)[i];
    if (end != nullptr) entry.end = Indices(*end)[i];
    if (strides != nullptr) entry.stride = Indices(*strides)[i];
  }
  return entries;
}

Result<SliceSpec> ResolveSlice(const Shape& input, const std::vector<SliceEntry>& entries, const SliceMasks& masks) {
  const auto count = static_cast<int>(entries.size());
  const int rank = input.rank();
  int num_ellipses = 0, used = 0;  // axes of the input that entries name
  for (int i = 0; i < count; ++i) {
    if (Bit(masks.ellipsis, i)) {
      ++num_ellipses;
    } else if (!Bit(masks.new_axis, i)) {
      ++used;
    }
  }
  // Bits beyond the entries count, too: no mask has two.
  const int ellipses = std::popcount(static_cast<uint64_t>(masks.ellipsis));
  if (ellipses > 1) return InvalidArgument("attr 'ellipsis_mask': want at most one ellipsis, got ", ellipses);
  if (used > rank) return InvalidArgument("begin: want at most the input's ", rank, " axes, got ", used);
  SliceSpec spec;
  const auto whole = [&](int axes) {
    for (; axes > 0; --axes) {
      const int64_t dim = input[static_cast<int>(spec.ranges.size())];
      spec.ranges.push_back({0, 1, dim, spec.result.rank()});
      spec.result.push_back(dim);
    }
  };
  for (int i = 0; i < count; ++i) {
    if (spec.result.rank() > Shape::kMaxRank - rank - 1) return InvalidArgument("the output would have too many dims");
    const SliceEntry& entry = entries[static_cast<size_t>(i)];
    const auto axis = static_cast<int>(spec.ranges.size());
    if (Bit(masks.ellipsis, i)) {
      whole(rank - used);
    } else if (Bit(masks.new_axis, i)) {
      spec.result.push_back(1);
    } else {
      const bool shrink = Bit(masks.shrink_axis, i);
      RIVULET_ASSIGN_OR_RETURN(SliceRange range,
                               RangeAlong(entry, input[axis], Bit(masks.begin, i), Bit(masks.end, i), shrink, axis));
      if (!shrink) range.result_axis = spec.result.rank();
      spec.ranges.push_back(range);
      if (!shrink) spec.result.push_back(range.count);
    }
  }
  if (num_ellipses == 0) whole(rank - used);
  return spec;
}

int64_t SliceSpec::num_elements() const {
  int64_t count = 1;
  for (const SliceRange& range : ranges) count *= range.count;
  return count;
}

int64_t SliceSpec::AxesFromSlice(const Shape& input, AxisCopy& copy) const {
  const int64_t count = num_elements();
  if (count == 0) {
    copy.Axis(0, 0, 0);
    return 0;
  }
  int64_t wide = input.num_elements(), dense = count, first = 0;
  for (int i = 0; i < input.rank(); ++i) {
    const SliceRange& range = ranges[static_cast<size_t>(i)];
    wide /= input[i];
    dense /= range.count;
    first += range.begin * wide;
    copy.Axis(range.count, range.stride * wide, dense);
  }
  return first;
}

int64_t SliceSpec::AxesToSlice(const Shape& input, const Shape& value, AxisCopy& copy) const {
  if (num_elements() == 0) {
    copy.Axis(0, 0, 0);
    return 0;
  }
  const std::vector<int64_t> steps = RowMajorStrides(value);
  int64_t wide = input.num_elements(), first = 0;
  for (int i = 0; i < input.rank(); ++i) {
    const SliceRange& range = ranges[static_cast<size_t>(i)];
    const int axis = range.result_axis < 0 ? -1 : range.result_axis - (result.rank() - value.rank());
    wide /= input[i];
    first += range.begin * wide;
    copy.Axis(range.count, axis < 0 || value[axis] == 1 ? 0 : steps[static_cast<size_t>(axis)], range.stride * wide);
  }
  return first;
}

}  // namespace rivulet
